import { describe, expect, test } from 'vitest';
import { LexProblem, lex } from './lexer.js';

/** Tokens as short texts: words bare, names in backquotes, strings in quotes. */
function tokens(sql: string): string[] {
  return lex(sql).map((token) => {
    if (token.kind === 'name') return `\`${token.text}\``;
    return token.kind === 'string' ? `'${token.text}'` : token.text;
  });
}

describe('lex', () => {
  test.each([
    ['words, signs, numbers', 'a1 $b,_c(1,2.5e-3)', ['a1', '$b', ',', '_c', '(', '1', ',', '2.5e-3', ')']],
    ['a name may begin with a digit', '1a 12', ['1a', '12']],
    ['after a dot comes a name', 'db.1e5 db.2 `x`.3', ['db', '.', '1e5', 'db', '.', '2', '`x`', '.', '3']],
    ['letters of any script', 'таблица 東京', ['таблица', '東京']],
    ['names in backquotes, doubled inside', '`a``b` `c\\`', ['`a`b`', '`c\\`']],
    ['strings, doubled quotes', `'it''s' "say ""x"""`, ["'it's'", `'say "x"'`]],
    ['strings, escapes', String.raw`'a\'b\\' "\n\t\0\Z\x\""`, [String.raw`'a'b\'`, `'\n\t\0\u001ax"'`]],
    ['quotes of one kind in another', `'a"b\`c' "d'e" \`f'g"h\``, [`'a"b\`c'`, `'d'e'`, `\`f'g"h\``]],
    ['a comment to the end of its line', 'a -- b\nc # d\ne --', ['a', 'c', 'e']],
    ['two minus signs without a blank are signs', '5--3', ['5', '-', '-', '3']],
    ['a comment', 'a /* b `\' " */ c/**/d', ['a', 'c', 'd']],
    ['a hint is a comment', 'a /*+ hint */ b', ['a', 'b']],
    ['the content of a versioned comment counts', '/*!50100 a */ b /*! c*/', ['a', 'b', 'c']],
    ['… also of MariaDB', '/*M! a */ /*M!100500 b */', ['a', 'b']],
    ['… also of TiDB, with a feature', '/*T! a */ /*T![auto_rand] b(5) */', ['a', 'b', '(', '5', ')']],
    ['a comment within a versioned one', '/*!40000 a /* b */ c */ d', ['a', 'c', 'd']],
    ['comment marks within quotes are text', "'/* x' `--` \"#\" '*/'", ["'/* x'", '`--`', "'#'", "'*/'"]],
    ['nothing', ' \n\t', []],
  ])('%s', (_, sql, expected) => {
    expect(tokens(sql)).toEqual(expected);
  });

  test.each(["'a", '"a""', '`a', "'a\\'", '/* a', '/*!50100 a', '/*!50100 a /* b */'])('refuses what does not end: %s', (sql) => {
    expect(() => lex(sql)).toThrow(LexProblem);
  });
});
