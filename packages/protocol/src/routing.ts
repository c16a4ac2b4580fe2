import type { RouteAdmission } from './blockEvent.js';
import { RoutingRuleError } from './errors.js';

/**
 * Where tables go downstream: `{ match: 'shop.*', to: 'archive.{schema}_{table}' }`. Both sides are `schema.table`; in `match`
 * a `*` stands for any characters, in `to` the placeholders `{schema}` and `{table}` stand for the source's names. A part
 * with a dot in it is written in backquotes, in which a `*` is a character like any other and a backquote is doubled.
 */
export interface RouteRule {
  readonly match: string;
  readonly to: string;
}

/** A table by its names. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** What a DDL did to names. A name that was there before and after it is in neither list. */
export interface NameChanges {
  readonly droppedSchemas: readonly string[];
  readonly dropped: readonly TableName[];
  readonly added: readonly TableName[];
}

/** A table and the target it is admitted to. */
export type RouteAdmit = Extract<RouteAdmission, { type: 'admit' }>;

/** Longest name of a schema or table downstream, in characters. */
const NAME_LIMIT = 64;

const PART = /^(?:`((?:[^`]|``)+)`|([^`.]+))/;

interface CompiledRule {
  readonly schema: RegExp;
  readonly table: RegExp;
  readonly to: TableName;
}

/** Routing rules, checked and ready. Of those that match a name the first one counts. */
export class RoutingRules {
  readonly #rules: readonly CompiledRule[];

  /** Takes a list of {@link RouteRule} of unknown origin. Throws {@link RoutingRuleError}, which names the rule. */
  constructor(rules: unknown) {
    if (!Array.isArray(rules)) throw new RoutingRuleError(0, 'routing rules must be a list of { match, to }');
    this.#rules = rules.map((rule: unknown, index) => compile(rule, index + 1));
  }

  /**
   * The target of a table. A table that no rule matches keeps its own name. Undefined when it cannot be routed: a name of it,
   * or of the target, is empty or longer than 64 characters.
   */
  targetOf(source: TableName): TableName | undefined {
    const rule = this.#rules.find(({ schema, table }) => schema.test(source.schema) && table.test(source.table));
    const target = rule === undefined ? source : { schema: filled(rule.to.schema, source), table: filled(rule.to.table, source) };
    return [source.schema, source.table, target.schema, target.table].every(isName) ? target : undefined;
  }
}

/**
 * N-1: what a DDL releases and admits, in this order: schemas, dropped names, added names with their targets. Nothing without
 * a change of names, and nothing at all when one of the added names cannot be routed.
 */
export function routeAdmissions({ droppedSchemas, dropped, added }: NameChanges, rules: RoutingRules): readonly RouteAdmission[] {
  const admits: RouteAdmit[] = [];
  for (const name of added) {
    const target = rules.targetOf(name);
    if (target === undefined) return [];
    admits.push(admit(name, target));
  }
  return [
    ...droppedSchemas.map((schema): RouteAdmission => ({ type: 'release-schema', schema })),
    ...dropped.map(({ schema, table }): RouteAdmission => ({ type: 'release', schema, table })),
    ...admits,
  ];
}

/** Who owns which target while these tables exist: what admission starts from. Tables that cannot be routed are left out. */
export function routeOwners(tables: Iterable<TableName>, rules: RoutingRules): RouteAdmit[] {
  const owners: RouteAdmit[] = [];
  for (const name of tables) {
    const target = rules.targetOf(name);
    if (target !== undefined) owners.push(admit(name, target));
  }
  return owners;
}

function admit({ schema, table }: TableName, target: TableName): RouteAdmit {
  return { type: 'admit', schema, table, targetSchema: target.schema, targetTable: target.table };
}

function compile(rule: unknown, number: number): CompiledRule {
  const { match, to } = (typeof rule === 'object' && rule !== null ? rule : {}) as Partial<Record<keyof RouteRule, unknown>>;
  const fail = (what: string): never => {
    throw new RoutingRuleError(number, `routing rule ${number} (match ${show(match)}, to ${show(to)}): ${what}`);
  };
  if (typeof match !== 'string' || typeof to !== 'string') return fail('it must have a match and a to, both schema.table');
  for (const name of Object.keys(rule as object))
    if (name !== 'match' && name !== 'to') fail(`there is no such field as "${name}"`);
  const [schema, table] = parts(match) ?? fail('match must be schema.table; put a part with a dot in it in backquotes');
  const target = parts(to) ?? fail('to must be schema.table; put a part with a dot in it in backquotes');
  for (const { text } of target) {
    const strange = /\{[^}]*\}?|\}/g;
    for (const [found] of text.matchAll(strange)) {
      if (found !== '{schema}' && found !== '{table}') fail(`to may hold the placeholders {schema} and {table}, not ${found}`);
    }
    if (text.includes('*')) fail('to must name one table for each source; a * can only stand in match');
  }
  return { schema: pattern(schema), table: pattern(table), to: { schema: target[0].text, table: target[1].text } };
}

interface Part {
  readonly text: string;
  readonly quoted: boolean;
}

/** The two parts of `schema.table`; undefined when there are not two. */
function parts(text: string): readonly [Part, Part] | undefined {
  const schema = PART.exec(text);
  if (schema === null || text[schema[0].length] !== '.') return undefined;
  const rest = text.slice(schema[0].length + 1);
  const table = PART.exec(rest);
  if (table === null || table[0].length !== rest.length) return undefined;
  return [part(schema), part(table)];
}

function part([, quoted, bare]: RegExpExecArray): Part {
  return quoted === undefined ? { text: bare as string, quoted: false } : { text: quoted.replaceAll('``', '`'), quoted: true };
}

function pattern({ text, quoted }: Part): RegExp {
  const pieces = quoted ? [text] : text.split('*');
  const literal = pieces.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 'su');
}

function filled(text: string, { schema, table }: TableName): string {
  // In one pass: a source called "{table}" is a name, not a placeholder.
  return text.replace(/\{(schema|table)\}/g, (_, which) => (which === 'schema' ? schema : table));
}

function isName(name: string): boolean {
  return name !== '' && (name.length <= NAME_LIMIT || [...name].length <= NAME_LIMIT);
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
