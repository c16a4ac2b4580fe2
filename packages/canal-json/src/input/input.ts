import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { InputError, SourceStateError } from '../errors.js';
import { unpack } from './unpack.js';

/** Size of one read from a file, in bytes. */
const READ_BYTES = 256 * 1024;

/** The bytes of a log, unpacked, pulled chunk by chunk. */
export interface Input {
  /** What messages call it. */
  readonly file: string;
  /** The next bytes; null at the end. Rejects with a `PackProblem` when they do not unpack. */
  next(): Promise<Uint8Array | null>;
  /** Lets go of the file; a `next` that is pending is rejected. */
  close(): void;
}

/** Opens a file, standard input (`-`), or bytes from elsewhere. Nothing is read before the first `next`. */
export function openInput(from: { path: string | undefined; stream: AsyncIterable<Uint8Array> | undefined }): Input {
  const file = from.path === undefined ? 'stream' : from.path === '-' ? 'standard input' : from.path;
  const raw = from.stream === undefined ? openFile(from.path ?? '-') : toReadable(from.stream);
  const chunks = unpack(raw, file);
  let cancel: ((reason: Error) => void) | undefined;
  return {
    file,
    next() {
      return new Promise((resolve, reject) => {
        cancel = reject;
        chunks.next().then(
          (next) => resolve(next.done ? null : next.value),
          (error) => reject(describe(error, file)),
        );
      });
    },
    close() {
      // A read of standard input that is under way cannot be called back, so it is not waited for.
      cancel?.(new SourceStateError(`${file} was closed while it was being read`));
      raw.on('error', () => {});
      raw.destroy();
      chunks.return(undefined).then(undefined, () => {});
    },
  };
}

/** Whether a path can be opened again and gives the same: not standard input, a pipe (`<(zcat LOG)`) or a device. */
export function isFile(path: string): boolean {
  if (path === '-') return false;
  try {
    return statSync(path).isFile();
  } catch {
    // Opening it says what is wrong with it.
    return true;
  }
}

function openFile(path: string): Readable {
  // By descriptor: `process.stdin` of a worker thread is not the process's standard input.
  if (path === '-') return createReadStream('', { fd: 0, autoClose: false, highWaterMark: READ_BYTES });
  return createReadStream(path, { highWaterMark: READ_BYTES });
}

function toReadable(stream: AsyncIterable<Uint8Array>): Readable {
  return stream instanceof Readable ? stream : Readable.from(stream, { objectMode: true, highWaterMark: 1 });
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file. Check the path',
  EACCES: 'this user may not read it. Check its permissions',
  EISDIR: 'it is a directory. Give the path of a log in it',
};

function describe(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const cause = CAUSES[String(error.code)] ?? `${error.message}. Check the file and try again`;
  return new InputError(`cannot read ${file}: ${cause}.`, { cause: error });
}
