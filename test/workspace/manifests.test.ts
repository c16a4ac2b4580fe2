import { describe, expect, it } from 'vitest';
import { publicationFaults, ranges, versionFaults } from './manifests.js';
import { type Manifest, packages, read, readManifest } from './repository.js';

const ROOT = readManifest('');
const ENGINE = '>=20.19';

const good: Manifest = {
  name: '@tidegate/sample',
  version: '0.1.0',
  type: 'module',
  license: 'Apache-2.0',
  engines: { node: ENGINE },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  files: ['dist', '!dist/.tsbuildinfo', 'src', '!src/**/*.test.ts', 'README.md', 'LICENSE'],
  scripts: { build: 'tsc -b', test: 'vitest run', lint: 'biome check .', check: 'node check.mjs' },
};

describe('manifests', () => {
  const all = [ROOT, readManifest('bench'), readManifest('test'), ...packages().map((pkg) => pkg.manifest)];

  it.each(all.map((manifest) => [manifest.name, manifest] as const))('%s asks for exact versions', (_name, manifest) => {
    expect(versionFaults(manifest, ROOT.version)).toEqual([]);
  });

  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s can be published', (short, pkg) => {
    expect(publicationFaults(pkg.manifest, short, ENGINE)).toEqual([]);
  });

  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s carries the licence of the repository', (_short, pkg) => {
    expect(read(`${pkg.folder}/LICENSE`)).toBe(read('LICENSE'));
  });

  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s references the projects that it depends on', (_short, pkg) => {
    const config = JSON.parse(read(`${pkg.folder}/tsconfig.json`)) as {
      readonly references?: readonly { readonly path: string }[];
    };
    const referenced = (config.references ?? []).map((reference) => reference.path.replace(/^\.\.\//, '@tidegate/'));
    const depended = ranges(pkg.manifest).map(([name]) => name);
    expect([...referenced].sort()).toEqual(depended.filter((name) => name.startsWith('@tidegate/')).sort());
  });

  it('the root asks for the same Node as every package', () => {
    expect(ROOT.engines?.node).toBe(ENGINE);
  });

  it('the lock file names no registry', () => {
    const addresses = read('package-lock.json').match(/"resolved": "[a-z+]+:[^"]*"/g);
    expect(addresses).toBeNull();
  });
});

describe('the checks of manifests can fail', () => {
  it('passes a good one', () => {
    expect([...publicationFaults(good, 'sample', ENGINE), ...versionFaults(good, '0.1.0')]).toEqual([]);
  });

  it.each(['^1.0.0', '~1.0.0', '>=1', '*', 'latest', '1.x', 'workspace:*', 'file:../x'])('refuses the version %s', (range) => {
    expect(versionFaults({ ...good, devDependencies: { other: range } }, '0.1.0')).toHaveLength(1);
  });

  it('refuses a package of ours at another version', () => {
    expect(versionFaults({ ...good, dependencies: { '@tidegate/ring': '0.0.9' } }, '0.1.0')).toHaveLength(1);
  });

  it.each<readonly [string, Partial<Manifest>]>([
    ['another name', { name: '@tidegate/other' }],
    ['CommonJS', { type: 'commonjs' }],
    ['another licence', { license: 'MIT' }],
    ['another Node', { engines: { node: '>=22' } }],
    ['no LICENSE in files', { files: (good.files ?? []).filter((file) => file !== 'LICENSE') }],
    ['a task missing', { scripts: { build: 'tsc -b', test: 'vitest run', lint: 'biome check .' } }],
    ['a script that calls turbo', { scripts: { ...good.scripts, test: 'turbo run test' } }],
    ['no entry for package.json', { exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } }],
    ['an entry without types', { exports: { ...good.exports, './worker': './dist/worker.js' } }],
    ['types last', { exports: { ...good.exports, '.': { default: './dist/index.js', types: './dist/index.d.ts' } } }],
    ['types of other code', { exports: { ...good.exports, '.': { types: './dist/x.d.ts', default: './dist/index.js' } } }],
  ])('refuses %s', (_what, change) => {
    expect(publicationFaults({ ...good, ...change }, 'sample', ENGINE)).toHaveLength(1);
  });
});
