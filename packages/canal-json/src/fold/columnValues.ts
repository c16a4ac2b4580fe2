import type { ColumnDefinition } from '../ddl/columnDefinition.js';

/** A value as the log writes it. */
export type Value = string | null;

const INTEGERS = ['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'BIGINT'];
const DECIMALS = ['DECIMAL', 'FIXED'];
const TEXTS = ['CHAR', 'VARCHAR', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'];
const FLOATS = ['FLOAT', 'DOUBLE'];

const ALIASES: Readonly<Record<string, string>> = {
  BOOL: 'TINYINT',
  BOOLEAN: 'TINYINT',
  INT1: 'TINYINT',
  INT2: 'SMALLINT',
  INT3: 'MEDIUMINT',
  INT4: 'INT',
  INT8: 'BIGINT',
  MIDDLEINT: 'MEDIUMINT',
  INTEGER: 'INT',
  SERIAL: 'BIGINT',
  DEC: 'DECIMAL',
  NUMERIC: 'DECIMAL',
  FIXED: 'DECIMAL',
  NUMBER: 'DECIMAL',
  REAL: 'DOUBLE',
  'DOUBLE PRECISION': 'DOUBLE',
  CHARACTER: 'CHAR',
  'CHARACTER VARYING': 'VARCHAR',
  'CHAR VARYING': 'VARCHAR',
  VARCHARACTER: 'VARCHAR',
};

function typeOf(column: ColumnDefinition): string {
  return ALIASES[column.type] ?? column.type;
}

/** A value that only the server knows. `why` completes "cannot tell the value of …: ". */
export class UnknownValue extends Error {}

/** What a column that is added holds in the rows that are there already. Throws {@link UnknownValue}. */
export function fillValue(column: ColumnDefinition): Value {
  if (column.computed) throw new UnknownValue('the server computes it row by row');
  if (column.default === undefined) return column.notNull ? zeroValue(column) : null;
  if ('expression' in column.default) throw new UnknownValue('its default is an expression');
  const { literal } = column.default;
  return literal === null ? null : asText(column, literal);
}

/** The value of a NOT NULL column without a default. */
function zeroValue(column: ColumnDefinition): Value {
  const type = typeOf(column);
  if (INTEGERS.includes(type) || FLOATS.includes(type)) return '0';
  if (DECIMALS.includes(type)) return asText(column, '0');
  if (TEXTS.includes(type)) return '';
  if (type === 'ENUM') return column.arguments[0] ?? '';
  if (type === 'SET') return '';
  if (type === 'DATE') return '0000-00-00';
  if (type === 'DATETIME' || type === 'TIMESTAMP') return `0000-00-00 00:00:00${fraction(column, '')}`;
  if (type === 'TIME') return `00:00:00${fraction(column, '')}`;
  if (type === 'YEAR') return '0000';
  throw new UnknownValue(`it has no default, and what ${column.type} begins with is not known`);
}

/** A literal as the server prints it once it is stored in the column. */
function asText(column: ColumnDefinition, literal: string): string {
  const type = typeOf(column);
  if (TEXTS.includes(type) || type === 'ENUM' || type === 'SET') return literal;
  if (INTEGERS.includes(type) && /^-?\d+$/.test(literal)) return `${BigInt(literal)}`;
  if (DECIMALS.includes(type)) {
    const parts = /^(-?)(\d+)(?:\.(\d*))?$/.exec(literal);
    const scale = Number(column.arguments[1] ?? 0);
    const digits = parts?.[3] ?? '';
    if (parts !== null && digits.length <= scale) {
      const whole = `${parts[1]}${BigInt(parts[2] ?? '0')}`;
      return scale === 0 ? whole : `${whole}.${digits.padEnd(scale, '0')}`;
    }
  }
  if (FLOATS.includes(type) && /^-?\d+$/.test(literal)) return `${BigInt(literal)}`;
  if (type === 'DATE' && /^\d{4}-\d\d-\d\d$/.test(literal)) return literal;
  if (type === 'YEAR' && /^\d{4}$/.test(literal)) return literal;
  if (type === 'DATETIME' || type === 'TIMESTAMP') {
    const parts = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?$/.exec(literal);
    if (parts !== null) return `${parts[1]} ${parts[2] ?? '00:00:00'}${fraction(column, parts[3] ?? '')}`;
  }
  if (type === 'TIME') {
    const parts = /^(\d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(literal);
    if (parts !== null) return `${parts[1]}${fraction(column, parts[2] ?? '')}`;
  }
  throw new UnknownValue(`how the server prints the default '${literal}' of type ${column.type} is not known`);
}

function fraction(column: ColumnDefinition, digits: string): string {
  const scale = Number(column.arguments[0] ?? 0);
  if (digits.length > scale) throw new UnknownValue('its default has more fractional digits than its type');
  return scale === 0 ? '' : `.${digits.padEnd(scale, '0')}`;
}

/**
 * True when values of `from` read the same in `to`: the same type, a longer text, a wider integer, more members behind those
 * of an ENUM. Everything else would need the server's conversion.
 */
export function keepsText(from: ColumnDefinition, to: ColumnDefinition): boolean {
  const [before, after] = [typeOf(from), typeOf(to)];
  if (TEXTS.includes(before) && TEXTS.includes(after)) return textCapacity(to) >= textCapacity(from);
  if (INTEGERS.includes(before) && INTEGERS.includes(after)) {
    const wider = INTEGERS.indexOf(after) - INTEGERS.indexOf(before);
    return from.unsigned === to.unsigned ? wider >= 0 : from.unsigned && wider > 0;
  }
  if (before !== after || from.unsigned !== to.unsigned) return false;
  if (before === 'DECIMAL') return argument(to, 1, 0) === argument(from, 1, 0) && argument(to, 0, 10) >= argument(from, 0, 10);
  if (before === 'ENUM' || before === 'SET') return from.arguments.every((member) => to.arguments.includes(member));
  return from.arguments.join() === to.arguments.join();
}

function argument(column: ColumnDefinition, index: number, fallback: number): number {
  return Number(column.arguments[index] ?? fallback);
}

/** How many characters surely fit. */
function textCapacity(column: ColumnDefinition): number {
  const sizes: Readonly<Record<string, number>> = { TINYTEXT: 63, TEXT: 16_383, MEDIUMTEXT: 4_194_303, LONGTEXT: 1_073_741_823 };
  return sizes[typeOf(column)] ?? argument(column, 0, 1);
}
