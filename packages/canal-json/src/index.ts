export { applyStatement, type StatementContext } from './ddl/applyStatement.js';
export { Catalogue } from './ddl/catalogue.js';
export type { ColumnDefinition } from './ddl/columnDefinition.js';
export type { DdlEffect } from './ddl/effect.js';
export { parseStatement } from './ddl/parse.js';
export { type AlterStep, type ColumnPlace, kindOf, type ObjectName, type Statement } from './ddl/statement.js';
export * from './errors.js';
export {
  type CanalMessage,
  type DdlMessage,
  decodeMessage,
  type RowImage,
  type RowMessage,
  type WatermarkMessage,
} from './message/decode.js';
export { isNumberType, sortKey } from './message/sortKey.js';
export type { CanalSourceOptions } from './options.js';
export { readMessages } from './readMessages.js';
export { createSource } from './source.js';
