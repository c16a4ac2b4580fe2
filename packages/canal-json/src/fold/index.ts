export type { Value } from './columnValues.js';
export { type Comparison, compareTables, type Difference } from './compareTables.js';
export { type FinalTable, readFinalTables } from './finalTables.js';
export { Fold, type FoldResultTable, fold } from './fold.js';
export type { FoldedTable } from './foldedTable.js';
