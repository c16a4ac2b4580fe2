import type { Answer } from '@tidegate/protocol';
import { Inbox } from './inbox.js';
import { Progress } from './progress.js';

/** What a dispatcher needs only while it has work; dropped when the work is done (Flag.HAS_WORK). */
export class RowWork {
  readonly inbox: Inbox = new Inbox();
  readonly progress: Progress;
  /** Completions still missing before the stream wakes after rows. */
  awaiting = 0;
  /** A flush has returned while writes were still to be confirmed: go on when progress is empty. */
  flushed = false;
  /** Answers that came while the path was closed (D-35). */
  answers: Answer[] = [];

  constructor(maxCommitTs: bigint) {
    this.progress = new Progress(maxCommitTs);
  }

  /** True when nothing is lost by dropping it. */
  get idle(): boolean {
    return this.progress.empty && this.inbox.length === 0 && this.awaiting === 0 && this.answers.length === 0;
  }
}
