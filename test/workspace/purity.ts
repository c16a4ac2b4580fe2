import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { importsOf, packageOf } from './imports.js';
import type { SourceFile } from './repository.js';
import { childOf, childrenOf, lineAt, parse, type SyntaxNode, walk } from './syntax.js';

/** The actors: they get the clock, chance and the world from their context alone. */
export const PURE_PACKAGES: readonly string[] = ['dispatcher', 'coordinator', 'maintainer'];

/** Files of an actor's package that stand between it and a thread or a user's module. */
const BINDINGS: ReadonlySet<string> = new Set(['worker.ts', 'groupActor.ts', 'sinkDriver.ts']);

/** The package's entry: it may re-export a binding, and does nothing itself. */
const ENTRY = 'index.ts';

/** Globals by which code reaches a clock, a timer, chance, a thread or the process. */
const GLOBALS: ReadonlySet<string> = new Set([
  ...['performance', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'queueMicrotask'],
  ...['console', 'process', 'globalThis', 'global', 'fetch', 'crypto', 'navigator', 'require', 'eval', 'Function'],
  ...['Worker', 'MessageChannel', 'MessagePort', 'BroadcastChannel', 'WebSocket', 'WeakRef', 'FinalizationRegistry'],
]);

/** Members that are impure although their object is not. */
const MEMBERS: ReadonlySet<string> = new Set(['Date.now', 'Math.random', 'Atomics.wait', 'Atomics.waitAsync']);

const BUILTINS: ReadonlySet<string> = new Set(builtinModules);

/** Whether the purity rule covers a file: an actor's source, not a test and not a binding. */
export function isPureFile(path: string): boolean {
  const [top, short] = path.split('/');
  if (top !== 'packages' || short === undefined || !PURE_PACKAGES.includes(short)) return false;
  return !path.endsWith('.test.ts') && !BINDINGS.has(posix.basename(path));
}

/** Sentences about everything in a file by which an actor would reach past its context. */
export function impurities(file: SourceFile): readonly string[] {
  const faults: string[] = [];
  for (const entry of importsOf(file)) {
    const where = `${file.path}:${entry.line}`;
    if (entry.specifier === undefined) {
      faults.push(`${where}: loads a module whose name is computed`);
      continue;
    }
    const target = packageOf(entry.specifier);
    if (target !== undefined && (target.startsWith('node:') || BUILTINS.has(target))) {
      faults.push(`${where}: imports ${entry.specifier}`);
    }
    const reachesBinding = target === undefined && BINDINGS.has(posix.basename(entry.specifier).replace(/\.js$/, '.ts'));
    if (reachesBinding && !entry.typeOnly && posix.basename(file.path) !== ENTRY) {
      faults.push(`${where}: imports more than types from ${entry.specifier}, which is not pure`);
    }
  }
  walk(parse(file), (node, parent, name) => {
    const what = impureUse(node, parent, name);
    if (what !== undefined) faults.push(`${file.path}:${lineAt(file.text, node.start)}: touches ${what}`);
  });
  return faults;
}

function impureUse(node: SyntaxNode, parent: SyntaxNode | undefined, name: string): string | undefined {
  if (node.type === 'MemberExpression') return impureMember(childOf(node, 'object'), propertyName(node));
  if (node.type === 'VariableDeclarator') return destructured(node);
  if (node.type === 'NewExpression' || node.type === 'CallExpression') return clockByDate(node);
  if (node.type !== 'Identifier' || !GLOBALS.has(String(node.name))) return undefined;
  return isReference(parent, name) ? String(node.name) : undefined;
}

function impureMember(object: SyntaxNode | undefined, property: unknown): string | undefined {
  const member = `${String(object?.name)}.${String(property)}`;
  return MEMBERS.has(member) ? member : undefined;
}

function propertyName(member: SyntaxNode): unknown {
  const property = childOf(member, 'property');
  return member.computed === true ? property?.value : property?.name;
}

/** `const { now } = Date`. */
function destructured(node: SyntaxNode): string | undefined {
  const pattern = childOf(node, 'id');
  if (pattern?.type !== 'ObjectPattern') return undefined;
  const members = childrenOf(pattern, 'properties').map((property) =>
    impureMember(childOf(node, 'init'), childOf(property, 'key')?.name),
  );
  return members.find((member) => member !== undefined);
}

/** `new Date()` and `Date()` read the clock; `new Date(ts)` does not. */
function clockByDate(node: SyntaxNode): string | undefined {
  if (childOf(node, 'callee')?.name !== 'Date') return undefined;
  const reads = node.type === 'CallExpression' || childrenOf(node, 'arguments').length === 0;
  return reads ? 'the clock by Date()' : undefined;
}

/** Whether an identifier stands for a variable, and is not the name of a member, of a key or of a type. */
function isReference(parent: SyntaxNode | undefined, name: string): boolean {
  if (parent === undefined) return true;
  if (parent.type === 'MemberExpression') return name === 'object' || parent.computed === true;
  if (name === 'key') return parent.computed === true || parent.shorthand === true;
  return !parent.type.startsWith('TS') || name === 'expression';
}
