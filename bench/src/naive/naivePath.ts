import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { VerificationError } from '../harness/errors.js';
import type { Sample } from '../harness/measurement.js';
import { processorSeconds } from '../harness/sharedClock.js';
import { type NaiveCommand, type NaiveData, type NaiveEnd, STAGES } from './naiveProtocol.js';

const NAME = 'postMessage of batches, Set of strings';

/** Two threads with what one would write first between them. */
export class NaivePath {
  readonly #sender: Worker;
  readonly #receiver: Worker;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#sender = start({ role: 'sender', port: port1 });
    this.#receiver = start({ role: 'receiver', port: port2 });
  }

  /** One stream, from the first offer to the last acknowledgement. @throws VerificationError */
  async run(command: NaiveCommand): Promise<Sample> {
    const ready = once(this.#receiver, 'message');
    this.#receiver.postMessage(command);
    await ready;
    const cpu = processorSeconds();
    const ends = [once(this.#sender, 'message'), once(this.#receiver, 'message')];
    this.#sender.postMessage(command);
    const [[sent], [received]] = (await Promise.all(ends)) as [[NaiveEnd], [NaiveEnd]];
    const cpuSeconds = processorSeconds() - cpu;
    const distinct = command.dispatchers * command.rounds * STAGES;
    const { faults } = received;
    if (received.distinct !== distinct || received.suppressed !== distinct * command.repeats || faults > 0) {
      const { suppressed } = received;
      throw new VerificationError(
        NAME,
        `${distinct} statuses: ${received.distinct} arrived, ${suppressed} suppressed, ${faults} wrong`,
      );
    }
    return { items: sent.offered, seconds: (sent.ended - sent.began) / 1e9, cpuSeconds };
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.terminate(), this.#receiver.terminate()]);
  }
}

function start(data: NaiveData): Worker {
  return new Worker(new URL('./naiveWorker.js', import.meta.url), { workerData: data, transferList: [data.port] });
}
