import { FieldError, type Where } from '../errors.js';
import { decodeScanned, type RowImage, type RowMessage } from './decode.js';
import { MessageKind } from './messageFields.js';
import type { MessageScanner } from './messageScanner.js';
import { isNumberType, sortKey } from './sortKey.js';
import type { Span } from './span.js';

/** One row's change as a message of its own, with where it lies in its table's key order. */
export interface KeyedChange {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
}

interface Piece {
  readonly kind: MessageKind;
  readonly row: RowImage;
  readonly old: RowImage | undefined;
}

const TYPE_NAMES: Readonly<Partial<Record<MessageKind, string>>> = {
  [MessageKind.INSERT]: 'INSERT',
  [MessageKind.DELETE]: 'DELETE',
};

/**
 * The row message that `scanner` has just scanned in `bytes[start … end)`, cut into changes of one row with a key each. The
 * key is that of the primary key's columns; of the complete row in a table without one. An update that changes the key is
 * a delete and an insert; all such deletes come first, for one message may move keys around. A message that holds one
 * row and keeps its key is handed on as it is.
 */
export function keyedChanges(
  scanner: MessageScanner,
  bytes: Uint8Array,
  start: number,
  end: number,
  where: Where,
): KeyedChange[] {
  const message = decodeScanned(scanner, bytes, where) as RowMessage;
  const keyOf = keyReader(message, scanner.mysqlType.value(bytes), where);
  const pieces = piecesOf(message, scanner.kind, keyOf);
  if (pieces.length === 1 && pieces[0]?.kind === scanner.kind)
    return [{ key: keyOf(pieces[0].row), bytes: bytes.subarray(start, end) }];
  return pieces.map((piece) => ({ key: keyOf(piece.row), bytes: written(piece, scanner, bytes, start, end) }));
}

function keyReader({ pkNames }: RowMessage, mysqlType: unknown, where: Where): (row: RowImage) => Uint8Array {
  const types: object = typeof mysqlType === 'object' ? (mysqlType ?? {}) : {};
  return (row) => {
    const names = pkNames.length > 0 ? pkNames : Object.keys(row).sort();
    const values = names.map((name) => {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (value === undefined) throw new FieldError(where, `data: a row lacks column '${name}' of its primary key.`);
      return value;
    });
    return sortKey(values, (index) => isNumberType(ownText(types, names[index] as string)));
  };
}

function ownText(object: object, name: string): string | undefined {
  const value: unknown = Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function piecesOf({ data, old }: RowMessage, kind: MessageKind, keyOf: (row: RowImage) => Uint8Array): Piece[] {
  if (old === null) return data.map((row) => ({ kind, row, old: undefined }));
  const gone: Piece[] = [];
  const stay: Piece[] = [];
  for (const [index, row] of data.entries()) {
    const changed = old[index] as RowImage;
    const before = { ...row, ...changed };
    if (Buffer.compare(keyOf(before), keyOf(row)) === 0) {
      stay.push({ kind, row, old: changed });
      continue;
    }
    gone.push({ kind: MessageKind.DELETE, row: before, old: undefined });
    stay.push({ kind: MessageKind.INSERT, row, old: undefined });
  }
  return [...gone, ...stay];
}

/** The message with another type, row and old row; everything else as it stands, the exact commit ts too. */
function written({ kind, row, old }: Piece, scanner: MessageScanner, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const type = TYPE_NAMES[kind];
  const edits: { span: Span; text: string }[] = [
    { span: scanner.data, text: JSON.stringify([row]) },
    { span: scanner.old, text: old === undefined ? 'null' : JSON.stringify([old]) },
    ...(type === undefined || kind === scanner.kind ? [] : [{ span: scanner.type, text: type }]),
  ];
  const parts: Uint8Array[] = [];
  let at = start;
  for (const { span, text } of edits.filter(({ span }) => !span.absent).sort((a, b) => a.span.start - b.span.start)) {
    parts.push(bytes.subarray(at, span.start), Buffer.from(text));
    at = span.end;
  }
  parts.push(bytes.subarray(at, end));
  return Buffer.concat(parts);
}
