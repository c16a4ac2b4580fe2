import { describe, expect, it } from 'vitest';
import { impurities, isPureFile, PURE_PACKAGES } from './purity.js';
import { packages, type SourceFile, sourcesOf } from './repository.js';

function file(text: string, name = 'actor.ts'): SourceFile {
  return { path: `packages/maintainer/src/${name}`, text };
}

describe('purity of the actors', () => {
  it.each(PURE_PACKAGES)('%s touches no clock, timer, chance, thread or I/O', (short) => {
    const pkg = packages().find((one) => one.short === short);
    const pure = pkg === undefined ? [] : sourcesOf(pkg).filter((source) => isPureFile(source.path));
    expect(pure.length).toBeGreaterThan(2);
    expect(pure.flatMap(impurities)).toEqual([]);
  });

  it.each([
    ['Date.now', 'export const t = () => Date.now();'],
    ['Date.now', `export const t = () => Date['now']();`],
    ['Date.now', 'const { now } = Date; export const t = () => now();'],
    ['the clock by Date()', 'export const t = () => new Date();'],
    ['the clock by Date()', 'export const t = () => Date();'],
    ['performance', 'export const t = () => performance.now();'],
    ['Math.random', 'export const t = () => Math.random();'],
    ['setTimeout', 'export const t = (f: () => void) => { setTimeout(f, 1); };'],
    ['setInterval', 'export const t = { every: setInterval };'],
    ['setImmediate', 'export const t = (f: () => void) => setImmediate(f);'],
    ['queueMicrotask', 'export const t = (f: () => void) => queueMicrotask(f);'],
    ['console', `export const t = () => console.log('x');`],
    ['process', 'export const t = () => process.exitCode;'],
    ['process', 'export const t = { process };'],
    ['globalThis', `export const t = () => globalThis['set' + 'Timeout'];`],
    ['crypto', 'export const t = (crypto as { id(): string }).id();'],
    ['Worker', `export const t = () => new Worker('./x.js');`],
    ['Atomics.wait', 'export const t = (a: Int32Array) => Atomics.wait(a, 0, 0);'],
  ])('finds %s in: %s', (what, code) => {
    expect(impurities(file(code)).join('\n')).toContain(`packages/maintainer/src/actor.ts:1: touches ${what}`);
  });

  it.each([
    ['a built-in module', `import { readFileSync } from 'node:fs';`, /imports node:fs/],
    ['a built-in module without its prefix', `import { readFileSync } from 'fs';`, /imports fs/],
    ['a built-in module on demand', `export const t = () => import('node:os');`, /imports node:os/],
    ['a module whose name is computed', 'export const t = (name: string) => import(name);', /name is computed/],
    ['more than types from a binding', `import { start } from './worker.js';`, /imports more than types from \.\/worker\.js/],
  ])('finds an import of %s', (_what, code, message) => {
    expect(impurities(file(code))).toEqual([expect.stringMatching(message)]);
  });

  it('lets names be that only look impure', () => {
    const code = `
      import type { Driver } from './sinkDriver.js';
      export interface Clock { now(): number; setTimeout: Driver; process(): void }
      export class Actor {
        #clock: Clock;
        constructor(clock: Clock) { this.#clock = clock; }
        process(): number { return this.#clock.now() + new Date(0).getTime() + Math.max(1, 2); }
      }
    `;
    expect(impurities(file(code))).toEqual([]);
  });

  it('lets the entry re-export a binding', () => {
    expect(impurities(file(`export { start } from './worker.js';`, 'index.ts'))).toEqual([]);
  });

  it('covers sources of the actors, not their tests and bindings, nor other packages', () => {
    expect(isPureFile('packages/dispatcher/src/group/table.ts')).toBe(true);
    expect(isPureFile('packages/dispatcher/src/group/table.test.ts')).toBe(false);
    expect(isPureFile('packages/dispatcher/src/worker.ts')).toBe(false);
    expect(isPureFile('packages/dispatcher/src/sinkDriver.ts')).toBe(false);
    expect(isPureFile('packages/host/src/index.ts')).toBe(false);
  });
});
