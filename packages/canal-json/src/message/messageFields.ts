/** The fields of a message that the scanner looks at; every other field is validated and skipped. */
export const Field = {
  OTHER: 0,
  DATABASE: 1,
  TABLE: 2,
  TYPE: 3,
  SQL: 4,
  IS_DDL: 5,
  DATA: 6,
  OLD: 7,
  PK_NAMES: 8,
  TIDB: 9,
  COMMIT_TS: 10,
  WATERMARK_TS: 11,
  ONLY_HANDLE_KEY: 12,
  CLAIM_CHECK: 13,
  MYSQL_TYPE: 14,
} as const;
export type Field = (typeof Field)[keyof typeof Field];

const TOP_LEVEL: Readonly<Record<string, Field>> = {
  database: Field.DATABASE,
  table: Field.TABLE,
  type: Field.TYPE,
  sql: Field.SQL,
  isDdl: Field.IS_DDL,
  data: Field.DATA,
  old: Field.OLD,
  pkNames: Field.PK_NAMES,
  mysqlType: Field.MYSQL_TYPE,
  _tidb: Field.TIDB,
};

const TIDB: Readonly<Record<string, Field>> = {
  commitTs: Field.COMMIT_TS,
  watermarkTs: Field.WATERMARK_TS,
  onlyHandleKey: Field.ONLY_HANDLE_KEY,
  claimCheckLocation: Field.CLAIM_CHECK,
};

/** Names by their length in bytes. */
export type NameTable<Value> = readonly (readonly { readonly name: Uint8Array; readonly value: Value }[])[];

/** Builds a table for {@link findName}. Names are ASCII. */
function nameTable<Value>(names: Readonly<Record<string, Value>>): NameTable<Value> {
  const table: { name: Uint8Array; value: Value }[][] = [];
  for (const [name, value] of Object.entries(names)) {
    while (table.length <= name.length) table.push([]);
    table[name.length]?.push({ name: Buffer.from(name, 'latin1'), value });
  }
  return table;
}

/** The value of the name in `bytes[start … end)`, which has no escapes; undefined when it is not in the table. */
export function findName<Value>(table: NameTable<Value>, bytes: Uint8Array, start: number, end: number): Value | undefined {
  const candidates = table[end - start];
  if (candidates === undefined) return undefined;
  for (const { name, value } of candidates) if (equalBytes(name, bytes, start)) return value;
  return undefined;
}

function equalBytes(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < name.length; index++) if (name[index] !== bytes[start + index]) return false;
  return true;
}

export const TOP_LEVEL_FIELDS: NameTable<Field> = nameTable(TOP_LEVEL);
export const TIDB_FIELDS: NameTable<Field> = nameTable(TIDB);

/** What a message is. */
export const MessageKind = { INSERT: 0, UPDATE: 1, DELETE: 2, DDL: 3, WATERMARK: 4 } as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Every message type that this source knows. The types of DDL only hint at what the statement does; the statement itself says. */
export const MESSAGE_TYPES: NameTable<MessageKind> = nameTable({
  INSERT: MessageKind.INSERT,
  UPDATE: MessageKind.UPDATE,
  DELETE: MessageKind.DELETE,
  TIDB_WATERMARK: MessageKind.WATERMARK,
  CREATE: MessageKind.DDL,
  ALTER: MessageKind.DDL,
  ERASE: MessageKind.DDL,
  RENAME: MessageKind.DDL,
  TRUNCATE: MessageKind.DDL,
  CINDEX: MessageKind.DDL,
  DINDEX: MessageKind.DDL,
  QUERY: MessageKind.DDL,
});
