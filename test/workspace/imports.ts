import type { SourceFile } from './repository.js';
import { childOf, childrenOf, lineAt, parse, type SyntaxNode, walk } from './syntax.js';

/** One way in which a file reaches another module. */
export interface Import {
  /** The module named, or undefined when the name is computed at run time. */
  readonly specifier: string | undefined;
  /** Whether only types come over: nothing of it is left in the compiled file. */
  readonly typeOnly: boolean;
  /** The names taken, `*` for the whole module, none for an import for its effects. */
  readonly names: readonly string[];
  readonly line: number;
}

/** Every import of a file: static, re-exported, dynamic, in a type, by `import =`, `require` and `import.meta.resolve`. */
export function importsOf(file: SourceFile): readonly Import[] {
  const found: Import[] = [];
  walk(parse(file), (node) => {
    const source = sourceOf(node);
    if (source === undefined) return;
    found.push({
      specifier: literal(source),
      typeOnly: isTypeOnly(node),
      names: namesOf(node),
      line: lineAt(file.text, node.start),
    });
  });
  return found;
}

/** The package that a specifier names (`@scope/name`, `name`, `node:x`), or undefined for a path. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('file:')) return undefined;
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function sourceOf(node: SyntaxNode): SyntaxNode | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return childOf(node, 'source');
    case 'TSExternalModuleReference':
      return childOf(node, 'expression');
    case 'CallExpression':
      return isLoader(childOf(node, 'callee')) ? childrenOf(node, 'arguments')[0] : undefined;
    default:
      return undefined;
  }
}

/** `require(…)`, `require.resolve(…)` and `import.meta.resolve(…)`. */
function isLoader(callee: SyntaxNode | undefined): boolean {
  if (callee?.type === 'Identifier') return callee.name === 'require';
  if (callee?.type !== 'MemberExpression' || childOf(callee, 'property')?.name !== 'resolve') return false;
  const object = childOf(callee, 'object');
  return object?.type === 'MetaProperty' || object?.name === 'require';
}

function literal(node: SyntaxNode): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  const [only, ...more] = childrenOf(node, 'quasis');
  if (node.type !== 'TemplateLiteral' || only === undefined || more.length > 0) return undefined;
  return (only.value as { readonly cooked?: string }).cooked;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = childrenOf(node, 'specifiers');
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type');
}

function namesOf(node: SyntaxNode): readonly string[] {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportNamedDeclaration') {
    return childrenOf(node, 'specifiers').map((one) => {
      if (one.type === 'ImportNamespaceSpecifier') return '*';
      if (one.type === 'ImportDefaultSpecifier') return 'default';
      const name = childOf(one, one.type === 'ExportSpecifier' ? 'local' : 'imported');
      return String(name?.name ?? name?.value);
    });
  }
  const qualifier = childOf(node, 'qualifier');
  return typeof qualifier?.name === 'string' ? [qualifier.name] : ['*'];
}
