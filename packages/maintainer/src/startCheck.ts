import { forEachTable, isTs, type StartChangefeed, TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { MaintainerStartError } from './errors.js';

/** Throws {@link MaintainerStartError} for a start message that cannot be obeyed. */
export function checkStart({ epoch, startTs, tables }: StartChangefeed): void {
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > 0xffff_ffff) {
    throw new MaintainerStartError(
      `its epoch is ${epoch}; it must be a whole number from 1 to 4294967295, larger than any before (F-1)`,
    );
  }
  if (!isTs(startTs)) throw new MaintainerStartError(`its start ts is ${String(startTs)}; it must be an unsigned 64-bit bigint`);
  let before = 0;
  let ascend = true;
  forEachTable(tables, (tableId, schemaId) => {
    if (!Number.isSafeInteger(tableId) || tableId <= TRIGGER_TABLE_ID || !Number.isSafeInteger(schemaId) || schemaId <= 0) {
      throw new MaintainerStartError(
        `table ${tableId} of schema ${schemaId}: ids must be safe integers above 0, which is the trigger's`,
      );
    }
    ascend &&= tableId > before;
    before = tableId;
  });
  // A list in order cannot name a table twice: no set of a million ids.
  if (ascend) return;
  const seen = new Set<number>();
  forEachTable(tables, (tableId) => {
    if (seen.has(tableId)) throw new MaintainerStartError(`table ${tableId} stands twice in the list of tables`);
    seen.add(tableId);
  });
}
