import type { Token } from './lexer.js';
import { isSign, splitAtCommas, type TokenCursor } from './tokenCursor.js';

/** A column as CREATE TABLE and ALTER TABLE define it: as much as is needed to fill it in for rows that are there already. */
export interface ColumnDefinition {
  readonly name: string;
  /** Type in capitals, without attributes: `VARCHAR`, `BIGINT`. */
  readonly type: string;
  /** What stands in the type's parentheses: `['18', '4']`, `['new', 'paid']`. */
  readonly arguments: readonly string[];
  readonly unsigned: boolean;
  readonly notNull: boolean;
  /** `literal`: its text, null for NULL; `expression`: something only the server can compute. */
  readonly default: { readonly literal: string | null } | { readonly expression: true } | undefined;
  /** AUTO_INCREMENT or a generated column: existing rows get values that the statement does not say. */
  readonly computed: boolean;
}

/** Reads a column definition from its name up to a comma outside of parentheses, or FIRST or AFTER, or the end. */
export function readColumn(cursor: TokenCursor): ColumnDefinition {
  const name = cursor.name();
  const type = readType(cursor);
  const args = cursor.isSign('(') ? splitAtCommas(cursor.parenthesised()).map(argumentText) : [];
  const begin = cursor.at;
  cursor.skipUntil(
    (token) => isSign(token, ',') || (token.kind === 'word' && (token.upper === 'FIRST' || token.upper === 'AFTER')),
  );
  const attributes = cursor.tokens.slice(begin, cursor.at);
  const words = attributes.map((token) => (token.kind === 'word' ? token.upper : ''));
  return {
    name,
    type,
    arguments: args,
    unsigned: words.includes('UNSIGNED') || words.includes('ZEROFILL') || type === 'SERIAL',
    notNull:
      words.some((word, index) => word === 'NOT' && words[index + 1] === 'NULL') ||
      words.includes('PRIMARY') ||
      type === 'SERIAL',
    default: readDefault(attributes, words),
    computed: type === 'SERIAL' || isComputed(words),
  };
}

const TWO_WORD_TYPES: Readonly<Record<string, readonly string[]>> = {
  DOUBLE: ['PRECISION'],
  LONG: ['VARCHAR', 'VARBINARY'],
  CHARACTER: ['VARYING'],
  CHAR: ['VARYING', 'BYTE'],
  NATIONAL: ['CHAR', 'CHARACTER', 'VARCHAR'],
};

function readType(cursor: TokenCursor): string {
  const type = cursor.name().toUpperCase();
  const second = cursor.acceptOne(...(TWO_WORD_TYPES[type] ?? []));
  return second === '' ? type : `${type} ${second}`;
}

function argumentText(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join(' ');
}

function isComputed(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      word === 'AUTO_INCREMENT' || word === 'GENERATED' || word === 'AS' || (word === 'AUTO_RANDOM' && words[index + 1] !== '='),
  );
}

function readDefault(attributes: readonly Token[], words: readonly string[]): ColumnDefinition['default'] {
  const at = words.indexOf('DEFAULT');
  if (at < 0) return undefined;
  let index = at + 1;
  let token = attributes[index];
  // A character set introducer: _utf8mb4'text'.
  if (token?.kind === 'word' && token.text.startsWith('_') && attributes[index + 1]?.kind === 'string')
    token = attributes[++index];
  if (token?.kind === 'word' && token.upper === 'NULL') return { literal: null };
  if (token?.kind === 'word' && (token.upper === 'TRUE' || token.upper === 'FALSE'))
    return { literal: token.upper === 'TRUE' ? '1' : '0' };
  let sign = '';
  if (isSign(token, '-') || isSign(token, '+')) {
    sign = isSign(token, '-') ? '-' : '';
    token = attributes[++index];
    if (token?.kind !== 'number') return { expression: true };
  }
  if (token?.kind === 'string' || token?.kind === 'number') return { literal: sign + token.text };
  return { expression: true };
}
