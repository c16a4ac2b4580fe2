import { heldByPending } from './pending.js';
import { heldAtRest } from './rest.js';

export type MemoryQuestion =
  | { readonly what: 'rest'; readonly tables: number }
  | { readonly what: 'pending'; readonly dispatchers: number; readonly duplicates: number };

/** Figures by name, in bytes. */
export type MemoryAnswer = Readonly<Record<string, number>>;

process.once('message', (question: MemoryQuestion) => {
  answer(question).then(
    (figures) => {
      process.send?.(figures);
      process.disconnect();
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});

async function answer(question: MemoryQuestion): Promise<MemoryAnswer> {
  if (question.what === 'rest') return await heldAtRest(question.tables);
  return await heldByPending(question.dispatchers, question.duplicates);
}
