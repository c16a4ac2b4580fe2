import type { Actor, ActorContext, Address } from '../actor.js';
import type { ProbeCommand, ProbeItem, ProbeNote, ProbeOptions, ProbeReport, ProbeStream } from './probeMessages.js';

interface Pump {
  readonly to: Address;
  readonly recordEvery: number;
  readonly padding: number;
  readonly run: number;
  next: number;
  readonly end: number;
}

/** An actor that does what it is told and remembers what it got. For the contract tests of the bindings. */
export class Probe implements Actor<ProbeCommand | ProbeItem | ProbeNote> {
  readonly #context: ActorContext;
  readonly #options: ProbeOptions;
  readonly #streams: Record<Address, ProbeStream> = {};
  readonly #notes: string[] = [];
  readonly #pumps: Pump[] = [];
  readonly #targets = new Set<Address>();
  #pauseAfter: { from: Address; item: number } | undefined;
  #ticks = 0;
  #turnEnds = 0;
  #highBacklog = 0;
  #stopped: (() => void) | undefined;
  #longestRun = 0;
  readonly receiveRecords?: (words: Uint32Array, at: number, count: number, from: Address) => number;

  constructor(context: ActorContext, options: ProbeOptions) {
    this.#context = context;
    this.#options = options;
    if (options.takesRuns === true) this.receiveRecords = (...run) => this.#takeRun(...run);
  }

  receive(message: ProbeCommand | ProbeItem | ProbeNote, from: Address): void {
    if (message.type === 'item') this.#item(from, message.n, false);
    else if (message.type === 'note') this.#noted(message.label);
    else {
      const value = this.#obey(message, from);
      if (value !== undefined) this.#context.reply(value);
    }
  }

  receiveRecord(words: Uint32Array, at: number, from: Address): void {
    // Every word carries the number: a torn or unwritten record would show.
    const n = words[at + 1] as number;
    for (let i = 2; i < 8; i++) if (words[at + i] !== n) throw new Error(`record ${n} from ${from} is torn at word ${i}`);
    this.#item(from, n, true);
  }

  #takeRun(words: Uint32Array, at: number, count: number, from: Address): number {
    let taken = 0;
    while (taken < count) {
      const n = words[at + 8 * taken + 1] as number;
      this.receiveRecord(words, at + 8 * taken, from);
      taken++;
      if (this.#pauseAfter?.from === from && this.#pauseAfter.item === n) break;
    }
    this.#longestRun = Math.max(this.#longestRun, taken);
    return taken;
  }

  turnEnd(): void {
    this.#turnEnds++;
  }

  tick(): void {
    this.#ticks++;
  }

  room(to: Address): void {
    this.#note(`room ${to}`);
    for (const pump of [...this.#pumps]) if (pump.to === to) this.#pump(pump);
  }

  stop(): void | Promise<void> {
    this.#note('stop');
    // After a stop nobody can ask: the report goes out as an event.
    this.#context.emit({ stopped: this.#report() });
    const { stopAsks } = this.#options;
    if (stopAsks !== undefined) return this.#askAtStop(stopAsks);
    if (this.#options.stopHangs) return new Promise(() => {});
    const { stopDelay } = this.#options;
    if (stopDelay === undefined) return undefined;
    this.#context.schedule(stopDelay, { type: 'note', label: 'stop timer' });
    return new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }

  async abort(): Promise<void> {
    const { aborts } = this.#options;
    if (aborts === undefined) return;
    await Promise.resolve();
    Atomics.add(aborts, 0, 1);
  }

  inspect(): ProbeReport {
    return this.#report();
  }

  /** Gives what it replies; undefined: nothing. */
  #obey(command: ProbeCommand, from: Address): unknown {
    const context = this.#context;
    switch (command.type) {
      case 'pump':
        this.#startPump(command);
        return true;
      case 'offer':
        return this.#offer(command);
      case 'fill':
        return this.#fill(command.to, command.limit);
      case 'tell':
        this.#targets.add(command.to);
        return context.send(command.to, command.message, command.delivery);
      case 'pause':
        if (command.afterItem === undefined) context.pause(command.from);
        else this.#pauseAfter = { from: command.from, item: command.afterItem };
        return true;
      case 'resume':
        context.resume(command.from);
        return true;
      case 'ask':
        context.ask(command.to, command.message, command.deadline, (outcome) => {
          const text = 'reply' in outcome ? String(outcome.reply) : `error ${(outcome.error as { reason?: string }).reason}`;
          this.#note(`ask ${command.to}: ${text}`);
        });
        return true;
      case 'schedule': {
        const timer = context.schedule(command.delay, { type: 'note', label: command.label });
        if (command.cancel) timer.cancel();
        return context.now();
      }
      case 'post':
        for (const label of command.labels) context.post({ type: 'note', label });
        return true;
      case 'effect':
        void Promise.resolve().then(() => context.post({ type: 'note', label: command.label }));
        return true;
      case 'emit':
        for (let n = 0; n < command.count; n++)
          context.emit({ n }, command.keys === undefined ? undefined : `k${n % command.keys}`);
        return true;
      case 'log':
        context.log('warn', command.text, { from });
        context.log('debug', command.text);
        return true;
      case 'random':
        return Array.from({ length: command.count }, () => context.random());
      case 'echo':
        this.#note(`echo from ${from}`);
        return command.value;
      case 'silence':
        return undefined;
      case 'throw':
        throw new Error(command.text);
      case 'throw-in-record':
        context.records(command.to).claim();
        throw new Error('in the middle of a record');
      case 'fail':
        if (command.tell !== undefined) context.send(command.tell, { type: 'note', label: 'last words' });
        context.fail(new Error(command.text));
        return undefined;
      case 'crash':
        crash(command.how, command.code);
        return true;
      case 'report':
        return this.#report();
    }
  }

  #askAtStop(to: Address): Promise<void> {
    return new Promise((resolve) => {
      this.#context.ask(to, { type: 'echo', value: 'too late' }, 5_000, (outcome) => {
        this.#context.emit({ outcome: 'reply' in outcome ? outcome.reply : (outcome.error as { reason?: string }).reason });
        resolve();
      });
    });
  }

  #item(from: Address, n: number, isRecord: boolean): void {
    this.#streams[from] ??= { records: 0, messages: 0, last: -1, gaps: 0, backwards: 0 };
    const stream = this.#streams[from];
    if (isRecord) stream.records++;
    else stream.messages++;
    if (n <= stream.last) stream.backwards++;
    else if (n !== stream.last + 1) stream.gaps++;
    stream.last = n;
    if (this.#pauseAfter?.from === from && this.#pauseAfter.item === n) this.#context.pause(from);
  }

  #startPump(command: ProbeCommand & { type: 'pump' }): void {
    const first = command.first ?? 0;
    const pump: Pump = {
      to: command.to,
      recordEvery: command.recordEvery ?? 1,
      padding: command.padding ?? 0,
      run: command.run ?? 1,
      next: first,
      end: first + command.count,
    };
    this.#pumps.push(pump);
    this.#pump(pump);
  }

  #pump(pump: Pump): void {
    while (pump.next < pump.end && (pump.run > 1 ? this.#sendRun(pump) : this.#sendItem(pump))) pump.next++;
    if (pump.next < pump.end) return;
    this.#pumps.splice(this.#pumps.indexOf(pump), 1);
    this.#note(`pumped ${pump.to}`);
  }

  #sendItem(pump: Pump): boolean {
    this.#targets.add(pump.to);
    if (pump.next % pump.recordEvery !== 0) return this.#sendRecord(pump.to, pump.next);
    const sent = this.#context.send(pump.to, item(pump.next, pump.padding));
    this.#highBacklog = Math.max(this.#highBacklog, this.#context.backlog(pump.to));
    return sent;
  }

  #sendRecord(to: Address, n: number): boolean {
    const outlet = this.#context.records(to);
    const at = outlet.claim();
    if (at < 0) return false;
    outlet.words.fill(n, at + 1, at + 8);
    return true;
  }

  /** Of a run it sends all but the last, which is counted by the caller. */
  #sendRun(pump: Pump): boolean {
    const toMessage = pump.recordEvery - (pump.next % pump.recordEvery);
    if (pump.recordEvery > 1 && toMessage === pump.recordEvery) return this.#sendItem(pump);
    this.#targets.add(pump.to);
    const outlet = this.#context.records(pump.to);
    const count = outlet.claimRun(Math.min(pump.run, pump.end - pump.next, pump.recordEvery > 1 ? toMessage : pump.run));
    for (let cell = 0; cell < count; cell++) {
      const at = outlet.runAt + 8 * cell;
      outlet.words.fill(pump.next + cell, at + 1, at + 8);
    }
    pump.next += Math.max(0, count - 1);
    return count > 0;
  }

  #offer(command: ProbeCommand & { type: 'offer' }): number {
    this.#targets.add(command.to);
    let accepted = 0;
    for (let n = 0; n < command.count; n++) {
      const delivery = command.keys === undefined ? command.delivery : { coalesce: `k${n % command.keys}` };
      if (this.#context.send(command.to, item(n, command.padding ?? 0), delivery)) accepted++;
      this.#highBacklog = Math.max(this.#highBacklog, this.#context.backlog(command.to));
    }
    return accepted;
  }

  #fill(to: Address, limit: number): number {
    let n = 0;
    while (n < limit && this.#sendRecord(to, n)) n++;
    return n;
  }

  #noted(label: string): void {
    this.#note(label);
    if (label === 'stop timer') this.#stopped?.();
  }

  #note(text: string): void {
    if (this.#notes.length === 1_000) this.#notes.shift();
    this.#notes.push(text);
  }

  #report(): ProbeReport {
    return {
      streams: structuredClone(this.#streams),
      notes: [...this.#notes],
      ticks: this.#ticks,
      backlog: Object.fromEntries([...this.#targets].map((to) => [to, this.#context.backlog(to)])),
      highBacklog: this.#highBacklog,
      turnEnds: this.#turnEnds,
      longestRun: this.#longestRun,
    };
  }
}

function item(n: number, padding: number): ProbeItem {
  return padding === 0 ? { type: 'item', n } : { type: 'item', n, padding: new Uint8Array(padding).fill(n & 0xff) };
}

/** What no actor may do, done on purpose: how the system takes it is what is tested. */
function crash(how: 'uncaught' | 'rejection' | 'exit' | 'memory' | 'hang', code = 0): void {
  if (how === 'exit') process.exit(code);
  if (how === 'hang') for (;;);
  if (how === 'memory') fillMemory();
  if (how === 'rejection') void Promise.reject(new Error('nobody handles this'));
  if (how === 'uncaught') {
    setImmediate(() => {
      throw new Error('thrown outside of every turn');
    });
  }
}

function fillMemory(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 1_000 }, (_, n) => ({ n })));
}

/** The factory that a placement names. */
export function createActor(context: ActorContext, options: ProbeOptions | undefined): Probe {
  if (options?.refuse !== undefined) throw new Error(options.refuse);
  return new Probe(context, options ?? {});
}
