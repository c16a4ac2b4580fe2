import { answerOnce } from '../harness/answerOnce.js';
import { heldByPending } from './pending.js';
import { heldAtRest } from './rest.js';

export type MemoryQuestion =
  | { readonly what: 'rest'; readonly tables: number }
  | { readonly what: 'pending'; readonly dispatchers: number; readonly duplicates: number };

/** Figures by name, in bytes. */
export type MemoryAnswer = Readonly<Record<string, number>>;

answerOnce(answer);

async function answer(question: MemoryQuestion): Promise<MemoryAnswer> {
  if (question.what === 'rest') return await heldAtRest(question.tables);
  return await heldByPending(question.dispatchers, question.duplicates);
}
