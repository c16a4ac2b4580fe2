import { posix } from 'node:path';
import { type Import, importsOf, packageOf } from './imports.js';
import type { Manifest, SourceFile } from './repository.js';

/** Who may know whom, by folder name: the arrows of the architecture, and nothing else. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  ring: [],
  runtime: ['ring'],
  dispatcher: ['protocol', 'runtime'],
  coordinator: ['protocol', 'runtime'],
  maintainer: ['protocol', 'runtime'],
  host: ['protocol', 'ring', 'runtime', 'dispatcher', 'coordinator', 'maintainer'],
  'canal-json': ['protocol', 'dispatcher'],
  storage: ['protocol', 'dispatcher'],
  redo: ['protocol', 'dispatcher'],
  sim: ['protocol', 'runtime', 'dispatcher', 'coordinator', 'maintainer', 'host'],
  cli: ['protocol', 'dispatcher', 'host', 'canal-json', 'storage', 'redo'],
};

/** Packages that know the dispatcher by its source and sink contracts alone. */
const CONTRACTS_ONLY: readonly string[] = ['canal-json', 'storage', 'redo'];

/** Files that load a module by its URL: an actor's, or the user's source or sink. */
const LOADERS: ReadonlySet<string> = new Set([
  'packages/runtime/src/core/loadActor.ts',
  'packages/dispatcher/src/worker.ts',
  'packages/host/src/sourceActor.ts',
]);

/** What a test may import beyond what its package depends on. */
const TEST_TOOLS: readonly string[] = ['vitest', 'fast-check'];

const SCOPE = '@tidegate/';

/** What the rule needs to know of one package. */
export interface Subject {
  readonly short: string;
  readonly manifest: Manifest;
  readonly sources: readonly SourceFile[];
}

/**
 * Sentences about every import of a package that the architecture does not allow, and about every difference between what the
 * package's sources import and what its manifest declares. `contracts` are the names that the dispatcher's contracts export.
 */
export function importFaults(subject: Subject, contracts: ReadonlySet<string>): readonly string[] {
  const allowed = ALLOWED[subject.short];
  if (allowed === undefined) return [`${subject.manifest.name}: no rule says what this package may import: add it to ALLOWED`];
  const faults: string[] = [];
  const used = new Set<string>();
  const declared = new Set(Object.keys(subject.manifest.dependencies ?? {}));

  for (const file of subject.sources) {
    const isTest = file.path.endsWith('.test.ts') || !file.path.startsWith(`packages/${subject.short}/src/`);
    for (const entry of importsOf(file)) {
      const where = `${file.path}:${entry.line}`;
      const target = entry.specifier === undefined ? undefined : packageOf(entry.specifier);
      if (entry.specifier === undefined) {
        if (LOADERS.has(file.path) || isTest) continue;
        faults.push(`${where}: imports a module whose name is computed: only ${[...LOADERS].join(', ')} may`);
      } else if (target === undefined) {
        if (leaves(isTest ? `packages/${subject.short}/` : `packages/${subject.short}/src/`, file.path, entry.specifier))
          faults.push(`${where}: ${entry.specifier} leads out of the ${isTest ? 'package' : "package's src"}`);
      } else if (!target.startsWith('node:') && !(isTest && target === subject.manifest.name)) {
        if (!isTest) used.add(target);
        if (!declared.has(target) && !(isTest && TEST_TOOLS.includes(target))) {
          faults.push(`${where}: imports ${target}, which package.json does not declare in dependencies`);
        }
        const fault = directionFault(subject.short, target, entry, allowed, contracts);
        if (fault !== undefined) faults.push(`${where}: ${fault}`);
      }
    }
  }

  for (const name of declared) {
    if (!used.has(name)) faults.push(`${subject.manifest.name}: package.json declares ${name}, which no source imports`);
  }
  return faults;
}

function directionFault(
  short: string,
  target: string,
  entry: Import,
  allowed: readonly string[],
  contracts: ReadonlySet<string>,
): string | undefined {
  if (!target.startsWith(SCOPE)) return undefined;
  const other = target.slice(SCOPE.length);
  if (!allowed.includes(other)) {
    return `${short} may not import ${target} (it may import: ${allowed.join(', ') || 'nothing of ours'})`;
  }
  if (other === 'dispatcher' && CONTRACTS_ONLY.includes(short)) {
    const beyond = entry.names.filter((name) => !contracts.has(name));
    if (beyond.length > 0) return `${short} takes ${beyond.join(', ')} from ${target}, which is not part of its contracts`;
  }
  return undefined;
}

/** Whether a relative specifier in a file leads out of a folder. */
function leaves(folder: string, path: string, specifier: string): boolean {
  return !posix.join(posix.dirname(path), specifier).startsWith(folder);
}
