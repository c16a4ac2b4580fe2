import { read, repositoryFiles, type SourceFile } from './repository.js';
import { childOf, childrenOf, parse, type SyntaxNode, walk } from './syntax.js';

/** A test or group of tests: its own title, and those of the groups around it, outermost first. */
export interface Title {
  readonly path: string;
  readonly own: string;
  readonly groups: readonly string[];
}

interface Call {
  readonly titles: readonly string[];
  readonly group: boolean;
  readonly start: number;
  readonly end: number;
}

/** Every title of the repository's tests. Tests that are skipped or still to be written have none. */
export function allTitles(): readonly Title[] {
  return repositoryFiles()
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => titlesOf({ path, text: read(path) }));
}

/** The titles in one test file. One that begins with what a table or loop gives stands there once for each string of it. */
export function titlesOf(file: SourceFile): readonly Title[] {
  const loops: SyntaxNode[] = [];
  const calls: Call[] = [];
  const tables = new Map<unknown, SyntaxNode | undefined>();
  walk(parse(file), (node) => {
    if (node.type === 'ForOfStatement') loops.push(node);
    if (node.type === 'VariableDeclarator') tables.set(childOf(node, 'id')?.name, childOf(node, 'init'));
    if (node.type !== 'CallExpression') return;
    const around = loops.filter((loop) => contains(loop, node)).map((loop) => childOf(loop, 'right'));
    const call = callOf(node, (each) =>
      (each ?? around).flatMap((from) => stringsIn(from?.type === 'Identifier' ? tables.get(from.name) : from)),
    );
    if (call !== undefined) calls.push(call);
  });
  return calls.flatMap((call) => {
    const around = calls.filter((other) => other.group && other !== call && other.start < call.start && call.end <= other.end);
    const groups = around.flatMap(({ titles }) => titles);
    return call.titles.map((own) => ({ path: file.path, own, groups }));
  });
}

/** Whether a title is that of a case: it begins with the case's name as a word; for `a/b`, with `b`, in a group that begins with `a`. */
export function isTitleOf(name: string, { own, groups }: Title): boolean {
  const slash = name.lastIndexOf('/');
  if (!begins(own, name.slice(slash + 1))) return false;
  return slash === -1 || groups.some((group) => begins(group, name.slice(0, slash)));
}

/** Whether a title, or a group around it, names one of these rules. */
export function cites(rules: string, { own, groups }: Title): boolean {
  const text = [...groups, own].join(' ');
  return rules.split(' ').some((rule) => new RegExp(`(^|[^A-Za-z])${rule.replace('.', '\\.')}(?![0-9])`).test(text));
}

function begins(title: string, name: string): boolean {
  if (title.startsWith(name) && !/^\w/.test(name.endsWith(':') ? '' : title.slice(name.length))) return true;
  // A title may begin with several names: `One, Two: …`.
  const rest = /^[A-Za-z]\w*(?:, | \/ )(.*)$/s.exec(title)?.[1];
  return rest !== undefined && begins(rest, name);
}

function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && Number(inner.end) <= Number(outer.end);
}

/** A call of `it`, `test` or `describe`, also through `.each(table)`. */
function callOf(node: SyntaxNode, strings: (each: readonly SyntaxNode[] | undefined) => readonly string[]): Call | undefined {
  const callee = childOf(node, 'callee');
  const [argument] = childrenOf(node, 'arguments');
  if (callee === undefined || argument === undefined) return undefined;
  const each = callee.type === 'CallExpression' ? callee : undefined;
  const word = each === undefined ? callee : childOf(childOf(each, 'callee') ?? each, 'object');
  if (word?.type !== 'Identifier' || !['it', 'test', 'describe'].includes(String(word.name))) return undefined;
  const given = strings(each && childrenOf(each, 'arguments'));
  const { start } = node;
  return { titles: titlesIn(argument, given), group: word.name === 'describe', start, end: Number(node.end) };
}

function titlesIn(argument: SyntaxNode, given: readonly string[]): readonly string[] {
  if (argument.type === 'Literal') {
    const title = String(argument.value);
    return /^(%s|\$)/.test(title) ? given.map((first) => title.replace(/^(%s|\$\w+)/, () => first)) : [title];
  }
  if (argument.type !== 'TemplateLiteral') return [];
  const pieces = childrenOf(argument, 'quasis').map((piece) => String((piece.value as { cooked?: string }).cooked));
  return pieces[0] === '' ? given.map((first) => `${first}${pieces.slice(1).join('…')}`) : [pieces.join('…')];
}

function stringsIn(node: SyntaxNode | undefined): readonly string[] {
  const found: string[] = [];
  if (node === undefined) return found;
  walk(node, ({ type, value }) => {
    if (type === 'Literal' && typeof value === 'string') found.push(value);
  });
  return found;
}
