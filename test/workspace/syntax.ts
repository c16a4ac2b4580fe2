import { parseSync } from 'oxc-parser';
import type { SourceFile } from './repository.js';

/** A node of the syntax tree, as far as the checks look: its kind, where it starts, and its children by name. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [child: string]: unknown;
}

/** Whether a value found in the tree is a node. */
function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The child of a node under this name, if it is a node. */
export function childOf(node: SyntaxNode, name: string): SyntaxNode | undefined {
  const value = node[name];
  return isNode(value) ? value : undefined;
}

/** The children of a node under this name, if it holds a list. */
export function childrenOf(node: SyntaxNode, name: string): readonly SyntaxNode[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Parses a TypeScript file. Throws with the file's name when it does not parse, so that no check passes over a broken file. */
export function parse(file: SourceFile): SyntaxNode {
  const parsed = parseSync(file.path, file.text);
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${file.path} does not parse: ${error.message}`);
  return parsed.program as unknown as SyntaxNode;
}

/** Visits a tree in source order; `name` is the child's name in its parent. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined, name: string) => void,
  parent?: SyntaxNode,
  name = '',
): void {
  visit(node, parent, name);
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node, key);
    }
  }
}

/** The line, counted from 1, on which an offset lies. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
