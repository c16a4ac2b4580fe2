import type { Address } from '../actor.js';
import type { AskFailure } from '../errors.js';
import type { AskOutcome } from './asks.js';

/** `from` of a message that came through the system's `send` or `ask`. */
export const OUTSIDE: Address = '@outside';

export type ActorState = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed' | 'dead';

/** What waits for an actor besides its links. */
export type SelfItem =
  | { readonly type: 'message'; readonly message: unknown }
  | { readonly type: 'outside'; readonly message: unknown; readonly answer?: (outcome: AskOutcome) => void }
  | { readonly type: 'outcome'; readonly done: (outcome: AskOutcome) => void; readonly outcome: AskOutcome }
  | { readonly type: 'ask-deadline'; readonly id: number }
  | { readonly type: 'ask-dead'; readonly id: number; readonly reason: AskFailure }
  | { readonly type: 'tick' };
