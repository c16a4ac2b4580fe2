/** Kinds of tokens. A comment is not one; the content of a versioned comment is as if it stood bare. */
export type Token =
  /** A bare word, keyword or name. `upper` is for comparing keywords. */
  | { readonly kind: 'word'; readonly text: string; readonly upper: string }
  /** A name in backquotes, unquoted. */
  | { readonly kind: 'name'; readonly text: string }
  /** A string, its value; `double`: in double quotes, which also quote names under ANSI_QUOTES; `plain`: it had no backslash. */
  | { readonly kind: 'string'; readonly text: string; readonly double: boolean; readonly plain: boolean }
  | { readonly kind: 'number'; readonly text: string }
  /** One character of punctuation. */
  | { readonly kind: 'sign'; readonly text: string };

/** The text is not made of tokens. The message says why. */
export class LexProblem extends Error {}

const WORD = /[\p{L}\p{N}_$\u{80}-\u{10ffff}]+/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_$])/uy;
const BLANK = /\s+/y;
/** `/*!`, `/*!50100`, `/*M!100500`, `/*T!`, `/*T![auto_rand]`: comments whose content the server executes. */
const VERSIONED = /\/\*(?:M?!(?:\d{5,6})?|T!(?:\[[^\]]*\])?)/y;
const LINE_COMMENT = /(?:#|--(?=[\s\p{Cc}]|$))[^\n]*/uy;

/** Cuts a statement into tokens. Throws {@link LexProblem} for a quote or comment that does not end. */
export function lex(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let versioned = false;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(sql)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < sql.length) {
    if (match(BLANK) !== undefined || match(LINE_COMMENT) !== undefined) continue;
    if (versioned && sql.startsWith('*/', at)) {
      versioned = false;
      at += 2;
      continue;
    }
    if (sql.startsWith('/*', at)) {
      if (!versioned && match(VERSIONED) !== undefined) versioned = true;
      else at = commentEnd(sql, at);
      continue;
    }
    const char = sql[at] as string;
    if (char === '`') {
      const quoted = readQuoted(sql, at, false);
      tokens.push({ kind: 'name', text: quoted.text });
      at = quoted.end;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(sql, at, true);
      tokens.push({ kind: 'string', text: quoted.text, double: char === '"', plain: quoted.plain });
      at = quoted.end;
    } else {
      // After a name and a dot comes a name, even one that looks like a number: `db.1e5`.
      const number = afterDottedName(sql, at, tokens) ? undefined : match(NUMBER);
      const word = number === undefined ? match(WORD) : undefined;
      if (number !== undefined) tokens.push({ kind: 'number', text: number });
      else if (word !== undefined) tokens.push({ kind: 'word', text: word, upper: word.toUpperCase() });
      else {
        tokens.push({ kind: 'sign', text: char });
        at++;
      }
    }
  }
  if (versioned) throw new LexProblem('a versioned comment does not end');
  return tokens;
}

/** True when a dot that continues a name stands right before `at`, or at it. */
function afterDottedName(sql: string, at: number, tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  if (sql[at] === '.') return at > 0 && (last?.kind === 'name' || last?.kind === 'word') && !/\s/.test(sql[at - 1] as string);
  const before = tokens.at(-2);
  return last?.kind === 'sign' && last.text === '.' && (before?.kind === 'name' || before?.kind === 'word');
}

function commentEnd(sql: string, at: number): number {
  const end = sql.indexOf('*/', at + 2);
  if (end < 0) throw new LexProblem('a comment does not end');
  return end + 2;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', '0': '\0', Z: '\x1a' };

/** Reads a quoted piece whose opening quote is at `at`. A doubled quote is one quote; backslashes escape in strings only. */
function readQuoted(sql: string, at: number, escapes: boolean): { text: string; end: number; plain: boolean } {
  const quote = sql[at] as string;
  let text = '';
  let plain = true;
  for (let index = at + 1; index < sql.length; index++) {
    const char = sql[index] as string;
    if (char === quote) {
      if (sql[index + 1] !== quote) return { text, end: index + 1, plain };
      text += quote;
      index++;
    } else if (escapes && char === '\\') {
      plain = false;
      const next = sql[++index] ?? '';
      text += ESCAPES[next] ?? next;
    } else {
      text += char;
    }
  }
  throw new LexProblem(`a quote (${quote}) does not end`);
}
