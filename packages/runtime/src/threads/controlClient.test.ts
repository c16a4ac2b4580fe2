import { MessageChannel } from 'node:worker_threads';
import { expose } from 'comlink';
import { describe, expect, it } from 'vitest';
import { ControlClient } from './controlClient.js';
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
