import { StatementError } from '../errors.js';
import { type LexProblem, lex, type Token } from './lexer.js';
import type { ObjectName } from './statement.js';

/** Reads the tokens of one statement from left to right. */
export class TokenCursor {
  readonly sql: string;
  readonly tokens: readonly Token[];
  at = 0;

  constructor(sql: string, tokens: readonly Token[]) {
    this.sql = sql;
    this.tokens = tokens;
  }

  /** A cursor over a statement's text. Throws {@link StatementError} when it does not lex. */
  static over(sql: string): TokenCursor {
    try {
      const tokens = lex(sql);
      while (isSign(tokens.at(-1), ';')) tokens.pop();
      return new TokenCursor(sql, tokens);
    } catch (error) {
      throw new StatementError('UNCLASSIFIED', sql, (error as LexProblem).message);
    }
  }

  /** A cursor over a piece of this statement. */
  within(tokens: readonly Token[]): TokenCursor {
    return new TokenCursor(this.sql, tokens);
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  /** The next token's keyword; empty unless it is a bare word. */
  word(ahead = 0): string {
    const token = this.peek(ahead);
    return token?.kind === 'word' ? token.upper : '';
  }

  /** Takes these keywords if they stand here, all of them. */
  accept(...words: readonly string[]): boolean {
    for (let index = 0; index < words.length; index++) if (this.word(index) !== words[index]) return false;
    this.at += words.length;
    return true;
  }

  /** Takes one of these keywords if it stands here, and answers which; empty otherwise. */
  acceptOne(...words: readonly string[]): string {
    const word = this.word();
    if (word === '' || !words.includes(word)) return '';
    this.at++;
    return word;
  }

  acceptSign(sign: string): boolean {
    if (!isSign(this.peek(), sign)) return false;
    this.at++;
    return true;
  }

  isSign(sign: string, ahead = 0): boolean {
    return isSign(this.peek(ahead), sign);
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) throw this.unclassified(`expected ${words.join(' ')} ${this.here()}`);
  }

  /** Takes one identifier: a word, or a name in backquotes (or in double quotes, as under ANSI_QUOTES). */
  name(): string {
    const token = this.peek();
    const isName = token?.kind === 'word' || token?.kind === 'name' || (token?.kind === 'string' && token.double && token.plain);
    if (!isName || token.text === '') throw this.unclassified(`expected a name ${this.here()}`);
    this.at++;
    return token.text;
  }

  /** Takes `name` or `database.name`. */
  objectName(): ObjectName {
    const first = this.name();
    if (!this.acceptSign('.')) return { name: first };
    return { database: first, name: this.name() };
  }

  /** Takes object names separated by commas. */
  objectNames(): ObjectName[] {
    const names = [this.objectName()];
    while (this.acceptSign(',')) names.push(this.objectName());
    return names;
  }

  /** Takes a piece in parentheses, which starts here, and answers the tokens inside. */
  parenthesised(): Token[] {
    const begin = this.at + 1;
    this.skipUntil(() => false, true);
    return this.tokens.slice(begin, this.at - 1);
  }

  /**
   * Skips tokens until one outside of parentheses for which `stop` answers true, or the end; with `once`, over one
   * parenthesised piece only.
   */
  skipUntil(stop: (token: Token) => boolean, once = false): void {
    let depth = 0;
    for (; !this.done; this.at++) {
      const token = this.peek() as Token;
      if (depth === 0 && stop(token)) return;
      if (isSign(token, '(')) depth++;
      else if (isSign(token, ')')) {
        depth--;
        if (depth < 0) throw this.unclassified('a parenthesis closes that was not opened');
        if (depth === 0 && once) {
          this.at++;
          return;
        }
      }
    }
    if (depth > 0) throw this.unclassified('a parenthesis does not close');
  }

  /** Requires the end of the statement. */
  end(): void {
    if (!this.done) throw this.unclassified(`expected nothing more ${this.here()}`);
  }

  unclassified(reason: string): StatementError {
    return new StatementError('UNCLASSIFIED', this.sql, reason);
  }

  unsupported(reason: string): StatementError {
    return new StatementError('UNSUPPORTED', this.sql, reason);
  }

  /** Where the cursor stands, for messages. */
  here(): string {
    const token = this.peek();
    return token === undefined ? 'at the end' : `before '${token.text}'`;
  }
}

export function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign;
}

/** Splits tokens at commas outside of parentheses. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSign(token, '(')) depth++;
    else if (isSign(token, ')')) depth--;
    if (depth === 0 && isSign(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
