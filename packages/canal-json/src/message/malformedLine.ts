import { type LogError, MalformedLineError, type Where } from '../errors.js';
import type { JsonSyntaxProblem } from './jsonTokenizer.js';

/** A line that is not JSON, told with the byte and what stands there. */
export function malformedLine(problem: JsonSyntaxProblem, bytes: Uint8Array, start: number, end: number, where: Where): LogError {
  const column = problem.at - start;
  const near = Buffer.from(bytes.subarray(Math.max(start, problem.at - 20), Math.min(end, problem.at + 20))).toString();
  // Nobody sees a byte order mark, so it is named.
  const marked = column === 0 && near.startsWith('\uFEFF');
  return new MalformedLineError(
    { file: where.file, line: where.line, offset: where.offset + column },
    `the line is not one JSON object: expected ${problem.message} at byte ${column} of the line, near ${JSON.stringify(near)}. ` +
      (marked
        ? 'It begins with a byte order mark: remove these three bytes.'
        : 'If it is the last line, the log was cut off while it was written.'),
  );
}
