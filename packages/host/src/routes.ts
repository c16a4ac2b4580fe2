import {
  type BlockEvent,
  type DdlEvent,
  type SchemaId,
  type TableId,
  type TableInfo,
  TRIGGER_SCHEMA_ID,
  TRIGGER_TABLE_ID,
} from '@tidegate/protocol';

/** An event that waits for its table's dispatcher. `resolved` is the mark that was current when it arrived. */
export interface HeldEvent {
  readonly resolved: bigint;
  readonly commitTs: bigint;
  readonly event: BlockEvent | { readonly type: 'rows'; readonly count: number; readonly bytes: Uint8Array };
  /** Others wait for this table's dispatcher at the event. */
  readonly isBarrier: boolean;
}

/** Where the events of one table go. */
export interface Route {
  readonly tableId: TableId;
  schemaId: SchemaId;
  /** Absent for the table trigger. */
  info: TableInfo | undefined;
  /** Index of the worker that hosts the dispatcher; -1 while nobody has subscribed. */
  worker: number;
  handle: number;
  generation: number;
  /** Events that arrived while nobody was subscribed. */
  held: HeldEvent[];
  /** The table as it was when the first of them arrived. */
  heldInfo: TableInfo | undefined;
  /** Commit ts of the last event that left for a dispatcher: an earlier one cannot be had again. */
  deliveredTo: bigint;
  /** A DDL dropped the table; the route goes when its dispatcher unsubscribes. */
  dropped: boolean;
}

/** The routes of every table, with indexes by schema and by dispatcher handle. */
export class Routes {
  readonly trigger: Route;
  readonly #byTable = new Map<TableId, Route>();
  readonly #bySchema = new Map<SchemaId, Set<TableId>>();
  readonly #byHandle: (Route | undefined)[] = [];
  #dropped = 0;

  constructor() {
    this.trigger = this.#add(TRIGGER_TABLE_ID, TRIGGER_SCHEMA_ID, undefined);
  }

  /** Tables, the trigger's reserved one apart. */
  get tables(): number {
    return this.#byTable.size - 1;
  }

  /** Dropped tables whose dispatcher has not unsubscribed yet. */
  get dropped(): number {
    return this.#dropped;
  }

  get(tableId: TableId): Route | undefined {
    return this.#byTable.get(tableId);
  }

  all(): Iterable<Route> {
    return this.#byTable.values();
  }

  addTable(tableId: TableId, schemaId: SchemaId, info: TableInfo | undefined): Route {
    return this.#add(tableId, schemaId, info);
  }

  /** The routes that an event goes to, or the id of a table that it names and that does not exist. */
  recipients(event: BlockEvent): readonly Route[] | 'all' | { readonly unknown: TableId } {
    const influence = event.type === 'sync-point' ? ({ type: 'all' } as const) : event.blockTables;
    if (influence === undefined) return [this.trigger];
    if (influence.type === 'all') return 'all';
    if (influence.type === 'db') return [this.trigger, ...this.#ofSchema(influence.schemaId).filter((route) => !route.dropped)];
    const routes: Route[] = [];
    for (const tableId of influence.tableIds) {
      const route = this.#byTable.get(tableId);
      if (route === undefined || route.dropped) return { unknown: tableId };
      routes.push(route);
    }
    return routes;
  }

  /** Takes over what a DDL changes, after it was delivered. Returns the id of a table that it adds though it exists. */
  apply(event: DdlEvent): TableId | undefined {
    if (event.drops?.type === 'db') for (const route of this.#ofSchema(event.drops.schemaId)) this.#drop(route);
    if (event.drops?.type === 'normal') for (const tableId of event.drops.tableIds) this.#drop(this.#byTable.get(tableId));
    for (const change of event.schemaChanges) this.#moveToSchema(this.#byTable.get(change.tableId), change.newSchemaId);
    for (const add of event.adds) {
      if (this.#byTable.has(add.tableId)) return add.tableId;
      this.#add(add.tableId, add.schemaId, undefined);
    }
    for (const info of event.tables) {
      const route = this.#byTable.get(info.tableId);
      if (route !== undefined) route.info = info;
    }
    return undefined;
  }

  connect(route: Route, worker: number, handle: number, generation: number): void {
    if (this.#byHandle[route.handle] === route) this.#byHandle[route.handle] = undefined;
    route.worker = worker;
    route.handle = handle;
    route.generation = generation;
    this.#byHandle[handle] = route;
  }

  /** Forgets a dispatcher; the route of a dropped table goes with it. Unknown dispatchers are ignored. */
  disconnect(handle: number, generation: number): void {
    const route = this.#byHandle[handle];
    if (route === undefined || route.generation !== generation) return;
    this.#byHandle[handle] = undefined;
    route.worker = -1;
    if (!route.dropped) return;
    this.#dropped--;
    this.#byTable.delete(route.tableId);
    this.#unindex(route);
  }

  #add(tableId: TableId, schemaId: SchemaId, info: TableInfo | undefined): Route {
    const route: Route = {
      tableId,
      schemaId,
      info,
      worker: -1,
      handle: 0,
      generation: 0,
      held: [],
      heldInfo: undefined,
      deliveredTo: 0n,
      dropped: false,
    };
    this.#byTable.set(tableId, route);
    this.#index(route);
    return route;
  }

  #drop(route: Route | undefined): void {
    if (route === undefined || route.dropped) return;
    route.dropped = true;
    this.#dropped++;
  }

  #moveToSchema(route: Route | undefined, schemaId: SchemaId): void {
    if (route === undefined || route.schemaId === schemaId) return;
    this.#unindex(route);
    route.schemaId = schemaId;
    this.#index(route);
  }

  #ofSchema(schemaId: SchemaId): Route[] {
    const routes: Route[] = [];
    for (const tableId of this.#bySchema.get(schemaId) ?? []) {
      const route = this.#byTable.get(tableId);
      if (route !== undefined) routes.push(route);
    }
    return routes;
  }

  #index(route: Route): void {
    let tables = this.#bySchema.get(route.schemaId);
    if (tables === undefined) {
      tables = new Set();
      this.#bySchema.set(route.schemaId, tables);
    }
    tables.add(route.tableId);
  }

  #unindex(route: Route): void {
    const tables = this.#bySchema.get(route.schemaId);
    tables?.delete(route.tableId);
    if (tables?.size === 0) this.#bySchema.delete(route.schemaId);
  }
}
