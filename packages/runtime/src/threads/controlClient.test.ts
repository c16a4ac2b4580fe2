import { MessageChannel } from 'node:worker_threads';
import { expose } from 'comlink';
import { describe, expect, it } from 'vitest';
import { ControlClient } from './controlClient.js';
import { deadlineIn } from './deadline.js';
import { portEndpoint } from './portEndpoint.js';

function connect(control: object) {
  const { port1, port2 } = new MessageChannel();
  expose(control, portEndpoint(port2));
  return { client: new ControlClient('t', port1), close: () => port2.close() };
}

const never = (): Promise<never> => new Promise(() => {});

describe('control calls', () => {
  it('give the result, or what the call threw', async () => {
    const { client } = connect({
      inspect: () => ({ big: 2n ** 60n }),
      start: () => {
        throw new Error('no');
      },
    });
    expect(await client.call('inspect', 5_000, (remote) => remote.inspect())).toEqual({ big: 2n ** 60n });
    await expect(client.call('start', 5_000, (remote) => remote.start())).rejects.toThrow('no');
    client.close('done');
  });

  it('end at their deadline', async () => {
    const { client } = connect({ inspect: never });
    await expect(client.call('inspect', 20, (remote) => remote.inspect())).rejects.toMatchObject({
      code: 'RUNTIME_CONTROL',
      message: "control call 'inspect' to thread t: no answer within 20 ms",
    });
    client.close('done');
  });

  it('that were answered in time have their answer, however busy the main thread was meanwhile', async () => {
    const { port1, port2 } = new MessageChannel();
    const order: string[] = [];
    port2.on('message', () => order.push('message'));
    // Behind an immediate come the timers, and only then the messages that had arrived long before.
    await new Promise((resolve) => setImmediate(resolve));
    port1.postMessage('here');
    const passed = new Promise<void>((resolve) => {
      deadlineIn(20, () => {
        order.push('deadline');
        resolve();
      });
    });
    const until = performance.now() + 40;
    while (performance.now() < until);
    await passed;
    expect(order).toEqual(['message', 'deadline']);
    port1.close();
  });

  it('may have any deadline', async () => {
    const { client } = connect({ inspect: () => new Promise((resolve) => setTimeout(() => resolve('here'), 20)) });
    expect(await client.call('inspect', Number.POSITIVE_INFINITY, (remote) => remote.inspect())).toBe('here');
    client.close('done');
  });

  it('end at once when the thread is gone, pending and later ones', async () => {
    const { client } = connect({ inspect: never });
    const pending = client.call('inspect', 60_000, (remote) => remote.inspect());
    client.close('the thread has died');
    await expect(pending).rejects.toMatchObject({ code: 'RUNTIME_CONTROL', message: expect.stringContaining('has died') });
    await expect(client.call('start', 60_000, (remote) => remote.start())).rejects.toMatchObject({ code: 'RUNTIME_CONTROL' });
  });

  it('end with an error when the result cannot be cloned', async () => {
    const { client } = connect({ inspect: () => ({ detail: () => {} }) });
    await expect(client.call('inspect', 5_000, (remote) => remote.inspect())).rejects.toThrow(/Unserializable/);
    client.close('done');
  });
});
