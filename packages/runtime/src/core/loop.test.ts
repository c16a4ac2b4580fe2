import { expect, test } from 'vitest';
import { completeLimits } from '../topology.js';
import { RealClock } from './clock.js';
import { Loop } from './loop.js';
import { MemoryLink } from './memoryLink.js';
import { Scheduler } from './scheduler.js';

test('an end that comes before the last messages were looked at leaves none: to those that are gone they are dead letters', async () => {
  const scheduler = new Scheduler('main', new RealClock(), completeLimits({ burst: 2 }), [], 1);
  const link = new MemoryLink(1024, 0);
  const sender = scheduler.add('sender');
  const receiver = scheduler.add('receiver');
  sender.connect('receiver', { sender: link, outbox: 1024 });
  receiver.connect('sender', { receiver: link });
  const received: unknown[] = [];
  sender.start({ receive: () => undefined });
  receiver.start({ receive: (message: unknown) => received.push(message) });
  receiver.close();
  const context = scheduler.contextOf(sender);
  for (let i = 0; i < 5; i++) context.send('receiver', { type: 'late', i });
  sender.flush();
  expect(link.contents()).toEqual({ records: 0, messages: 5 });

  const loop = new Loop(
    scheduler,
    { awake: () => undefined, park: () => new Promise(() => undefined), wake: () => undefined, wakeOthers: () => undefined },
    () => undefined,
  );
  loop.end();
  await loop.run();
  expect(link.contents()).toEqual({ records: 0, messages: 0 });
  expect(received).toEqual([]);
  expect(scheduler.reports.deadLetterCounts).toEqual({ 'receiver-stopped': 5 });
});
