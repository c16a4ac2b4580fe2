import assert from 'node:assert/strict';
import type { HostName, RemoteAddress, Transport, TransportEnd } from '../transport/transport.js';

/** What the contract cases need of an engine. */
export interface TransportBench {
  readonly transport: Transport;
  /** Messages that one host may have on the way to another. A case that fills the way is left out when it is absent. */
  readonly capacity?: number;
  /** Kills the host behind an end: no `close`, no word. Settles when the others may be expected to be told soon. */
  lose(host: HostName): Promise<void>;
  /** Holds back, until the returned function is called, whatever arrives at any host: ways fill up. */
  readonly stall?: () => () => void;
  /** After the case. */
  end(): Promise<void>;
}

export interface TransportCase {
  readonly name: string;
  run(open: () => Promise<TransportBench>): Promise<void>;
}

const DEADLINE_MS = 20_000;

/** A host and everything it was told. */
class Witness {
  readonly got: { from: RemoteAddress; to: string; message: unknown }[] = [];
  readonly news: string[] = [];
  inSend = false;
  end!: TransportEnd;

  static async attach({ transport }: TransportBench, host: HostName): Promise<Witness> {
    const witness = new Witness();
    witness.end = await transport.attach(host, {
      message: (from, to, message) => {
        assert.ok(!witness.inSend, 'a message was handed over inside of a send');
        witness.got.push({ from, to, message });
      },
      joined: (other) => witness.news.push(`joined ${other}`),
      lost: (other) => witness.news.push(`lost ${other}`),
    });
    return witness;
  }

  send(host: HostName, message: unknown): string {
    this.inSend = true;
    try {
      return this.end.send('out', { host, actor: 'in' }, message);
    } finally {
      this.inSend = false;
    }
  }

  messages(host: HostName): unknown[] {
    return this.got.filter(({ from }) => from.host === host).map(({ message }) => message);
  }
}

async function until(what: string, met: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!met()) {
    assert.ok(performance.now() < deadline, `after ${DEADLINE_MS} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Two hosts that have heard of each other. */
async function pair(bench: TransportBench): Promise<[Witness, Witness]> {
  const a = await Witness.attach(bench, 'a');
  const b = await Witness.attach(bench, 'b');
  await until('both know each other', () => a.end.peers.has('b') && b.end.peers.has('a'));
  return [a, b];
}

function transportCase(name: string, body: (bench: TransportBench) => Promise<void>): TransportCase {
  return {
    name,
    run: async (open) => {
      const bench = await open();
      try {
        await body(bench);
      } finally {
        await bench.end();
      }
    },
  };
}

/** What every transport between hosts promises, as cases for any test runner. */
export const transportCases: readonly TransportCase[] = [
  transportCase('keeps the order from one host to another, both ways at a time, and says who sends to whom', async (bench) => {
    const [a, b] = await pair(bench);
    for (let i = 0; i < 1_000; i++) {
      assert.equal(a.send('b', { n: i }), 'sent');
      assert.equal(b.send('a', { n: -i }), 'sent');
    }
    await until('all have arrived', () => a.got.length === 1_000 && b.got.length === 1_000);
    assert.deepEqual(
      b.messages('a'),
      Array.from({ length: 1_000 }, (_, i) => ({ n: i })),
    );
    assert.deepEqual(
      a.messages('b'),
      Array.from({ length: 1_000 }, (_, i) => ({ n: -i })),
    );
    assert.deepEqual(b.got[0], { from: { host: 'a', actor: 'out' }, to: 'in', message: { n: 0 } });
  }),

  transportCase('carries bigints, bytes and nested data as they are', async (bench) => {
    const [a, b] = await pair(bench);
    const message = {
      ts: 2n ** 60n,
      bytes: new Uint8Array([1, 2, 255]),
      columns: new Uint32Array([7, 8]),
      list: [{ x: 'y' }, null],
    };
    a.send('b', message);
    await until('it has arrived', () => b.got.length === 1);
    assert.deepEqual(b.got[0]?.message, message);
  }),

  transportCase('says at once that a host is unknown, and loses the message', async (bench) => {
    const a = await Witness.attach(bench, 'a');
    assert.equal(a.send('b', 'to nobody'), 'unknown');
    const b = await Witness.attach(bench, 'b');
    await until('a knows b', () => a.end.peers.has('b'));
    assert.equal(a.send('b', 'to somebody'), 'sent');
    await until('it has arrived', () => b.got.length > 0);
    assert.deepEqual(b.messages('a'), ['to somebody']);
  }),

  transportCase('refuses what is beyond the bound of a way; what it took arrives', async (bench) => {
    const { capacity, stall } = bench;
    if (capacity === undefined || stall === undefined) return;
    const [a, b] = await pair(bench);
    const release = stall();
    let sent = 0;
    while (sent <= capacity && a.send('b', sent) === 'sent') sent++;
    assert.equal(sent, capacity);
    assert.equal(b.send('a', 'the other way is free'), 'sent');
    release();
    await until('all have arrived', () => b.got.length === capacity);
    assert.equal(a.send('b', 'again'), 'sent');
    await until('room was made', () => b.got.length === capacity + 1);
    assert.deepEqual(b.messages('a'), [...Array.from({ length: capacity }, (_, i) => i), 'again']);
  }),

  transportCase(
    'tells who joins and who is lost; one that comes back gets nothing that was meant for its predecessor',
    async (bench) => {
      const [a, b] = await pair(bench);
      await until('both were told', () => a.news.length === 1 && b.news.length === 1);
      const release = bench.stall?.();
      a.send('b', 'for the first');
      await bench.lose('b');
      await until('a was told', () => a.news.length === 2);
      assert.equal(a.send('b', 'to nobody'), 'unknown');
      const second = await Witness.attach(bench, 'b');
      release?.();
      await until('a was told again', () => a.news.length === 3);
      assert.equal(a.send('b', 'for the second'), 'sent');
      await until('it has arrived', () => second.got.length > 0);
      assert.deepEqual(second.messages('a'), ['for the second']);
      assert.deepEqual(a.news, ['joined b', 'lost b', 'joined b']);
      assert.deepEqual(second.news, ['joined a']);
    },
  ),

  transportCase('takes each name once at a time', async (bench) => {
    const first = await Witness.attach(bench, 'a');
    await assert.rejects(Witness.attach(bench, 'a'), { code: 'RUNTIME_TRANSPORT' });
    await first.end.close();
    await Witness.attach(bench, 'a');
  }),

  transportCase('an end that is closed sends and tells nothing more; the others learn of it', async (bench) => {
    const [a, b] = await pair(bench);
    await b.end.close();
    await b.end.close();
    const told = b.got.length + b.news.length;
    assert.equal(b.send('a', 'from beyond'), 'closed');
    await until('a was told', () => a.news.includes('lost b'));
    a.send('b', 'to nobody');
    const c = await Witness.attach(bench, 'c');
    await until('a knows c', () => a.end.peers.has('c'));
    a.send('c', 'alive');
    await until('it has arrived', () => c.got.length === 1);
    assert.equal(b.got.length + b.news.length, told);
    assert.deepEqual([...c.end.peers], ['a']);
  }),
];
