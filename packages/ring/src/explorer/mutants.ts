import type { Patch } from './ringUnderTest.js';

/** How many schedules it takes to catch any of them, at most. */
export const WITHIN = 200;

/** A lane with one fault. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The scenario that shows the fault, within {@link WITHIN} schedules. */
  readonly caughtBy: string;
}

const on =
  (module: Patch['module']) =>
  (from: string, to: string): Patch => ({ module, from, to });
const producer = on('laneProducer');
const consumer = on('laneConsumer');
const doorbell = on('doorbell');
const attaching = on('attachLane');

function mutant(name: string, caughtBy: string, ...patches: readonly Patch[]): Mutant {
  return { name, caughtBy, patches };
}

const STORE_TAIL = 'Atomics.store(this.#shared, WORD_TAIL, claimed);';
const STORE_CLOSED = 'Atomics.store(this.#shared, WORD_PRODUCER_CLOSED, 1);';
const RING = 'this.#consumerDoorbell.ring();';
const LINE = '\n        ';
const DEEP = '\n            ';
const DEEPER = '\n                ';

const PUBLISHING: readonly Mutant[] = [
  mutant(
    'a record is published before it is written',
    'two lanes to a thread with one doorbell',
    producer('this.#claimed = (claimed + 1) | 0;', 'Atomics.store(this.#shared, WORD_TAIL, this.#claimed = (claimed + 1) | 0);'),
  ),
  mutant(
    'the tail is stored without release',
    'empty, depth and a drain that finds nothing',
    producer(STORE_TAIL, 'this.#shared[WORD_TAIL] = claimed;'),
  ),
  mutant(
    'a publish rings before it stores the tail',
    'two lanes to a thread with one doorbell',
    producer(STORE_TAIL, `${RING} ${STORE_TAIL}`),
    producer(`claimed;${LINE}${RING}`, 'claimed;'),
  ),
  mutant('a publish does not ring', 'two lanes to a thread with one doorbell', producer(`claimed;${LINE}${RING}`, 'claimed;')),
  mutant(
    'closed is stored before what is claimed is published',
    'claims that are dropped',
    producer(`this.publish();${LINE}if`, `${STORE_CLOSED} this.publish();${LINE}if`),
  ),
  mutant(
    'a producer closes without a ring',
    'one record, then two at once, over the overflow of the cursors',
    producer(`${STORE_CLOSED}${LINE}${RING}`, STORE_CLOSED),
  ),
  mutant(
    'an abort drops nothing',
    'claims that are dropped',
    producer(`abort() {${LINE}this.#claimed = this.#published;`, 'abort() {'),
  ),
  mutant(
    'padding is not counted',
    'frames over the edge, with padding, and the signed overflow of the cursors',
    producer('(this.#claimed + padding + cells) | 0', '(this.#claimed + cells) | 0'),
  ),
  mutant(
    'a frame is not found room for with its padding',
    'a full lane, and a frame that needs room for its padding too',
    producer(
      '((this.#claimed + padding + cells - this.#head) | 0) > limit && !this.#makesRoom(padding + cells, limit)',
      '((this.#claimed + cells - this.#head) | 0) > limit && !this.#makesRoom(cells, limit)',
    ),
  ),
  mutant(
    'a claim takes one cell more than there is',
    'a full lane, and a producer that waits for room',
    producer('((claimed - this.#head) | 0) >= limit', '((claimed - this.#head) | 0) > limit'),
  ),
  mutant(
    'distances do not wrap',
    'a full lane, and a producer that claims again and again',
    producer('((claimed - this.#head) | 0) >= limit', 'claimed - this.#head >= limit'),
  ),
];

const ROOM: readonly Mutant[] = [
  mutant(
    'the head is never loaded again',
    'a full lane, and a producer that waits for room',
    producer('this.#head = Atomics.load(this.#shared, WORD_HEAD);\n        if', 'if'),
  ),
  mutant(
    'a wish is not followed by a look',
    'room wanted under an announced sleep',
    producer('return this.roomArrived();', 'return false;'),
  ),
  mutant(
    'a wish is stored after the look that belongs to it',
    'room wanted under an announced sleep',
    producer(
      `Atomics.store(this.#shared, WORD_ROOM_WANTED, 1);${LINE}this.#wishStands = true;${LINE}this.#wishOpen = true;${LINE}return this.roomArrived();`,
      `this.#wishStands = true;${LINE}this.#wishOpen = true;${LINE}const arrived = this.roomArrived();${LINE}if (!arrived) Atomics.store(this.#shared, WORD_ROOM_WANTED, 1);${LINE}return arrived;`,
    ),
  ),
  mutant(
    'one cell more is wanted than is needed',
    'a consumer that dies while the producer waits for room',
    producer('(this.#claimed + cells - limit) | 0', '(this.#claimed + cells - limit + 1) | 0'),
  ),
  mutant(
    'a wish that is fulfilled stays',
    'room wanted under an announced sleep',
    producer('| 0) >= 0)\n            this.#takeBackWish();', '| 0) >= 0) this.#wishStands = false;'),
  ),
  mutant(
    'a wait for room does not see that the consumer closes',
    'a consumer that closes, and a producer that waits for room',
    producer('this.consumerClosed || this.free(control)', 'this.free(control)'),
  ),
  mutant(
    'a wish stays when the consumer has closed',
    'a consumer that closes, and a producer that waits for room',
    producer('if (this.#wishStands)\n            this.#takeBackWish();\n        return true;', 'return true;'),
  ),
  mutant(
    'the consumer takes back a wish that it rings for',
    'a full lane, and a producer that waits for room',
    consumer(
      'this.#producerDoorbell.ring();\n    }\n    #frameCells',
      '{ this.#producerDoorbell.ring(); Atomics.store(this.#shared, WORD_ROOM_WANTED, 0); }\n    }\n    #frameCells',
    ),
  ),
  mutant(
    'the consumer looks for a wish before it releases',
    'a consumer that dies closing, and its successor',
    consumer(
      `Atomics.store(this.#shared, WORD_HEAD, head);`,
      'const wanted = Atomics.load(this.#shared, WORD_ROOM_WANTED); Atomics.store(this.#shared, WORD_HEAD, head);',
    ),
    consumer('if (Atomics.load(this.#shared, WORD_ROOM_WANTED) === 0)', 'if (wanted === 0)'),
  ),
  mutant(
    'a release rings only beyond the wanted head',
    'a consumer that dies while the producer waits for room',
    consumer('WORD_WANTED_HEAD)) | 0) >= 0', 'WORD_WANTED_HEAD)) | 0) > 0'),
  ),
  mutant(
    'a consumer closes without a ring',
    'a consumer that closes, and a producer that waits for room',
    consumer(`WORD_CONSUMER_CLOSED, 1);${LINE}this.#producerDoorbell.ring();`, 'WORD_CONSUMER_CLOSED, 1);'),
  ),
];

const READING: readonly Mutant[] = [
  mutant(
    'entries are released before they are handled',
    'a consumer that dies, and its successor',
    consumer('this.#draining = true;', 'this.#draining = true; Atomics.store(this.#shared, WORD_HEAD, tail);'),
  ),
  mutant(
    'the head is stored without release',
    'a full lane, and a producer that waits for room',
    consumer('Atomics.store(this.#shared, WORD_HEAD, head);', 'this.#shared[WORD_HEAD] = head;'),
  ),
  mutant(
    'padding counts as one cell',
    'a full lane, and a producer that claims again and again',
    consumer('(head + this.capacityCells - index) | 0', '(head + 1) | 0'),
  ),
  mutant(
    'a release is forgotten',
    'one record, then two at once, over the overflow of the cursors',
    consumer(`#release(head) {${LINE}this.#head = head;`, '#release(head) {'),
  ),
  mutant(
    'the tail is never loaded again',
    'one record, then two at once, over the overflow of the cursors',
    consumer(`return false;${LINE}this.#tail = Atomics.load(this.#shared, WORD_TAIL);`, 'return false;'),
  ),
  mutant(
    'a drain does not load the tail',
    'two lanes to a thread with one doorbell',
    consumer(`this.#tail = Atomics.load(this.#shared, WORD_TAIL);${LINE}const tail`, `;${LINE}const tail`),
  ),
  mutant(
    'finished looks at the tail first',
    'a producer that dies, and its successor',
    consumer('this.producerClosed && this.empty', 'this.empty && this.producerClosed'),
  ),
  mutant(
    'a parked consumer does not see that the producer closes',
    'one record, then two at once, over the overflow of the cursors',
    consumer('!this.empty || this.producerClosed', '!this.empty'),
  ),
  mutant(
    'an entry whose handler throws is released',
    'a handler that throws, one that stops, one that drains again',
    consumer('const goOn = handler.frame(', 'head = (head + cells) | 0; const goOn = handler.frame('),
    consumer('FRAME_HEADER_BYTES, length);\n                    head = (head + cells) | 0;', 'FRAME_HEADER_BYTES, length);'),
  ),
];

const SLEEPING: readonly Mutant[] = [
  mutant(
    'a sleeper looks before it announces itself, not after',
    'one record, then two at once, over the overflow of the cursors',
    doorbell('const ticket = this.arm();', 'if (ready()) return true; const ticket = this.arm();'),
    doorbell(`try {${DEEPER}if (ready())${DEEPER}    return true;`, 'try {'),
  ),
  mutant(
    'a sleeper announces itself after its look',
    'one record, then two at once, over the overflow of the cursors',
    doorbell(`Atomics.add(this.#words, this.#sleepers, 1);${LINE}return`, 'return'),
    doorbell('async sleep(ticket, timeoutMs) {', 'async sleep(ticket, timeoutMs) { Atomics.add(this.#words, this.#sleepers, 1);'),
    doorbell(`if (!waits)${DEEPER}    this.disarm();`, ''),
  ),
  mutant(
    'a sleeper loads the sequence after its look',
    'a consumer that closes, and a producer that waits for room',
    doorbell('this.#sequence, ticket);', 'this.#sequence, Atomics.load(this.#words, this.#sequence));'),
  ),
  mutant(
    'a ring does not count',
    'a consumer that closes, and a producer that waits for room',
    doorbell('Atomics.add(this.#words, this.#sequence, 1);', ''),
  ),
  mutant(
    'a ring notifies before it counts',
    'a consumer that closes, and a producer that waits for room',
    doorbell(
      `Atomics.add(this.#words, this.#sequence, 1);${LINE}Atomics.notify(this.#words, this.#sequence);`,
      'Atomics.notify(this.#words, this.#sequence); Atomics.add(this.#words, this.#sequence, 1);',
    ),
  ),
  mutant(
    'a ring does not notify',
    'a full lane, and a producer that waits for room',
    doorbell('Atomics.notify(this.#words, this.#sequence);', ''),
  ),
  mutant(
    'who has slept stays announced',
    'a full lane, and a producer that waits for room',
    doorbell(`this.#releaseLoop();${DEEP}this.disarm();`, 'this.#releaseLoop();'),
  ),
];

const TAKING_OVER: readonly Mutant[] = [
  mutant(
    "a producer's successor does not ring",
    'a producer that dies, and a successor that publishes nothing',
    producer('producer.#consumerDoorbell.ring();', ''),
  ),
  mutant(
    "a consumer's successor does not ring",
    'a consumer that dies closing, and its successor',
    consumer('consumer.#producerDoorbell.ring();', ''),
  ),
  mutant(
    "a producer's successor leaves its predecessor's wish",
    'a producer that dies while it waits for room',
    producer('Atomics.store(producer.#shared, WORD_ROOM_WANTED, 0);', ''),
  ),
  mutant(
    "a producer's successor leaves its predecessor announced as asleep",
    'a producer that dies while it waits for room',
    producer('producer.#doorbell.reset();', ';'),
  ),
  mutant(
    "a consumer's successor leaves its predecessor announced as asleep",
    'a consumer that dies, and its successor',
    consumer('consumer.#doorbell.reset();', ';'),
  ),
  mutant(
    'a lane stays closed under a successor',
    'a consumer that dies closing, and its successor',
    attaching('if (expected.takeOver)\n', 'if (false)\n'),
  ),
  mutant(
    "a consumer's successor starts at the tail",
    'a full lane, and a producer that waits for room',
    consumer('this.#head = Atomics.load(shared, WORD_HEAD);', 'this.#head = Atomics.load(shared, WORD_TAIL);'),
  ),
  mutant(
    'a producer publishes under its successor',
    'predecessors that act on',
    producer(
      `WORD_PRODUCER_GENERATION) !== this.generation)${DEEP}this.#refuseLate();${LINE}Atomics`,
      `WORD_PRODUCER_GENERATION) === 0)${DEEP}this.#refuseLate();${LINE}Atomics`,
    ),
  ),
  mutant(
    'a consumer drains under its successor',
    'predecessors that act on',
    consumer('WORD_CONSUMER_GENERATION) === this.generation', 'WORD_CONSUMER_GENERATION) !== 0'),
  ),
  mutant(
    'a producer closes under its successor',
    'predecessors that act on',
    producer(
      `WORD_PRODUCER_GENERATION) !== this.generation)${DEEP}this.#refuseLate();${LINE}// No`,
      `WORD_PRODUCER_GENERATION) === 0)${DEEP}this.#refuseLate();${LINE}// No`,
    ),
  ),
  mutant(
    'a consumer closes under its successor',
    'predecessors that act on',
    consumer(`this.#checkGeneration();${LINE}this.#closed = true;`, 'this.#closed = true;'),
  ),
  mutant(
    'two attach at the same moment',
    'two that attach at the same moment',
    attaching('Atomics.compareExchange(words, at, current, next) !== current', 'Atomics.store(words, at, next) !== next'),
  ),
];

export const MUTANTS: readonly Mutant[] = [...PUBLISHING, ...ROOM, ...READING, ...SLEEPING, ...TAKING_OVER];
