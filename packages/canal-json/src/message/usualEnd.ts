const ZERO = 0x30;
const COMMA = 0x2c;
const BRACE_END = 0x7d;
const OLD: Uint8Array = Buffer.from(',"old":');
const ES: Uint8Array = Buffer.from(',"es":');
const TS: Uint8Array = Buffer.from(',"ts":');
const COMMIT_TS: Uint8Array = Buffer.from(',"_tidb":{"commitTs":');

/** Bytes before the digits of the commit ts where {@link usualTsEnd} finds it. */
export const COMMIT_TS_BYTES: number = COMMIT_TS.length;

/** Where the value of `old` begins, if that comes at `at`; else -1. */
export function usualOld(bytes: Uint8Array, at: number): number {
  return begins(bytes, at, OLD) ? at + OLD.length : -1;
}

/** Behind the two times of a message, if they come at `at`: a whole number each. They mean nothing here. */
export function passUsualTimes(bytes: Uint8Array, at: number): number {
  return passNumber(bytes, passNumber(bytes, at, ES), TS);
}

/** Where the digits end, if nothing but a `_tidb` with the commit ts alone comes between `at` and the end of the message; else -1. */
export function usualTsEnd(bytes: Uint8Array, at: number, end: number): number {
  if (!begins(bytes, at, COMMIT_TS)) return -1;
  const start = at + COMMIT_TS.length;
  const stop = passDigits(bytes, start);
  const isEnd = stop > start && stop + 2 === end && bytes[stop] === BRACE_END && bytes[stop + 1] === BRACE_END;
  return isEnd ? stop : -1;
}

function begins(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}

/** Behind a whole number, if one begins at `from`. One that starts with a zero is left to those who know what to say of it. */
function passDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  if (bytes[at] === ZERO) return from;
  while ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= ZERO + 9) at++;
  return at;
}

/** Behind `name` and a whole number with a comma behind it; where nothing of the kind stands, `from`. */
function passNumber(bytes: Uint8Array, from: number, name: Uint8Array): number {
  if (!begins(bytes, from, name)) return from;
  const start = from + name.length;
  const stop = passDigits(bytes, start);
  return stop > start && bytes[stop] === COMMA ? stop : from;
}
