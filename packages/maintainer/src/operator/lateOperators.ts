import type { HostId, MaintainerEvent } from '@tidegate/protocol';
import type { OperatorBoard } from './operatorBoard.js';
import { OperatorKind, operatorKindName } from './operatorKind.js';

type OperatorsStuck = Extract<MaintainerEvent, { type: 'operators-stuck' }>;

/** Late operators that are named, the oldest. */
const NAMED = 16;
/** Looks in the time that makes an operator late: how exactly that is kept. */
const LOOKS = 10;

/** Section 28: operators whose request a host leaves unanswered are told of, and again each time so long has passed. */
export class LateOperators {
  readonly #board: OperatorBoard;
  readonly #late: number;
  #next = 0;

  /** `late`: milliseconds. */
  constructor(board: OperatorBoard, late: number) {
    this.#board = board;
    this.#late = late;
  }

  /** What is to be told at `now`; undefined when nothing is late, or was told lately. Looks at every handle, but seldom. */
  due(now: number, hostName: (index: number) => HostId): OperatorsStuck | undefined {
    const board = this.#board;
    if (now < this.#next || board.active === 0) return undefined;
    this.#next = now + Math.ceil(this.#late / LOOKS);
    const oldest: { handle: number; age: number }[] = [];
    let count = 0;
    for (let handle = 0; handle < board.end; handle++) {
      if (board.kindOf(handle) === OperatorKind.NONE) continue;
      const age = board.ageOf(handle, now);
      if (age < this.#late) continue;
      count++;
      if (oldest.length < NAMED || age > oldest[NAMED - 1]!.age) insert(oldest, { handle, age });
    }
    if (count === 0) return undefined;
    this.#next = now + this.#late;
    const { table } = board;
    const operators = oldest.map(({ handle, age }) => ({
      kind: operatorKindName(board.kindOf(handle)),
      handle,
      ...(table.hasTask(handle) && { tableId: table.tableIdOf(handle) }),
      host: hostName(board.hostOf(handle)),
      age,
    }));
    return { type: 'operators-stuck', mode: table.mode, count, operators, text: sentence(count, operators) };
  }
}

/** Oldest first; the youngest is dropped when there are too many. */
function insert(oldest: { handle: number; age: number }[], late: { handle: number; age: number }): void {
  const at = oldest.findIndex(({ age }) => age < late.age);
  oldest.splice(at < 0 ? oldest.length : at, 0, late);
  if (oldest.length > NAMED) oldest.pop();
}

function sentence(count: number, [first]: OperatorsStuck['operators']): string {
  if (first === undefined) return '';
  const { kind, handle, tableId, host, age } = first;
  const of = tableId === undefined ? '' : ` of table ${tableId}`;
  const others = count > 1 ? `, and ${count - 1} more requests are late` : '';
  return `Host ${host} has not answered the ${kind} of dispatcher ${handle}${of} for ${age} ms${others}.`;
}
