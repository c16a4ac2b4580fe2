import {
  ANSWER_PART_TARGETS,
  type Answer,
  answerParts,
  countTargets,
  type MaintainerToCoordinator,
  type Mode,
} from '@tidegate/protocol';
import type { ActorContext, Delivery } from '@tidegate/runtime';
import type { BarrierMessage } from './barrier/contracts.js';
import type { Hosts } from './hosts.js';

/** The way from one epoch of a maintainer to its hosts. What is refused here has a retry owner: it is only counted. */
export class Outlet {
  readonly #context: ActorContext;
  readonly #hosts: Hosts;
  readonly #epoch: number;

  constructor(context: ActorContext, hosts: Hosts, epoch: number) {
    this.#context = context;
    this.#hosts = hosts;
    this.#epoch = epoch;
  }

  send(host: number, message: MaintainerToCoordinator, delivery: Delivery): void {
    if (!this.#context.send(this.#hosts.coordinator(host), message, delivery)) this.#context.count('maintainer.send-refused');
  }

  /** To every host that is alive. */
  sendAll(message: MaintainerToCoordinator, delivery: Delivery): void {
    for (const host of this.#hosts.alive()) this.send(host, message, delivery);
  }

  /** What a barrier says (B-13), in messages that fit a lane; the last one is the reply. An answer to a host that is gone goes nowhere. */
  answer({ to, answers, inReplyTo }: BarrierMessage, mode: Mode): void {
    const host = this.#hosts.indexOf(to);
    if (host < 0) return;
    const head = { type: 'answers', epoch: this.#epoch, mode } as const;
    let rest: readonly Answer[] = answers;
    if (answers.reduce((sum, answer) => sum + countTargets(answer), 0) > ANSWER_PART_TARGETS) {
      const messages = inMessages(answers);
      rest = messages.pop() ?? [];
      for (const message of messages) this.send(host, { ...head, answers: message }, 'control');
    }
    this.send(host, { ...head, ...(inReplyTo !== undefined && { inReplyTo }), answers: rest }, 'control');
  }
}

/** Answers in order, so many to a message that it fits a lane. */
function inMessages(answers: readonly Answer[]): Answer[][] {
  const messages: Answer[][] = [];
  let open: Answer[] = [];
  let targets = 0;
  for (const part of answers.flatMap(answerParts)) {
    const count = countTargets(part);
    if (open.length > 0 && targets + count > ANSWER_PART_TARGETS) {
      messages.push(open);
      open = [];
      targets = 0;
    }
    open.push(part);
    targets += count;
  }
  messages.push(open);
  return messages;
}
