/**
 * Keys whose bytes compare as the values do (memcomparable), one part a column, in the order of the primary key:
 *
 * - NULL: `00`.
 * - a number: `01`, then `80` for zero; for a positive one `81`, the decimal exponent as four bytes from 80000000, the
 *   digits as text without leading and trailing zeros, `00`; for a negative one `7f` and the complement of the same.
 * - anything else: `02`, its UTF-8 bytes with every `00` written as `00 ff`, and `00 01`. Dates and times are written by the
 *   server so that their text compares as they do.
 *
 * No key is the beginning of another one of the same columns, so the order is total. Text compares by bytes, whatever its
 * collation is.
 */
export function sortKey(values: readonly (string | null)[], isNumber: (index: number) => boolean): Uint8Array {
  const bytes: number[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) bytes.push(0x00);
    else if (!isNumber(index) || !addNumber(bytes, value)) addText(bytes, value);
  }
  return Uint8Array.from(bytes);
}

/** Column types whose values are numbers, as `mysqlType` names them, without what follows the name. */
const NUMBERS = new Set([
  ...['bit', 'bool', 'boolean', 'tinyint', 'smallint', 'mediumint', 'int', 'integer', 'bigint', 'year'],
  ...['decimal', 'dec', 'numeric', 'fixed', 'float', 'double', 'real'],
]);

/** Whether a column of this type, such as `bigint unsigned` or `decimal(18,4)`, holds numbers. */
export function isNumberType(type: string | undefined): boolean {
  return type !== undefined && NUMBERS.has(/^[a-z]*/.exec(type.toLowerCase())?.[0] ?? '');
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const ZERO_EXPONENT = 0x8000_0000;

/** False: it is no number, whatever the type says. */
function addNumber(bytes: number[], text: string): boolean {
  const match = NUMBER.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return false;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  bytes.push(0x01);
  if (digits === '') {
    bytes.push(0x80);
    return true;
  }
  const leading = whole.length + fraction.length - digits.length;
  const exponent = ZERO_EXPONENT + whole.length - leading + Number(power);
  const part = [exponent >>> 24, (exponent >>> 16) & 0xff, (exponent >>> 8) & 0xff, exponent & 0xff];
  for (const digit of digits.replace(/0+$/, '')) part.push(digit.charCodeAt(0));
  part.push(0x00);
  if (sign === '-') bytes.push(0x7f, ...part.map((byte) => 0xff - byte));
  else bytes.push(0x81, ...part);
  return true;
}

function addText(bytes: number[], text: string): void {
  bytes.push(0x02);
  for (const byte of Buffer.from(text)) {
    bytes.push(byte);
    if (byte === 0x00) bytes.push(0xff);
  }
  bytes.push(0x00, 0x01);
}
