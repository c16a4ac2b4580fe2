import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './repository.js';

/** Calls a function of one of the scripts' modules in a Node of its own and returns its result. */
function call(module: string, name: string, ...args: readonly unknown[]): unknown {
  const program = `import { ${name} } from './scripts/lib/${module}.mjs';
    console.log(JSON.stringify(${name}(...${JSON.stringify(args)}) ?? null));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' }));
}

/** Writes a report where no commit finds it, and returns the path. */
function written(report: unknown): string {
  const path = join(root, 'test/.tidegate/report.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(report));
  return path;
}

describe('contents of a tarball', () => {
  const manifest = { exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } };
  const good = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.js.map', 'dist/index.d.ts', 'src/index.ts'];

  it('passes a good one', () => {
    expect(call('tarball', 'strangeContents', good, manifest)).toEqual([]);
  });

  it.each(['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'])('misses %s', (path) => {
    const files = good.filter((one) => one !== path);
    expect(call('tarball', 'strangeContents', files, manifest)).toEqual(expect.arrayContaining([`the tarball lacks ${path}`]));
  });

  it('misses an entry point and a command', () => {
    const more = { exports: { ...manifest.exports, './worker': { default: './dist/worker.js' } }, bin: { x: './dist/main.js' } };
    expect(call('tarball', 'strangeContents', good, more)).toEqual([
      'the tarball lacks dist/worker.js',
      'the tarball lacks dist/main.js',
    ]);
  });

  it.each(['src/index.test.ts', 'dist/.tsbuildinfo', 'tsconfig.json', 'out/x.csv', '.env'])('refuses %s', (path) => {
    expect(call('tarball', 'strangeContents', [...good, path], manifest)).toEqual([expect.stringContaining('has no business')]);
  });

  it('refuses compiled code without a source', () => {
    expect(call('tarball', 'strangeContents', [...good, 'dist/gone.js'], manifest)).toEqual([
      expect.stringContaining('no source'),
    ]);
  });
});

describe('closing line', () => {
  it('sums counts, and names skipped tests only if there are any', () => {
    const counts = [
      { passed: 3, failed: 0, skipped: 0 },
      { passed: 4, failed: 1, skipped: 2 },
    ];
    expect(call('testCounts', 'sum', counts)).toEqual({ passed: 7, failed: 1, skipped: 2 });
    expect(call('testCounts', 'closingLine', { passed: 7, failed: 1, skipped: 2 })).toBe('7 passed, 1 failed, 2 skipped');
    expect(call('testCounts', 'closingLine', { passed: 7, failed: 0, skipped: 0 })).toBe('7 passed, 0 failed');
  });

  it('counts a file that fails before its tests run, and names what failed', () => {
    const file = (status: string, tests: readonly string[]) => ({
      ...{ status, name: join(root, 'packages/x/src/y.test.ts'), message: 'no such module' },
      assertionResults: tests.map((one) => ({ status: one, fullName: 'adds up', failureMessages: [`is 4\nnot 5`] })),
    });
    const report = {
      ...{ numPassedTests: 1, numFailedTests: 1, numPendingTests: 0, numTodoTests: 1 },
      testResults: [file('failed', []), file('failed', ['failed']), file('passed', ['passed'])],
    };
    expect(call('testCounts', 'readCounts', written(report))).toEqual({
      ...{ passed: 1, failed: 2, skipped: 1 },
      failures: ['packages/x/src/y.test.ts: no such module', 'packages/x/src/y.test.ts > adds up: is 4\n    not 5'],
    });
  });

  it('counts a command that failed without a count', () => {
    expect(call('testCounts', 'readTotal', 'no/such/file.json', 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(call('testCounts', 'readTotal', 'no/such/file.json', 0)).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  it('has a reason where no test ran, or where there is no report', () => {
    const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 3, numTodoTests: 0, testResults: [] };
    expect(call('testCounts', 'readCounts', written(none))).toEqual({ problem: 'has no test that ran' });
    expect(call('testCounts', 'readCounts', 'no/such/file.json')).toMatchObject({ missing: true });
  });
});
