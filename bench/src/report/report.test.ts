import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MeasurementResult } from '../harness/measure.js';
import { summarize } from '../harness/statistics.js';
import { plotsOf } from '../plots/plotsOf.js';
import { markdownOf, markdownTable } from './markdown.js';
import { nodesTable } from './nodesTable.js';
import type { Report } from './report.js';
import { targetsTable, targetsTitle } from './targets.js';
import { readReport, writeReport } from './write.js';

const time = (seconds: number) => ({ time: { ...summarize([seconds, seconds * 2, seconds * 3]), unit: 'seconds' as const } });

const barrier: MeasurementResult = {
  name: 'barrier',
  title: 'from the first WAITING to completion',
  unit: 'barriers',
  plot: {
    title: 'Barrier & dispatchers',
    x: { label: 'dispatchers', scale: 'log' },
    y: { label: 'time', scale: 'log' },
    of: 'time',
    references: [{ name: 'parent', origin: 'measured elsewhere', points: [[1e5, 1]] }],
  },
  cases: [
    { name: 'All, 100 k', figures: time(0.02), point: { line: 'All', x: 1e5 } },
    { name: 'All, 10 k', figures: time(0.002), point: { line: 'All', x: 1e4 }, counts: { sent: 3 } },
    { name: 'no point', figures: time(1) },
  ],
};

const storm: MeasurementResult = {
  name: 'storm',
  title: 't',
  unit: 'statuses',
  cases: [
    {
      name: 'held 10 s',
      rate: summarize([5]),
      timeline: {
        seconds: [0, 1, 2],
        lines: [
          { name: 'offered', unit: 'count', values: [0, 10, 20] },
          { name: 'resident', unit: 'bytes', values: [1e6, 1e6, 1e6] },
        ],
      },
    },
  ],
};

const report: Report = {
  machine: {
    date: '2026-01-02T03:04:05.000Z',
    command: 'npm run bench -- --quick',
    node: 'v20.20.2',
    v8: '11.3',
    platform: 'linux x64',
    cores: 2,
    cpu: 'a <fast> one',
    memoryGiB: 24,
    load: 0.5,
    commit: 'abcdef',
  },
  results: [barrier, storm],
};

/** Points of the polylines, and what is written, in the order of the picture. */
function partsOf(svg: string) {
  return {
    paths: [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) => match[1]!.split(' ')),
    texts: [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!),
  };
}

describe('plots', () => {
  it('draw a line through the points of each name from left to right, and references marked as what they are', () => {
    const [plot] = plotsOf(report);
    expect(plot).toMatchObject({ measurement: 'barrier', file: 'barrier.svg' });
    const { paths, texts } = partsOf(plot?.svg ?? '');
    expect(paths.map((path) => path.length)).toEqual([2, 1]);
    const [[left, right]] = paths as [[string, string]];
    expect(Number.parseFloat(left)).toBeLessThan(Number.parseFloat(right));
    expect(texts).toEqual(
      expect.arrayContaining(['Barrier &amp; dispatchers', 'dispatchers', 'time', 'All', 'parent (measured elsewhere)']),
    );
    expect(texts).toEqual(expect.arrayContaining(['10 k', '100 k', '10 ms', '1 s']));
    expect(plot?.svg).toContain('a &lt;fast&gt; one');
  });

  it('draw a panel for each unit of a timeline', () => {
    const plot = plotsOf(report).find(({ measurement }) => measurement === 'storm');
    expect(plot?.file).toBe('storm-held-10-s.svg');
    const { paths, texts } = partsOf(plot?.svg ?? '');
    expect(paths.map((path) => path.length)).toEqual([3, 3]);
    expect(texts).toEqual(expect.arrayContaining(['offered', 'resident', 'memory']));
  });

  it('keep every point inside the picture, and the legend below the plot without running out of it', () => {
    const names = Array.from({ length: 9 }, (_, i) => `a rather long name of a line that needs room, number ${i}`);
    const many: MeasurementResult = {
      ...barrier,
      cases: names.map((name, i) => ({ name, figures: time(10 ** -i), point: { line: name, x: 10 ** i } })),
    };
    const svg = plotsOf({ ...report, results: [many] })[0]?.svg ?? '';
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    for (const [, x, y, text] of svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*text-anchor="start"[^>]*>([^<]*)</g)) {
      expect(Number(x) + (text ?? '').length * 6).toBeLessThanOrEqual(width);
      expect(Number(y)).toBeLessThanOrEqual(height);
    }
    const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)];
    expect(circles.length).toBe(names.length + 1);
    for (const [, x, y] of circles) {
      expect(Number(x)).toBeLessThanOrEqual(width);
      expect(Number(y)).toBeLessThanOrEqual(height);
    }
  });
});

describe('Markdown', () => {
  it('names machine, command and commit, and has each measurement with its tables and plots', () => {
    const text = markdownOf(report, plotsOf(report));
    expect(text).toContain('`npm run bench -- --quick`');
    expect(text).toContain('| machine | 2 cores (a <fast> one), 24 GiB, linux x64 |');
    expect(text).toContain('| commit | abcdef |');
    expect(text).toContain('| All, 100 k | 40.0 ms (20.0 ms … 60.0 ms) |');
    expect(text).toContain('- All, 10 k: sent 3');
    expect(text).toContain('![Barrier & dispatchers](barrier.svg)');
    expect(text).toContain('![storm: held 10 s](storm-held-10-s.svg)');
  });

  it('escapes what would end a cell', () => {
    expect(
      markdownTable([
        ['a', 'b'],
        ['x|y', '1'],
      ]),
    ).toEqual(['| a | b |', '| --- | ---: |', '| x\\|y | 1 |']);
  });
});

describe('targets', () => {
  it('are compared with what was reached, and left out where nothing was measured', () => {
    const rows = targetsTable(report, [
      { what: 'slow', measurement: 'barrier', of: 'All, 100 k', figure: 'time', atMost: 0.02 },
      { what: 'fast', measurement: 'storm', of: 'held 10 s', figure: 'rate', atLeast: 4 },
      { what: 'absent', measurement: 'lane', of: 'lane', figure: 'rate', atLeast: 4 },
    ]);
    expect(rows.slice(1)).toEqual([
      ['slow', '≤ 20.0 ms', '40.0 ms', '2.00×', 'missed'],
      ['fast', '≥ 4.00/s', '5.00/s', '1.25×', 'reached'],
    ]);
  });
});

describe('the title of the targets', () => {
  it('says of a quick run that it judges nothing', () => {
    const by = (command: string) => targetsTitle({ ...report, machine: { ...report.machine, command } });
    expect(by('npm run bench -- --quick')).toContain('too short');
    expect(by('npm run bench -- --only lane')).toBe('targets');
  });
});

describe('versions of Node', () => {
  it('stand side by side, each with the median of its rounds', () => {
    const on = (node: string, seconds: readonly number[]) => ({
      reports: seconds.map((one): Report => {
        const cases = [{ name: 'a', figures: time(one) }];
        return { machine: { ...report.machine, node }, results: [{ ...barrier, cases }, storm] };
      }),
    });
    expect(nodesTable([on('v20', [1, 3, 2]), on('v24', [1, 1, 4])])).toEqual([
      ['case', 'Node v20', 'Node v24', 'last / first'],
      ['barrier: a, time', '4.00 s', '2.00 s', '0.50×'],
      ['storm: held 10 s', '5.00/s', '5.00/s', '1.00×'],
    ]);
  });
});

describe('a folder of results', () => {
  it('has results, tables and plots, and the same is made again from its results', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-report-'));
    try {
      writeReport(join(folder, 'a'), report);
      expect(readdirSync(join(folder, 'a')).sort()).toEqual(['barrier.svg', 'report.md', 'result.json', 'storm-held-10-s.svg']);
      writeReport(join(folder, 'b'), readReport(join(folder, 'a', 'result.json')));
      for (const file of readdirSync(join(folder, 'a'))) {
        expect(readFileSync(join(folder, 'b', file), 'utf8')).toBe(readFileSync(join(folder, 'a', file), 'utf8'));
      }
      writeFileSync(join(folder, 'other.json'), '{}');
      expect(() => readReport(join(folder, 'other.json'))).toThrow('holds no results');
      expect(() => readReport(join(folder, 'none.json'))).toThrow('cannot read');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
