import { openInput } from './input/input.js';
import { LineReader } from './input/lineReader.js';
import { type CanalMessage, decodeScanned } from './message/decode.js';
import { MessageScanner } from './message/messageScanner.js';
import { resolveOptions } from './options.js';

/**
 * Every message of a log, decoded, in the order of the log, whatever that is. For verification and tools; the source reads
 * without decoding. Throws as the source does for lines that are no messages.
 */
export async function* readMessages(options: {
  readonly path?: string;
  readonly stream?: AsyncIterable<Uint8Array>;
  readonly maxLineBytes?: number;
}): AsyncGenerator<CanalMessage> {
  const resolved = resolveOptions(options);
  const reader = new LineReader(openInput(resolved), resolved.maxLineBytes);
  const scanner = new MessageScanner();
  try {
    for (;;) {
      while (!reader.next()) {
        if (await reader.fill()) continue;
        if (!reader.finish()) return;
        break;
      }
      const { line } = reader;
      scanner.scan(line.bytes, line.start, line.end, line);
      yield decodeScanned(scanner, line.bytes, line);
    }
  } finally {
    reader.close();
  }
}
