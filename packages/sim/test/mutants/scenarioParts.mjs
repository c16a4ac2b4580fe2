// What directed scenarios are made from: small logs, and actors that hear and say something else than they would.

const SOUND = { drop: 0, duplicate: 0, delay: 0, stall: 0, until: 0 };
export const NO_WORKLOAD = {
  seed: 0,
  length: 0,
  tables: 0,
  schemas: 1,
  splittable: 0,
  keys: 1,
  ddl: 0,
  storms: 0,
  syncPoints: true,
};
export const WRITE = 0;
export const PASS = 1;
export const DONE = 3;
export const STOPPED = 1;
export const HASTY = { heartbeatInterval: 20, heartbeatFirst: 0 };

/** A scenario in which nothing goes wrong but what `parts` says. */
export function calm(seed, parts) {
  const common = { seed, profile: 'directed', workload: NO_WORKLOAD, hosts: 1, workers: 2, maxDelay: 3, pace: 1 };
  const settings = { group: {}, coordinator: {}, maintainer: {} };
  return { ...common, linkBytes: 65_536, network: SOUND, faults: [], ...settings, ...parts };
}

export const info = (tableId, version, schemaId = 1) => {
  return { tableId, schemaId, schema: `s${schemaId}`, table: `t${tableId}`, version };
};
export const initial = (count) => Array.from({ length: count }, (_, i) => ({ ...info(i + 1, 1n), splittable: false }));
export const rows = (tableId, commitTs, key = 0) => {
  return { type: 'rows', tableId, commitTs, count: 1, bytes: new Uint8Array(0), key: Uint8Array.of(0, key) };
};
export const mark = (ts) => ({ type: 'resolved', ts });

export function ddl(kind, commitTs, fields) {
  const none = { schema: 's1', table: '', adds: [], schemaChanges: [], admissions: [], tables: [] };
  return { ...none, type: 'ddl', commitTs, kind, query: `${kind} at ${commitTs}`, ...fields };
}
/** Like `create table t like u`: other tables stop as well. */
export const create = (tableId, commitTs, others = []) => {
  return ddl('create table', commitTs, {
    blockTables: { type: 'normal', tableIds: [0, ...others] },
    adds: [{ tableId, schemaId: 1, splittable: false }],
    tables: [info(tableId, commitTs)],
  });
};
export const drop = (tableId, commitTs) => {
  return ddl('drop table', commitTs, {
    blockTables: { type: 'normal', tableIds: [tableId, 0] },
    drops: { type: 'normal', tableIds: [tableId] },
  });
};
export const alter = (tableIds, commitTs) => {
  return ddl('alter partitions', commitTs, {
    blockTables: { type: 'normal', tableIds },
    tables: tableIds.map((id) => info(id, commitTs)),
  });
};

/** Commit ts of a log that is being made. */
export class Clock {
  ts = 100n;

  tick(by) {
    this.ts += by;
    return this.ts;
  }
}

/** An object of which one method is another one, made from its own; the rest is as it was. */
export function instead(object, name, make) {
  const method = make(object[name].bind(object));
  return new Proxy(object, {
    get(target, property) {
      if (property === name) return method;
      const value = target[property];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A request without some of its statuses. */
export function rowsWhere(message, passes) {
  const keep = (column) => column.filter((_, row) => passes(message.handle[row], row));
  const { handle, generation, event, stage } = message;
  return { ...message, handle: keep(handle), generation: keep(generation), event: keep(event), stage: keep(stage) };
}
