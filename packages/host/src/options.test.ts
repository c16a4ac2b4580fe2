import { describe, expect, test } from 'vitest';
import { checkOptions, type HostOptions } from './options.js';

const good: HostOptions = {
  source: { module: 'file:///source.js' },
  sink: { module: new URL('file:///sink.js'), options: { a: 1 } },
};

test('defaults are filled in', () => {
  expect(checkOptions(good)).toMatchObject({
    source: { module: 'file:///source.js', options: undefined },
    sink: { module: 'file:///sink.js', options: { a: 1 } },
    startTs: 0n,
    epoch: 1,
    name: 'host-0',
    control: 'shared',
    laneBytes: 4 << 20,
    statusLaneBytes: 1 << 20,
    heldBytes: 64 << 20,
  });
  expect(checkOptions(good).workers).toBeGreaterThanOrEqual(1);
});

describe('a bad option is refused by name, with what it is and what it must be', () => {
  const cases: [string, unknown, RegExp][] = [
    ['workers', 0, /'workers' is 0; .* from 1 to 256/],
    ['workers', 1.5, /'workers' is 1.5/],
    ['startTs', 5, /'startTs' is 5; .*bigint/],
    ['startTs', -1n, /'startTs' is -1n/],
    ['startTs', 2n ** 64n, /2\^64/],
    ['epoch', 0, /'epoch' is 0/],
    ['name', '', /'name' is ""/],
    ['control', 'other', /'shared' or 'separate'/],
    ['laneBytes', 100_000, /'laneBytes' is 100000; .*power of two/],
    ['laneBytes', 1024, /from 65536/],
    ['statusLaneBytes', 3 << 20, /power of two/],
    ['heldBytes', 10, /'heldBytes' is 10/],
    ['workerHeapMb', 1, /'workerHeapMb' is 1/],
    ['startDeadline', 0, /'startDeadline' is 0/],
    ['source', undefined, /'source' is undefined/],
    ['sink', { module: './relative.js' }, /'sink\.module' is "\.\/relative\.js"; .*URL/],
    ['redo', { module: 'redo' }, /'redo\.module' is "redo"; .*URL/],
    ['restarts', -1, /'restarts' is -1/],
    ['drill', 5, /'drill' is 5; .*stall/],
    ['drill', { stall: 4e6 }, /'drill\.stall' is 4000000; .* to 3600000/],
    ['dispatcher', [], /'dispatcher' is \[\]/],
    ['wrokers', 2, /'wrokers' is not known; known are source, sink, redo, workers/],
  ];
  test.each(cases)('%s: %o', (name, value, message) => {
    const options = { ...good, [name]: value } as HostOptions;
    expect(() => checkOptions(options)).toThrow(message);
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ code: 'HOST_OPTION' }));
  });
});
