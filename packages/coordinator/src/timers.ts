/** What the coordinator's timers are for. */
export type TimerName = 'batch' | 'components' | 'heartbeat' | 'complete' | 'error' | 'resend' | 'snapshot' | 'recovery';

/** A message of the coordinator to itself. */
export interface TimerMessage {
  readonly type: 'timer';
  readonly name: TimerName;
  /** Tells a deadline from that of an earlier attempt. */
  readonly id?: number;
}

export function timer(name: TimerName, id?: number): TimerMessage {
  return { type: 'timer', name, ...(id !== undefined && { id }) };
}
