import type { SourceSnapshot } from '@tidegate/dispatcher';
import {
  type BlockEvent,
  type DdlEvent,
  type Influence,
  type Mode,
  PackedTexts,
  type SchemaId,
  type TableId,
  type TableInfo,
  TRIGGER_SCHEMA_ID,
  TRIGGER_TABLE_ID,
  TsColumn,
} from '@tidegate/protocol';
import { type SchemaPlace, SchemaPlaces } from './schemaPlaces.js';
import { grown, NO_SLOT, SlotUse, TableSlots } from './tableSlots.js';

/** The last event that concerned a table. */
export interface LastEvent {
  readonly lastTs: bigint;
  readonly lastIsSync: boolean;
}

/** Whether a stream from `startTs` has `last` in it: above its start, or a sync point there (B-1, D-2). */
export function wantsBefore(startTs: bigint, last: LastEvent | undefined): boolean {
  if (last === undefined) return false;
  return last.lastTs > startTs || (last.lastTs === startTs && last.lastIsSync);
}

/** Bits m = 0, 1: every key was claimed by a dispatcher of mode m, some time since the table was created. */
const CLAIMED = 1;
const LAST_IS_SYNC = 4;
/** Absent for the table trigger's reserved table, and for one that a DDL added without saying what it is. */
const HAS_INFO = 8;
/** Whether its description says if it may be split, and what. */
const SAYS_SPLITTABLE = 16;
const SPLITTABLE = 32;

/** What exists at one place of the source: names, schemas, and what each event concerns. Columns by slot, some 45 bytes a table. */
export class Catalogue {
  readonly slots: TableSlots;
  /** Slot of the table trigger's reserved table. */
  readonly trigger: number;
  #tables = 0;
  #flags: Uint8Array = new Uint8Array(0);
  #schema: Uint32Array = new Uint32Array(0);
  /** Tables of a schema are a list, linked by slots and one more. */
  #next: Uint32Array = new Uint32Array(0);
  #before: Uint32Array = new Uint32Array(0);
  readonly #version = new TsColumn();
  #lastTs: BigUint64Array = new BigUint64Array(0);
  readonly #names = new PackedTexts();
  readonly #schemas = new SchemaPlaces();
  readonly #firstOfSchema = new Map<SchemaId, number>();

  /** `slots` may be shared with others who have columns by table. */
  constructor({ tables }: SourceSnapshot, slots: TableSlots = new TableSlots()) {
    this.slots = slots;
    slots.reserve(tables.length + 1);
    this.trigger = this.#add(TRIGGER_TABLE_ID, TRIGGER_SCHEMA_ID);
    for (const table of tables) this.#describe(this.#add(table.tableId, table.schemaId), table, undefined);
  }

  /** Tables, the trigger's reserved one apart. */
  get tables(): number {
    return this.#tables - 1;
  }

  /** Slot of a table that exists, or {@link NO_SLOT}. */
  get(tableId: TableId): number {
    const slot = this.slots.slotOf(tableId);
    return this.slots.has(slot, SlotUse.TABLE) ? slot : NO_SLOT;
  }

  has(slot: number): boolean {
    return this.slots.has(slot, SlotUse.TABLE);
  }

  /** Visits every table, and the trigger's. */
  forEach(visit: (slot: number) => void): void {
    for (let slot = 0; slot < this.slots.end; slot++) if (this.has(slot)) visit(slot);
  }

  /** What the table of a slot is called now. */
  info(slot: number): TableInfo | undefined {
    const flags = this.#flags[slot]!;
    if ((flags & HAS_INFO) === 0) return undefined;
    const { namedId, name } = this.schemaOf(slot);
    return {
      tableId: this.slots.tableId[slot]!,
      schemaId: namedId,
      schema: name,
      table: this.#names.get(slot),
      version: this.versionOf(slot),
      ...((flags & SAYS_SPLITTABLE) !== 0 && { splittable: (flags & SPLITTABLE) !== 0 }),
    };
  }

  /** The parts of {@link info} that many starts at once travel as: it says nothing else. */
  isPlain(slot: number): boolean {
    return (this.#flags[slot]! & (HAS_INFO | SAYS_SPLITTABLE)) === HAS_INFO;
  }

  schemaOf(slot: number): SchemaPlace {
    return this.#schemas.at(this.#schema[slot]!);
  }

  versionOf(slot: number): bigint {
    return this.#version.get(slot);
  }

  /** In UTF-8; a view, valid until the next change. */
  nameOf(slot: number): Uint8Array {
    return this.#names.bytes(slot);
  }

  isClaimed(slot: number, mode: Mode): boolean {
    return (this.#flags[slot]! & (CLAIMED << mode)) !== 0;
  }

  setClaimed(slot: number, mode: Mode, claimed: boolean): void {
    if (claimed) this.#flags[slot]! |= CLAIMED << mode;
    else this.#flags[slot]! &= ~(CLAIMED << mode);
  }

  /** The last event that concerned this table and not all. */
  lastOf(slot: number): LastEvent {
    return { lastTs: this.#lastTs[slot]!, lastIsSync: (this.#flags[slot]! & LAST_IS_SYNC) !== 0 };
  }

  /** An event concerned it. */
  touch(slot: number, commitTs: bigint, isSync: boolean): void {
    this.#lastTs[slot] = commitTs;
    if (isSync) this.#flags[slot]! |= LAST_IS_SYNC;
    else this.#flags[slot]! &= ~LAST_IS_SYNC;
  }

  /** The id of a table that an event names and that does not exist. */
  unknownOf(event: BlockEvent): TableId | undefined {
    const influence = influenceOf(event);
    return influence?.type === 'normal' ? influence.tableIds.find((tableId) => this.get(tableId) < 0) : undefined;
  }

  /** Others wait at an event until everybody has come: it concerns more than one table. */
  concernsSeveral(event: BlockEvent): boolean {
    const influence = influenceOf(event);
    if (influence === undefined) return false;
    if (influence.type === 'normal') return influence.tableIds.length > 1;
    return influence.type === 'all' || this.#firstOfSchema.has(influence.schemaId);
  }

  /** Visits the tables that an event concerns. {@link unknownOf} knows those that do not exist. */
  forEachConcerned(event: BlockEvent, visit: (slot: number) => void): void {
    const influence = influenceOf(event);
    if (influence?.type === 'all') this.forEach(visit);
    else if (influence?.type === 'normal') for (const tableId of influence.tableIds) visit(this.get(tableId));
    else {
      visit(this.trigger);
      if (influence !== undefined) this.#forEachOfSchema(influence.schemaId, visit);
    }
  }

  /**
   * Takes over what a DDL changes, after it was delivered. `dropped` and `added` are told of each table in turn: the slot of a
   * dropped one may be that of an added one later. Returns the id of a table that it adds though it exists.
   */
  apply(event: DdlEvent, dropped: (slot: number) => void, added: (slot: number) => void): TableId | undefined {
    this.#forEachDropped(event, (slot) => {
      dropped(slot);
      this.#drop(slot);
    });
    for (const change of event.schemaChanges) {
      const slot = this.get(change.tableId);
      if (slot >= 0) this.#moveToSchema(slot, change.newSchemaId);
    }
    for (const { tableId, schemaId } of event.adds) {
      if (this.get(tableId) >= 0) return tableId;
      added(this.#add(tableId, schemaId));
    }
    for (const info of event.tables) {
      const slot = this.get(info.tableId);
      if (slot >= 0) this.#describe(slot, info, info.splittable);
    }
    return undefined;
  }

  #forEachDropped({ drops }: DdlEvent, visit: (slot: number) => void): void {
    if (drops === undefined || drops.type === 'all') return;
    if (drops.type === 'db') this.#forEachOfSchema(drops.schemaId, visit);
    else
      for (const tableId of drops.tableIds) {
        const slot = this.get(tableId);
        if (slot >= 0) visit(slot);
      }
  }

  /** `visit` may drop the table that it is given. */
  #forEachOfSchema(schemaId: SchemaId, visit: (slot: number) => void): void {
    for (let link = this.#firstOfSchema.get(schemaId) ?? 0; link > 0; ) {
      const slot = link - 1;
      link = this.#next[slot]!;
      visit(slot);
    }
  }

  #add(tableId: TableId, schemaId: SchemaId): number {
    const slot = this.slots.use(tableId, SlotUse.TABLE);
    if (slot >= this.#flags.length) this.#grow(this.slots.capacity);
    this.#tables++;
    this.#flags[slot] = 0;
    this.#lastTs[slot] = 0n;
    this.#schema[slot] = this.#schemas.take(schemaId, schemaId, '');
    this.#link(slot, schemaId);
    return slot;
  }

  #describe(slot: number, info: TableInfo, splittable: boolean | undefined): void {
    const { schemaId } = this.schemaOf(slot);
    const place = this.#schemas.take(schemaId, info.schemaId, info.schema);
    this.#schemas.leave(this.#schema[slot]!);
    this.#schema[slot] = place;
    this.#names.set(slot, info.table);
    this.#version.setTs(slot, info.version);
    const says = splittable === undefined ? 0 : SAYS_SPLITTABLE | (splittable ? SPLITTABLE : 0);
    this.#flags[slot] = (this.#flags[slot]! & ~(SAYS_SPLITTABLE | SPLITTABLE)) | HAS_INFO | says;
  }

  #drop(slot: number): void {
    this.#unlink(slot);
    this.#schemas.leave(this.#schema[slot]!);
    this.#names.clear(slot);
    this.#tables--;
    this.slots.unuse(slot, SlotUse.TABLE);
  }

  #moveToSchema(slot: number, schemaId: SchemaId): void {
    const place = this.schemaOf(slot);
    if (place.schemaId === schemaId) return;
    this.#unlink(slot);
    const next = this.#schemas.take(schemaId, place.namedId, place.name);
    this.#schemas.leave(this.#schema[slot]!);
    this.#schema[slot] = next;
    this.#link(slot, schemaId);
  }

  #link(slot: number, schemaId: SchemaId): void {
    const first = this.#firstOfSchema.get(schemaId) ?? 0;
    this.#next[slot] = first;
    this.#before[slot] = 0;
    if (first > 0) this.#before[first - 1] = slot + 1;
    this.#firstOfSchema.set(schemaId, slot + 1);
  }

  #unlink(slot: number): void {
    const next = this.#next[slot]!;
    const before = this.#before[slot]!;
    if (next > 0) this.#before[next - 1] = before;
    if (before > 0) this.#next[before - 1] = next;
    else if (next > 0) this.#firstOfSchema.set(this.schemaOf(slot).schemaId, next);
    else this.#firstOfSchema.delete(this.schemaOf(slot).schemaId);
  }

  #grow(capacity: number): void {
    this.#flags = grown(this.#flags, capacity);
    this.#schema = grown(this.#schema, capacity);
    this.#next = grown(this.#next, capacity);
    this.#before = grown(this.#before, capacity);
    this.#lastTs = grown(this.#lastTs, capacity);
    this.#names.grow(capacity);
  }
}

/** Undefined: the event concerns the table trigger alone. */
function influenceOf(event: BlockEvent): Influence | undefined {
  return event.type === 'sync-point' ? { type: 'all' } : event.blockTables;
}
