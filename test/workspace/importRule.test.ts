import { describe, expect, it } from 'vitest';
import { ALLOWED, importFaults, type Subject } from './importRule.js';
import { packages, read, readManifest, sourcesOf } from './repository.js';
import { childOf, childrenOf, parse, type SyntaxNode } from './syntax.js';

const CONTRACTS = 'packages/dispatcher/src/contracts.ts';

/** Names that the dispatcher's contracts file declares and exports. */
function contractNames(): ReadonlySet<string> {
  const declarations = childrenOf(parse({ path: CONTRACTS, text: read(CONTRACTS) }), 'body').flatMap((node) => {
    const declaration = childOf(node, 'declaration');
    return declaration === undefined ? [] : [declaration, ...childrenOf(declaration, 'declarations')];
  });
  return new Set(declarations.flatMap((node: SyntaxNode) => childOf(node, 'id')?.name ?? []).map(String));
}

const contracts = contractNames();

function subject(short: string, code: string, dependencies: readonly string[] = [], file = 'bad.ts'): Subject {
  return {
    short,
    manifest: {
      name: `@tidegate/${short}`,
      version: '0.1.0',
      dependencies: Object.fromEntries(dependencies.map((name) => [name, '0.1.0'])),
    },
    sources: [{ path: `packages/${short}/src/${file}`, text: code }],
  };
}

describe('import rule', () => {
  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s imports only what the architecture allows', (short, pkg) => {
    expect(importFaults({ short, manifest: pkg.manifest, sources: sourcesOf(pkg) }, contracts)).toEqual([]);
  });

  it('has a line for every package and no other', () => {
    expect(Object.keys(ALLOWED).sort()).toEqual(
      packages()
        .map((pkg) => pkg.short)
        .sort(),
    );
  });

  it('knows the names of the contracts', () => {
    expect([...contracts]).toEqual(expect.arrayContaining(['Source', 'Sink']));
  });

  it('lets bench/ and test/ import every package', () => {
    const all = packages().map((pkg) => pkg.manifest.name);
    expect(Object.keys(readManifest('test').dependencies ?? {}).sort()).toEqual(all.sort());
  });

  it.each([
    ['a static import', `import { x } from '@tidegate/maintainer';`],
    ['an import of a type', `import type { X } from '@tidegate/maintainer';`],
    ['an import for its effects', `import '@tidegate/maintainer';`],
    ['an import of a subpath', `import { x } from '@tidegate/maintainer/worker';`],
    ['a re-export of names', `export { x } from '@tidegate/maintainer';`],
    ['a re-export of everything', `export * from '@tidegate/maintainer';`],
    ['a dynamic import', `export const x = await import('@tidegate/maintainer');`],
    ['a dynamic import by template', 'export const x = await import(`@tidegate/maintainer`);'],
    ['an import inside a type', `export type X = import('@tidegate/maintainer').X;`],
    ['an import by assignment', `import x = require('@tidegate/maintainer');`],
    ['a require', `export const x = require('@tidegate/maintainer');`],
    ['a resolution', `export const x = import.meta.resolve('@tidegate/maintainer');`],
  ])('refuses %s of another actor', (_form, code) => {
    expect(importFaults(subject('coordinator', code, ['@tidegate/maintainer']), contracts)).toEqual([
      expect.stringMatching(/^packages\/coordinator\/src\/bad\.ts:1: coordinator may not import @tidegate\/maintainer/),
    ]);
  });

  it('refuses it in a test too', () => {
    const faults = importFaults(subject('ring', `import '@tidegate/runtime';`, [], 'lane.test.ts'), contracts);
    expect(faults.join('\n')).toMatch(/ring may not import @tidegate\/runtime \(it may import: nothing of ours\)/);
  });

  it('refuses a module name that is computed', () => {
    const faults = importFaults(subject('ring', 'export const x = (name: string) => import(name);'), contracts);
    expect(faults).toEqual([expect.stringMatching(/name is computed/)]);
  });

  it('refuses a path that leads out of the package', () => {
    const away = `import '../../runtime/src/index.js';`;
    expect(importFaults(subject('ring', away), contracts)).toEqual([expect.stringMatching(/leads out of the package's src/)]);
    expect(importFaults(subject('ring', away, [], 'a.test.ts'), contracts)).toEqual([
      expect.stringMatching(/out of the package$/),
    ]);
    const fixture = `import '../test/fixture.js';`;
    expect(importFaults(subject('ring', fixture), contracts)).toHaveLength(1);
    expect(importFaults(subject('ring', fixture, [], 'a.test.ts'), contracts)).toEqual([]);
  });

  it('lets a test import its own package by name, and no other file', () => {
    const own = `import { x } from '@tidegate/ring';`;
    expect(importFaults(subject('ring', own, [], 'a.test.ts'), contracts)).toEqual([]);
    expect(importFaults(subject('ring', own), contracts)).not.toEqual([]);
  });

  it('refuses what package.json does not declare, save the test tools in a test', () => {
    expect(importFaults(subject('ring', `import 'piscina';`), contracts)).toEqual([expect.stringMatching(/does not declare/)]);
    expect(importFaults(subject('ring', `import 'vitest';`), contracts)).toEqual([expect.stringMatching(/does not declare/)]);
    expect(importFaults(subject('ring', `import 'vitest';`, [], 'a.test.ts'), contracts)).toEqual([]);
  });

  it('refuses a declared dependency that only a test or nothing imports', () => {
    const faults = importFaults(subject('runtime', `import '@tidegate/ring';`, ['@tidegate/ring'], 'a.test.ts'), contracts);
    expect(faults).toEqual([expect.stringMatching(/declares @tidegate\/ring, which no source imports/)]);
  });

  it('lets a source know the contracts of the dispatcher and nothing more of it', () => {
    const deps = ['@tidegate/dispatcher'];
    expect(importFaults(subject('storage', `import type { Sink } from '@tidegate/dispatcher';`, deps), contracts)).toEqual([]);
    for (const code of [
      `import { DispatcherGroup } from '@tidegate/dispatcher';`,
      `import * as everything from '@tidegate/dispatcher';`,
      `export * from '@tidegate/dispatcher';`,
    ]) {
      expect(importFaults(subject('storage', code, deps), contracts)).toEqual([
        expect.stringMatching(/not part of its contracts/),
      ]);
    }
  });

  it('refuses a package without a rule', () => {
    expect(importFaults(subject('stranger', ''), contracts)).toEqual([expect.stringMatching(/no rule says/)]);
  });

  it('does not pass over a file that does not parse', () => {
    expect(() => importFaults(subject('ring', 'import {'), contracts)).toThrow(/bad\.ts does not parse/);
  });
});
