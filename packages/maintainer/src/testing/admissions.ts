import type { RouteAdmission, RouteAdmit } from '@tidegate/protocol';

/** `admit('db.t', 'target.t')` */
export function admit(source: string, to: string): RouteAdmit {
  const [schema, table] = halves(source);
  const [targetSchema, targetTable] = halves(to);
  return { type: 'admit', schema, table, targetSchema, targetTable };
}

/** `release('db.t')` */
export function release(source: string): RouteAdmission {
  const [schema, table] = halves(source);
  return { type: 'release', schema, table };
}

export const releaseSchema = (schema: string): RouteAdmission => ({ type: 'release-schema', schema });

function halves(name: string): [string, string] {
  const at = name.indexOf('.');
  return [name.slice(0, at), name.slice(at + 1)];
}
