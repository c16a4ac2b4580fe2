import type { SourceFile } from './repository.js';
import { childOf, childrenOf, lineAt, parse, type SyntaxNode, walk } from './syntax.js';

const LONGEST = 350;

/** Files whose variables no one else holds: of tests and what only they run. */
const OF_TESTS = /\.test\.ts$|\/test(ing)?\/|^test\//;

const NAME = /^[a-z][A-Za-z0-9]*(\.test)?\.ts$/;

/**
 * Sentences about a source file against the style that no linter here checks: its length, its name, mutable state of
 * the module, and `!` on anything but an element of an array (`words[at]!`, what hot loops over typed arrays need).
 */
export function styleFaults(file: SourceFile): readonly string[] {
  const faults: string[] = [];
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (!NAME.test(name)) faults.push(`${file.path}: a file's name is camelCase, a test's ends in .test.ts`);
  const lines = file.text.split('\n').length - 1;
  if (lines > LONGEST) faults.push(`${file.path}: has ${lines} lines; past ${LONGEST}, ask which two ideas it holds`);
  const program = parse(file);
  walk(program, (node) => {
    if (node.type !== 'TSNonNullExpression' || childOf(node, 'expression')?.computed === true) return;
    faults.push(`${file.path}:${lineAt(file.text, node.start)}: asserts by ! what is not an element of an array`);
  });
  if (OF_TESTS.test(file.path)) return faults;
  for (const node of childrenOf(program, 'body')) {
    const declaration = node.type === 'ExportNamedDeclaration' ? (node.declaration as SyntaxNode | null) : node;
    if (declaration?.type === 'VariableDeclaration' && declaration.kind !== 'const') {
      faults.push(`${file.path}:${lineAt(file.text, node.start)}: state of a module that can change`);
    }
  }
  return faults;
}
