import type { FileHandle } from 'node:fs/promises';
import { redoError } from './errors.js';

const PIECE = 16 * 1024;
const KEPT = 16;

interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * Reads places of a file that are mostly, but not quite, in order. Either the whole file is held in memory, or the last few
 * pieces of it; then what is answered is a copy, so that a small change does not keep a piece alive.
 */
export class Pieces {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #whole: number;
  /** The last used first. */
  #kept: Piece[] = [];

  /** `whole`: size of the file when all of it may be held, else 0. */
  constructor(handle: FileHandle, path: string, whole: number) {
    this.#handle = handle;
    this.#path = path;
    this.#whole = whole;
  }

  /** Bytes of the file. They stay valid. Throws `REDO_UNREADABLE`. */
  get(at: number, size: number): Buffer | Promise<Buffer> {
    const kept = this.#kept;
    for (let index = 0; index < kept.length; index++) {
      const piece = kept[index] as Piece;
      if (at < piece.at || at + size > piece.at + piece.bytes.length) continue;
      if (index > 0) {
        kept.splice(index, 1);
        kept.unshift(piece);
      }
      return this.#part(piece, at, size);
    }
    return this.#read(at, size);
  }

  async close(): Promise<void> {
    this.#kept = [];
    await this.#handle.close();
  }

  async #read(at: number, size: number): Promise<Buffer> {
    const from = at + size <= this.#whole ? 0 : at;
    const needed = at + size - from;
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, from === 0 ? this.#whole : 0, PIECE));
    let filled = 0;
    try {
      for (let more = true; more && filled < bytes.length; ) {
        const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, from + filled);
        filled += bytesRead;
        more = bytesRead > 0;
      }
      if (filled < needed) throw new Error(`it ends before byte ${at + size}, which was there a moment ago`);
    } catch (error) {
      throw redoError('REDO_UNREADABLE', 'cannot read', this.#path, error);
    }
    const piece = { at: from, bytes: bytes.subarray(0, filled) };
    this.#kept = [piece, ...this.#kept.slice(0, KEPT - 1)];
    return this.#part(piece, at, size);
  }

  #part(piece: Piece, at: number, size: number): Buffer {
    const part = piece.bytes.subarray(at - piece.at, at - piece.at + size);
    return this.#whole > 0 ? part : Buffer.from(part);
  }
}
