import type { BlockStatusRequest } from '@tidegate/protocol';
import type { BarrierMessage } from './barrier/contracts.js';
import { Outcome, ReplyBuilder } from './barrier/replyBuilder.js';

/** T-D: the reply to a request of a mode that this changefeed does not run, where nobody is known. */
export function unknownAnswers(request: BlockStatusRequest): BarrierMessage {
  const reply = new ReplyBuilder();
  reply.begin(request.handle.length);
  reply.outcomes.fill(Outcome.UNKNOWN, 0, request.handle.length);
  return { to: request.from, answers: reply.answers(request), inReplyTo: request.seq };
}
