const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN = 123;
const CLOSE = 125;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const ZERO = 48;
const NINE = 57;

/** What a line of the usual form ends with, before the digits and two closing braces. */
const USUAL = Buffer.from('"_tidb":{"commitTs":');

/**
 * The commit ts of a Canal-JSON message with the TiDB extension (`_tidb.commitTs`), exactly; undefined when it has
 * none. Looks at no more of the line than it must.
 */
export function commitTsOf(line: Uint8Array): bigint | undefined {
  return usualCommitTs(line) ?? searchedCommitTs(line);
}

/** Two braces at the end close the message and `_tidb`, so what precedes the digits is no column of that name. */
function usualCommitTs(line: Uint8Array): bigint | undefined {
  const end = line.length - 2;
  if (end < USUAL.length || line[end] !== CLOSE || line[end + 1] !== CLOSE) return undefined;
  const start = digitsBefore(line, end);
  const key = start - USUAL.length;
  // A backslash: the quote belongs to a longer key.
  if (start === end || key < 0 || line[key - 1] === BACKSLASH) return undefined;
  for (let at = 0; at < USUAL.length; at++) if (line[key + at] !== USUAL[at]) return undefined;
  return parseTs(line, start, end);
}

function digitsBefore(line: Uint8Array, end: number): number {
  let start = end;
  while (start > 0 && isDigit(line[start - 1])) start--;
  return start;
}

/** Finds the key by its place: `commitTs` in the object that the outermost object has as `_tidb`. Of a repeated key the last counts. */
function searchedCommitTs(line: Uint8Array): bigint | undefined {
  let found: bigint | undefined;
  let depth = 0;
  let inTidb = false;
  let tidbNext = false;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at];
    if (byte === QUOTE) {
      const end = stringEnd(line, at);
      const value = skipBlank(line, end + 1);
      if (line[value] === COLON) {
        const key = depth <= 2 ? keyText(line, at, end) : '';
        tidbNext = depth === 1 && key === '_tidb';
        if (tidbNext) found = undefined;
        if (depth === 2 && inTidb && key === 'commitTs') found = numberAt(line, skipBlank(line, value + 1));
      }
      at = end;
    } else if (byte === OPEN || byte === OPEN_LIST) {
      depth++;
      inTidb = tidbNext || (inTidb && depth > 2);
      tidbNext = false;
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth--;
      if (depth < 2) inTidb = false;
    }
  }
  return found;
}

/** The key whose quotes stand at `start` and `end`; the keys looked for are ASCII, but may be written with escapes. */
function keyText(line: Uint8Array, start: number, end: number): string {
  const raw = text(line, start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function stringEnd(line: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < line.length && line[at] !== QUOTE) at += line[at] === BACKSLASH ? 2 : 1;
  return at;
}

function skipBlank(line: Uint8Array, from: number): number {
  let at = from;
  while (at < line.length && (line[at] as number) <= 32) at++;
  return at;
}

function numberAt(line: Uint8Array, start: number): bigint | undefined {
  let end = start;
  while (isDigit(line[end])) end++;
  return end === start ? undefined : parseTs(line, start, end);
}

function parseTs(line: Uint8Array, start: number, end: number): bigint | undefined {
  if (end - start > 20) return undefined;
  const ts = BigInt(text(line, start, end));
  return BigInt.asUintN(64, ts) === ts ? ts : undefined;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function text(line: Uint8Array, start: number, end: number): string {
  return Buffer.from(line.buffer, line.byteOffset + start, end - start).toString('latin1');
}
