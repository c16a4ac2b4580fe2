import { CorruptInputError, TruncatedInputError, type Where } from '../errors.js';
import type { Input } from './input.js';
import { LineSplitter } from './lineSplitter.js';
import { PackProblem } from './unpack.js';

/**
 * Lines of an input, pulled. `next` goes through what is at hand without waiting; when it answers false, `fill` waits for
 * more bytes.
 */
export class LineReader {
  readonly line: LineSplitter;
  readonly #input: Input;
  #ended = false;

  constructor(input: Input, maxLineBytes: number) {
    this.#input = input;
    this.line = new LineSplitter(input.file, maxLineBytes);
  }

  /** Moves `line` to the next line at hand. */
  next(): boolean {
    return !this.#ended && this.line.next();
  }

  /**
   * Waits for more bytes. False: the input has ended; {@link finish} then gives a last line without a line break.
   * Throws {@link TruncatedInputError} or {@link CorruptInputError} for packed input that does not unpack to its end.
   */
  async fill(): Promise<boolean> {
    if (this.#ended) return false;
    let chunk: Uint8Array | null;
    try {
      chunk = await this.#input.next();
    } catch (error) {
      if (error instanceof PackProblem) throw locate(error, this.line);
      throw error;
    }
    if (chunk !== null) this.line.push(chunk);
    else this.#ended = true;
    return chunk !== null;
  }

  /** Once `fill` has answered false: moves to the last line if it had no line break. */
  finish(): boolean {
    return this.line.finish();
  }

  close(): void {
    this.#input.close();
  }
}

function locate(problem: PackProblem, where: Where): Error {
  return problem.truncated
    ? new TruncatedInputError(
        where,
        `the packed log is cut off (${problem.message}). This is the last line that could be read; get the rest of the file.`,
        { cause: problem },
      )
    : new CorruptInputError(
        where,
        `the packed log is damaged (${problem.message}). This is the last line that could be read; get an intact copy.`,
        { cause: problem },
      );
}
