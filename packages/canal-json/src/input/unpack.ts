import { pipeline, type Readable, Readable as ReadableStream, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { OptionError, UnsupportedCompressionError } from '../errors.js';

/** Size of one unpacked chunk, in bytes. */
const CHUNK_BYTES = 256 * 1024;

/** A packed stream that ends too early or does not unpack; whoever counts lines says where. */
export class PackProblem extends Error {
  readonly truncated: boolean;

  constructor(truncated: boolean, text: string, options?: ErrorOptions) {
    super(text, options);
    this.truncated = truncated;
  }
}

type Packing = 'plain' | 'gzip' | 'zstd';

/**
 * Unpacks a stream by its first bytes. A name that promises a packing which the bytes do not have is a
 * {@link PackProblem}: such a file was cut to nothing, or renamed.
 */
export async function* unpack(raw: Readable, file: string): AsyncGenerator<Uint8Array> {
  const chunks = bytesOf(raw);
  const head = await readHead(chunks);
  const packing = packingOf(head);
  const promised = file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : packing;
  if (promised !== packing) {
    throw new PackProblem(
      head.length === 0,
      head.length === 0 ? 'the file is empty' : `its name promises ${promised}, but its bytes are ${packing}: rename it`,
    );
  }
  const whole = join(head, chunks);
  if (packing === 'plain') yield* whole;
  else yield* unpackWith(packing === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK_BYTES }) : makeZstd(file), whole);
}

async function* unpackWith(transform: Transform, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The outcome reaches the loop below as an error of the transform.
  pipeline(ReadableStream.from(packed, { objectMode: true, highWaterMark: 1 }), transform, () => {});
  try {
    for await (const chunk of transform) yield chunk as Uint8Array;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'Z_BUF_ERROR') throw new PackProblem(true, 'it ends in the middle', { cause: error });
    if (/^(Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw new PackProblem(false, (error as Error).message, { cause: error });
    throw error;
  }
}

function makeZstd(file: string): Transform {
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof make !== 'function') {
    throw new UnsupportedCompressionError(
      `${file} is packed with Zstandard, which Node.js ${process.version} cannot unpack. ` +
        'Use Node.js 22.15 or later, or unpack it first: zstd -dc LOG | … with - as the path.',
    );
  }
  return make({ chunkSize: CHUNK_BYTES }) as Transform;
}

function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'plain';
}

/** At least the first four bytes, or everything if there are fewer. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 4) {
    const next = await chunks.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* join(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* bytesOf(raw: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of raw) {
    if (!(chunk instanceof Uint8Array))
      throw new OptionError('stream', 'must give bytes (Buffer or Uint8Array), not decoded text');
    yield chunk;
  }
}
