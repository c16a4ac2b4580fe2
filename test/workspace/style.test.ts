import { describe, expect, it } from 'vitest';
import { packages, read, repositoryFiles, type SourceFile, sourcesOf } from './repository.js';
import { styleFaults } from './style.js';

function file(text: string, path = 'packages/ring/src/lane.ts'): SourceFile {
  return { path, text };
}

describe('style', () => {
  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s keeps to the style', (_short, pkg) => {
    expect(sourcesOf(pkg).flatMap(styleFaults)).toEqual([]);
  });

  it.each(['test', 'bench'])('%s/ keeps to the style', (folder) => {
    const sources = repositoryFiles().filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.ts'));
    expect(sources.flatMap((path) => styleFaults({ path, text: read(path) }))).toEqual([]);
  });

  it('refuses a file that is too long', () => {
    expect(styleFaults(file('//\n'.repeat(350)))).toEqual([]);
    expect(styleFaults(file('//\n'.repeat(351)))).toEqual([expect.stringMatching(/has 351 lines/)]);
  });

  it('refuses state of a module that can change, and no other', () => {
    expect(styleFaults(file('const a = 1;\nfunction f() { let b = a; b += 1; return b; }\n'))).toEqual([]);
    expect(styleFaults(file('\nlet a = 1;\n'))).toEqual([expect.stringMatching(/lane\.ts:2: state of a module/)]);
    expect(styleFaults(file('export let a = 1;\n'))).toHaveLength(1);
    expect(styleFaults(file('let a = 1;\n', 'packages/ring/src/lane.test.ts'))).toEqual([]);
  });

  it('refuses ! on anything but an element of an array', () => {
    expect(styleFaults(file('const f = (words: Int32Array, at: number) => words[at]! + 1;\n'))).toEqual([]);
    expect(styleFaults(file('const f = (map: Map<string, number>) =>\n  map.get("a")! + 1;\n'))).toEqual([
      expect.stringMatching(/lane\.ts:2: asserts by !/),
    ]);
  });

  it.each(['Lane.ts', 'lane-layout.ts', 'lane_layout.ts', 'lane.spec.ts'])('refuses the name %s', (name) => {
    expect(styleFaults(file('', `packages/ring/src/${name}`))).toHaveLength(1);
  });
});
