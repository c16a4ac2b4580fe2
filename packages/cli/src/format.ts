/*
 * Numbers and times for people. All pure.
 */

/** 1234567 → `1,234,567`. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 row`, `2 rows`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Milliseconds: `0.4 ms`, `12 ms`, `1.2 s`, `3 min 05 s`, `2 h 03 min`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Bytes: `312 B`, `1.5 KiB`, `312 MiB`, `1.2 GiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let [size, unit] = [value, 0];
  while (Math.abs(size) >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || Math.abs(size) >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Bits of a timestamp that count within one millisecond. */
const LOGICAL_BITS = 18n;
/** From 2000 to 3000: outside of it a timestamp's upper part is no time that a log could have. Milliseconds. */
const EARLIEST = 946_684_800_000;
const LATEST = 32_503_680_000_000;

/** The time of a timestamp's physical part, `2025-11-24 16:00:04.171`; undefined where it has none. UTC. */
export function timeOf(ts: bigint): string | undefined {
  const ms = Number(ts >> LOGICAL_BITS);
  if (ms < EARLIEST || ms > LATEST) return undefined;
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

/** A timestamp with its time, for messages: `462422017115947403 (2025-11-24 16:00:04.257)`. */
export function timestamp(ts: bigint): string {
  const time = timeOf(ts);
  return time === undefined ? `${ts}` : `${ts} (${time})`;
}

/** Cuts text to a number of characters, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}

/** Text for one line of a terminal: control characters, which could move the cursor, become visible. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it replaces
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}
