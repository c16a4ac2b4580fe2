import { ActorFaultError, MessageTooLargeError, StartError, ThreadDeathError } from '@tidegate/runtime';
import { describe, expect, test } from 'vitest';
import { HostError } from './errors.js';
import { hostError } from './hostError.js';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('what the runtime tells becomes one typed error', () => {
  test('a thread that died keeps thread, reason and what was in flight, whatever code its cause has', () => {
    const inFlight = [{ from: 'source', to: 'worker-0', records: 0, messages: 7 }];
    const cause = coded('stray', 'ENOENT');
    const death = new ThreadDeathError('worker-0', { reason: 'uncaught-error', exitCode: 1, cause }, ['worker-0'], inFlight);
    const error = hostError(new StartError('thread worker-0', 'too early', { cause: death }));
    expect(error).toMatchObject({ code: 'HOST_THREAD', message: death.message, cause: death });
    expect(error.message).toMatch(/thread worker-0 .*uncaught-error.*stray.*source to worker-0: 7 messages/);
  });

  test("an actor's fault names the actor, under the code of what was thrown", () => {
    const own = hostError(new ActorFaultError('worker-0', 'worker-0', 'stop', coded('disk full', 'ENOSPC')));
    expect(own).toMatchObject({ code: 'ENOSPC', message: expect.stringMatching(/actor worker-0 .*'stop': disk full/) });
    expect(hostError(new ActorFaultError('worker-0', 'worker-0', 'stop', new Error('no')))).toMatchObject({
      code: 'HOST_CHANGEFEED',
    });
    const large = new MessageTooLargeError('source', 'worker-0', 'block-event', 40_000, 28_664);
    expect(hostError(new ActorFaultError('source', 'source', 'chunk', large))).toMatchObject({ code: 'HOST_MESSAGE_TOO_LARGE' });
  });

  test('a start that fails speaks with the words of who knows why', () => {
    const start = new StartError('actor source', 'its factory threw x', { cause: coded('no such log', 'LOG_GONE') });
    expect(hostError(start)).toMatchObject({ code: 'LOG_GONE', message: 'no such log', cause: start });
    const gone = Object.assign(coded('there is no such log', 'LOG_GONE'), { cause: coded('ENOENT: open', 'ENOENT') });
    expect(hostError(new StartError('actor source', 'its factory threw x', { cause: gone }))).toMatchObject({
      code: 'LOG_GONE',
      message: 'there is no such log',
    });
    const raw = new StartError('actor source', 'its factory threw x', { cause: coded('ENOENT: open', 'ENOENT') });
    expect(hostError(raw)).toMatchObject({ code: 'ENOENT', message: 'ENOENT: open' });
    const late = new StartError('thread source', 'its actors were not there within 5 ms');
    expect(hostError(late)).toMatchObject({ code: 'HOST_THREAD', message: late.message });
  });

  test('a host error stays what it is; anything else becomes one; causes in a circle end', () => {
    const error = new HostError('HOST_OPTION', 'no');
    expect(hostError(error)).toBe(error);
    expect(hostError('text')).toMatchObject({ code: 'HOST_THREAD', message: 'text' });
    const circle = new Error('round');
    circle.cause = circle;
    expect(hostError(circle)).toMatchObject({ message: 'round' });
  });
});
