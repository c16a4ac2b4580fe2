import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runStorm, type StormSample } from '@tidegate/cli';
import { describe, expect, it } from 'vitest';
import { COMMAND, tidegate } from './command.js';

const DISPATCHERS = 400;
/** The table trigger is one more. */
const PARTICIPANTS = DISPATCHERS + 1;
const SHORT = { dispatchers: DISPATCHERS, workers: 2, rest: 200, lookInterval: 50 };

describe('a storm over real threads', { timeout: 60_000 }, () => {
  it('of a stalled maintainer: every status is accounted for, queues stay within their bounds, and all go on', async () => {
    const looks: StormSample[] = [];
    const report = await runStorm({ ...SHORT, hold: 2_000, resend: 100, onSample: (look) => looks.push(look) });
    const { counts, most, times } = report;
    expect(report).toMatchObject({ outcome: 'completed', faults: [], needed: 2 * PARTICIPANTS });
    expect(times.held).toBeGreaterThanOrEqual(2_000);
    expect(times.completion).toBeGreaterThan(0);

    // What was offered was suppressed somewhere or sent; what was sent was received; what was received, suppressed or handled.
    const { worker, pending, queue, outstanding, maintainer } = counts.suppressed;
    expect(counts.offered).toBe(worker + pending + queue + outstanding + counts.sent - counts.resent);
    expect(counts).toMatchObject({ refused: 0, received: counts.sent, handled: counts.received - maintainer });
    // Everybody repeats ten times a second; the maintainer hears a small part of it.
    expect(counts.offered).toBeGreaterThan(6 * PARTICIPANTS);
    expect(report.offeredToReceived).toBeGreaterThan(2);

    expect(most.outstanding).toBe(PARTICIPANTS);
    expect(most.pending).toBeLessThanOrEqual(most.pendingBound);
    expect(most.queue).toBeLessThanOrEqual(most.queueBound);
    const held = looks.filter(({ phase }) => phase === 'held');
    expect(held.length).toBeGreaterThan(5);
    expect(held.every(({ drill }) => drill?.phase !== 'over')).toBe(true);
    expect(held.at(-1)?.counts.handled).toBe(0);
    expect(report.threads.map(({ name }) => name)).toEqual(['source', 'worker-0', 'worker-1', 'control']);
  });

  it('of a slow table: the others are acknowledged and keep silent', async () => {
    const report = await runStorm({ ...SHORT, hold: 1_500, resend: 100, cause: 'slow-table' });
    expect(report).toMatchObject({ outcome: 'completed', faults: [] });
    expect(report.times.held).toBeGreaterThan(1_000);
    // Unanswered it would be some fifteen repetitions of each.
    expect(report.counts.offered).toBeLessThan(6 * PARTICIPANTS);
  });

  it('that is ended early says so', async () => {
    const ending = new AbortController();
    const onSample = ({ phase, counts }: StormSample): void => {
      if (phase === 'held' && counts.offered > PARTICIPANTS) ending.abort();
    };
    const report = await runStorm({ ...SHORT, hold: 600_000, resend: 100, signal: ending.signal, onSample });
    expect(report).toMatchObject({ outcome: 'stopped', faults: [] });
    expect(report.counts.offered).toBeGreaterThan(PARTICIPANTS);
  });

  it.each([
    [{ dispatchers: 0 }, /'dispatchers' .* is 0; .* from 1 to 10000000/],
    [{ hold: 1.5 }, /'hold' .* is 1.5/],
    [{ cause: 'none' as never }, /'cause' .* is none; .* stalled-maintainer or slow-table/],
  ])('refuses %o', async (wrong, message) => {
    const refused = runStorm({ ...SHORT, hold: 1, ...wrong });
    await expect(refused).rejects.toMatchObject({ code: 'CLI_STORM_OPTION', message: expect.stringMatching(message) });
  });
});

describe('the storm command, as it is installed', { timeout: 60_000 }, () => {
  it('tells a program every phase, and the figures last', async () => {
    const { code, stdout, stderr } = await tidegate('storm -n 200 --hold 1 --resend 200ms -w 1 --json'.split(' '));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const phases = new Set(lines.map(({ phase }) => phase).filter((phase) => phase !== undefined));
    expect([...phases].slice(0, 3)).toEqual(['starting', 'resting', 'held']);
    expect(lines.at(-1)).toMatchObject({ event: 'summary', outcome: 'completed', needed: 402, faults: [] });
  });

  it('ends on Ctrl-C, with the figures so far and its exit code', async () => {
    const child = spawn(process.execPath, [COMMAND, 'storm', '-n', '200', '--hold', '10m', '-w', '1', '--json']);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!stdout.includes('"phase":"held"') && (stdout + text).includes('"phase":"held"')) child.kill('SIGINT');
      stdout += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(130);
    expect(stdout).toMatch(/"event":"stopping","signal":"SIGINT"/);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/"event":"summary","outcome":"stopped"/);
  });
});
