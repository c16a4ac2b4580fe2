import { describe, expect, it } from 'vitest';
import { allTitles, cites, isTitleOf, titlesOf } from './conformance.js';
import { AWAITING } from './conformanceAwaiting.js';
import { SECTIONS } from './conformanceCases.js';

const titles = allTitles();
const names = SECTIONS.flatMap(({ cases }) => Object.keys(cases));

describe('every case of the conformance document has a test of its name', () => {
  const rows = SECTIONS.map(({ section, about, cases }) => ({ section, about, cases }));
  it.each(rows)('section $section: $about', ({ cases }) => {
    const faults = Object.entries(cases).flatMap(([name, rules]) => {
      const own = titles.filter((title) => isTitleOf(name, title));
      const awaited = AWAITING.includes(name);
      if (awaited) return own.length === 0 ? [] : [`${name} is awaited, but ${own[0]?.path} has it: take it off the list`];
      if (own.length === 0) return [`no test begins with ${name}`];
      return own.some((title) => cites(rules, title)) ? [] : [`${name} in ${own[0]?.path} cites none of ${rules}`];
    });
    expect(faults).toEqual([]);
  });

  it('names each case once, and awaits no other', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(AWAITING.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(AWAITING).size).toBe(AWAITING.length);
  });
});

describe('titles of tests', () => {
  const text = `
    describe('buffer (L-1)', () => {
      it('Case, Second: what (L-2)', () => {});
      it.skip('Skipped', () => {});
      it.each([['TableOne', 1], ['TableTwo', 2]])('%s is so', () => {});
      const loop = [['LoopOne'], ['LoopTwo']];
      for (const [name] of loop) test(\`\${name} (Q-1)\`, () => {});
    });
    test.todo('Later');
  `;
  const found = titlesOf({ path: 'x.test.ts', text });

  it('come from groups, tests, tables and loops, and not from what is skipped', () => {
    expect(found.map(({ own }) => own)).toEqual([
      'buffer (L-1)',
      'Case, Second: what (L-2)',
      'TableOne is so',
      'TableTwo is so',
      'LoopOne (Q-1)',
      'LoopTwo (Q-1)',
    ]);
    expect(found.map(({ groups }) => groups)).toEqual([[], ...Array.from({ length: 5 }, () => ['buffer (L-1)'])]);
  });

  it('belong to a case by whole words, and cite rules by whole numbers', () => {
    const [, title] = found;
    if (title === undefined) throw new Error('no title');
    expect([isTitleOf('Case', title), isTitleOf('Cas', title), isTitleOf('buffer/Case', title)]).toEqual([true, false, true]);
    expect([isTitleOf('other/Case', title), isTitleOf('Second', title)]).toEqual([false, true]);
    expect([cites('L-2', title), cites('L-1', title), cites('L-22 D-1', title)]).toEqual([true, true, false]);
    expect(cites('L-1', { path: '', own: 'x (L-10)', groups: [] })).toBe(false);
  });
});
