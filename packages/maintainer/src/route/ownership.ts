import type { RouteAdmission, RouteAdmit, TableName } from '@tidegate/protocol';

/** Two tables that would be routed to one target. Names as `` `schema`.`table` ``. */
export interface RouteConflict {
  /** The table that is to be admitted. */
  readonly source: string;
  /** The table that has the target. */
  readonly owner: string;
  readonly target: string;
}

/** Which table is routed where, and so who has which target: one for each, at every moment. */
export class Ownership {
  /** Target of each table, by schema and table. */
  readonly #targets = new Map<string, Map<string, string>>();
  readonly #owners = new Map<string, TableName>();

  /** Tables that have a target. */
  get size(): number {
    return this.#owners.size;
  }

  /** The table that has a target, both as `` `schema`.`table` ``. */
  ownerOf(target: string): string | undefined {
    const owner = this.#owners.get(target);
    return owner && quoted(owner.schema, owner.table);
  }

  /** The first conflict that these admissions would bring about; what they release is free for what they admit. */
  conflictOf(admissions: readonly RouteAdmission[]): RouteConflict | undefined {
    const schemas = new Set<string>();
    const leaving = new Set<string>();
    for (const admission of admissions) {
      if (admission.type === 'release-schema') schemas.add(admission.schema);
      // A table that is admitted anew leaves the target that it had.
      else leaving.add(quoted(admission.schema, admission.table));
    }
    const taken = new Map<string, string>();
    for (const admission of admits(admissions)) {
      const source = quoted(admission.schema, admission.table);
      const target = targetOf(admission);
      const current = this.#owners.get(target);
      const stays = current && !schemas.has(current.schema) && !leaving.has(quoted(current.schema, current.table));
      const owner = taken.get(target) ?? (stays ? quoted(current.schema, current.table) : source);
      if (owner !== source) return { source, owner, target };
      taken.set(target, source);
    }
    return undefined;
  }

  /** Carries admissions out that do not conflict: releases, then admits (N-1). */
  apply(admissions: readonly RouteAdmission[]): void {
    for (const admission of admissions) {
      if (admission.type === 'release-schema') this.#releaseSchema(admission.schema);
      else this.#release(admission);
    }
    for (const admission of admits(admissions)) {
      const { schema, table } = admission;
      const target = targetOf(admission);
      const tables = this.#targets.get(schema) ?? new Map<string, string>();
      this.#targets.set(schema, tables.set(table, target));
      this.#owners.set(target, { schema, table });
    }
  }

  #releaseSchema(schema: string): void {
    for (const target of this.#targets.get(schema)?.values() ?? []) this.#owners.delete(target);
    this.#targets.delete(schema);
  }

  #release({ schema, table }: TableName): void {
    const tables = this.#targets.get(schema);
    const target = tables?.get(table);
    if (tables === undefined || target === undefined) return;
    this.#owners.delete(target);
    tables.delete(table);
    if (tables.size === 0) this.#targets.delete(schema);
  }
}

function admits(admissions: readonly RouteAdmission[]): RouteAdmit[] {
  return admissions.filter((admission): admission is RouteAdmit => admission.type === 'admit');
}

function targetOf({ targetSchema, targetTable }: RouteAdmit): string {
  return quoted(targetSchema, targetTable);
}

function quoted(schema: string, table: string): string {
  return `\`${schema.replaceAll('`', '``')}\`.\`${table.replaceAll('`', '``')}\``;
}
