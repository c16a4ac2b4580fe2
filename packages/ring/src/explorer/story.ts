import {
  BELL_SEQUENCE,
  BELL_SLEEPERS,
  CELL_WORDS,
  HEADER_WORDS,
  WORD_CONSUMER_CLOSED,
  WORD_CONSUMER_DOORBELL,
  WORD_CONSUMER_GENERATION,
  WORD_HEAD,
  WORD_PRODUCER_CLOSED,
  WORD_PRODUCER_DOORBELL,
  WORD_PRODUCER_GENERATION,
  WORD_ROOM_WANTED,
  WORD_TAIL,
  WORD_WANTED_HEAD,
} from '../layout.js';
import { ADD, COMPARE_EXCHANGE, OPERATION_NAMES, READ, STORE, SUB, WAIT, WRITE, WRITE_BYTE } from './operations.js';
import type { SharedMemory } from './sharedMemory.js';

/** Instead of an operation: the thread was killed, or its slice passed. */
export const KILLED = 100;
export const SLICE_PASSED = 101;

const WORDS: ReadonlyMap<number, string> = new Map([
  [WORD_PRODUCER_GENERATION, "producer's generation"],
  [WORD_CONSUMER_GENERATION, "consumer's generation"],
  [WORD_PRODUCER_CLOSED, 'closed by producer'],
  [WORD_CONSUMER_CLOSED, 'closed by consumer'],
  [WORD_TAIL, 'tail'],
  [WORD_HEAD, 'head'],
  [WORD_ROOM_WANTED, 'room wanted'],
  [WORD_WANTED_HEAD, 'wanted head'],
  [WORD_CONSUMER_DOORBELL + BELL_SEQUENCE, "sequence of the consumer's doorbell"],
  [WORD_CONSUMER_DOORBELL + BELL_SLEEPERS, "sleepers of the consumer's doorbell"],
  [WORD_PRODUCER_DOORBELL + BELL_SEQUENCE, "sequence of the producer's doorbell"],
  [WORD_PRODUCER_DOORBELL + BELL_SLEEPERS, "sleepers of the producer's doorbell"],
]);

/** Who did what in one execution, in order; cut back when the explorer goes back. */
export class Story {
  readonly #lines: number[] = [];

  get length(): number {
    return this.#lines.length;
  }

  cut(length: number): void {
    this.#lines.length = length;
  }

  add(thread: number, operation: number, place: number, value: number, result: number): void {
    this.#lines.push(thread, operation, place, value, result);
  }

  tell(names: readonly string[], memory: SharedMemory): string {
    const lines: string[] = [];
    let last = -1;
    for (let at = 0; at < this.#lines.length; at += 5) {
      const [thread = 0, operation = 0, place = 0, value = 0, result = 0] = this.#lines.slice(at, at + 5);
      const who = thread === last ? ' '.repeat(names[thread]?.length ?? 0) : names[thread];
      last = thread;
      lines.push(`  ${who}  ${deed(operation, place === -1 ? '' : wordName(memory, place), value, result)}`);
    }
    return lines.join('\n');
  }
}

function deed(operation: number, word: string, value: number, result: number): string {
  if (operation === KILLED) return 'is killed';
  if (operation === SLICE_PASSED) return 'has slept a slice';
  const name = `${OPERATION_NAMES[operation]} ${word}`;
  if ([STORE, WRITE, WRITE_BYTE, ADD, SUB].includes(operation)) return `${name}: ${value}`;
  if (operation === WAIT) return `${name} while ${value}: ${result === value ? 'sleeps' : `is ${result}`}`;
  if (operation === COMPARE_EXCHANGE) return `${name} from ${value}: was ${result}`;
  return operation === READ || result !== 0 || name.startsWith('load') ? `${name}: ${result}` : name;
}

function wordName(memory: SharedMemory, place: number): string {
  const { region, word } = memory.where(place);
  const of = region === 0 ? '' : ` of region ${region}`;
  const inCells = word - HEADER_WORDS;
  if (inCells >= 0) return `word ${inCells % CELL_WORDS} of cell ${Math.floor(inCells / CELL_WORDS)}${of}`;
  return `${WORDS.get(word) ?? `word ${word}`}${of}`;
}
