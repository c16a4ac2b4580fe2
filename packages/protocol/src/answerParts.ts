import type { Answer } from './maintainerMessages.js';
import { SPAN_PART_BYTES } from './spanBytes.js';

/** Named dispatchers of an answer in one message: 8 bytes each, for the smallest lane. */
export const ANSWER_PART_TARGETS: number = SPAN_PART_BYTES / 8;

/** Dispatchers that an answer names. */
export function countTargets({ target }: Answer): number {
  return target.type === 'normal' ? target.handle.length : 0;
}

/** An answer, cut where it names more dispatchers than a message takes: a DDL may concern any number of tables. */
export function answerParts(answer: Answer): readonly Answer[] {
  const { target } = answer;
  if (target.type !== 'normal' || target.handle.length <= ANSWER_PART_TARGETS) return [answer];
  const parts: Answer[] = [];
  for (let from = 0; from < target.handle.length; from += ANSWER_PART_TARGETS) {
    const to = from + ANSWER_PART_TARGETS;
    const handle = target.handle.slice(from, to);
    parts.push({ ...answer, target: { type: 'normal', handle, generation: target.generation.slice(from, to) } });
  }
  return parts;
}
