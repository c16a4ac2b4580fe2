import { startThreads } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';

/** Two threads: one is there at once and then meets its fate, the other takes `slow` milliseconds to come up. */
function start(fate: string, slow: number, options?: unknown): Promise<unknown> {
  const module = (body: string): string =>
    `data:text/javascript,${encodeURIComponent(`export const createActor = async (context, options) => { ${body}; return { receive() {} }; };`)}`;
  return startThreads({
    threads: [
      { name: 'first', actors: [{ address: 'a', module: module(fate), options }] },
      {
        name: 'slow',
        actors: [{ address: 'b', module: module(`await new Promise((resolve) => setTimeout(resolve, ${slow}))`) }],
      },
    ],
    links: [],
  });
}

/** Far longer than any start takes: who waits for it fails the test by its time. */
const FOREVER = 600_000;

describe('a start that fails', { timeout: 120_000 }, () => {
  // An error that nobody can listen to would be thrown as uncaught, and end the process of whoever starts a system.
  it.each([
    ['throws outside of every turn', 'setTimeout(() => { throw new Error("too early") })', /first .*uncaught-error.*too early/],
    ['leaves', 'setTimeout(() => process.exit(3))', /first .*exit code 3/],
    ['declares its failure', 'setTimeout(() => context.fail(new Error("not for me")))', /actor a on thread first .*not for me/],
  ])('names the thread that %s while another comes up', async (_, fate, message) => {
    await expect(start(fate, FOREVER)).rejects.toMatchObject({
      code: 'RUNTIME_START',
      where: 'thread first',
      message: expect.stringMatching(message),
    });
  });

  it('names options that cannot be handed over', async () => {
    await expect(start('', 0, { callback: () => {} })).rejects.toMatchObject({
      code: 'RUNTIME_START',
      message: expect.stringMatching(/thread first .*options .*could not be cloned/),
    });
  });

  it('passes on codes and causes', async () => {
    const cause = 'Object.assign(new Error("no such file"), { code: "ENOENT" })';
    const error = await start(`throw new Error("no table", { cause: ${cause} })`, 0).catch((reason: unknown) => reason);
    const causes: { message: string; code?: string }[] = [];
    for (let at = error; at instanceof Error; at = at.cause) causes.push(at as Error & { code?: string });
    expect(causes.map(({ message }) => message).slice(-2)).toEqual(['no table', 'no such file']);
    expect(causes.at(-1)?.code).toBe('ENOENT');
  });
});
