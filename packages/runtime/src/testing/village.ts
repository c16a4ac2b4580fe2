import type { Actor, ActorContext } from '../actor.js';
import { createStepped, type SteppedSystem } from '../stepped.js';
import type { LinkDeclaration } from '../topology.js';

export interface Diary {
  readonly life: number;
  readonly context: ActorContext;
  readonly got: unknown[];
  readonly rooms: string[];
  stops: number;
  aborts: number;
}

/** All lives of all actors, by address. A message `{ act }` is something to do; everything else is noted. */
export class Village {
  readonly lives: Map<string, Diary[]> = new Map();

  readonly create = (context: ActorContext): Actor => {
    const lives = this.lives.get(context.self) ?? [];
    this.lives.set(context.self, lives);
    const diary: Diary = { life: lives.length, context, got: [], rooms: [], stops: 0, aborts: 0 };
    lives.push(diary);
    return {
      receive: (message, from) => {
        const { act } = message as { act?: (context: ActorContext) => void };
        if (act !== undefined) act(context);
        else diary.got.push([from, message]);
      },
      receiveRecord: (words, at, from) => void diary.got.push([from, words[at + 1]]),
      room: (to) => void diary.rooms.push(to),
      stop: () => void diary.stops++,
      abort: () => void diary.aborts++,
      inspect: () => diary.life,
    };
  };

  of(address: string): Diary {
    return this.lives.get(address)?.at(-1) as Diary;
  }
}

export async function village(links: readonly LinkDeclaration[]): Promise<{ system: SteppedSystem; people: Village }> {
  const people = new Village();
  const addresses = [...new Set(links.flatMap(({ from, to }) => [from, to]))];
  const actors = addresses.map((address) => ({ address, create: people.create, tickInterval: 1_000 }));
  const system = await createStepped({ threads: [{ name: 't', actors }], links, seed: 3 });
  return { system, people };
}

export const both = (a: string, b: string, shape: Partial<LinkDeclaration> = {}): LinkDeclaration[] => [
  { from: a, to: b, ...shape },
  { from: b, to: a, ...shape },
];

/** Lets an actor do something in a turn of its own. */
export function act(system: SteppedSystem, address: string, body: (context: ActorContext) => void): void {
  void system.send(address, { act: body });
  system.step({ type: 'self', to: address });
}
