import { DispatcherGroup, type GroupInput, type GroupOptions, type GroupSinks } from '@tidegate/dispatcher';
import type { Actor, ActorContext } from '@tidegate/runtime';
import { Completed } from './simSink.js';

/** The real dispatchers of a worker. What a simulated sink does downstream happens when its completion is delivered. */
export function workerActor(context: ActorContext, sinks: GroupSinks, options: Partial<GroupOptions>): Actor {
  const group = new DispatcherGroup(context, sinks, options);
  return {
    receive(message, from) {
      if (!(message instanceof Completed)) {
        group.receive(message as GroupInput, from);
        return;
      }
      const settled = message.settle();
      if (settled !== undefined) group.receive(settled, from);
    },
    turnEnd: () => group.turnEnd(),
    room: (to) => group.room(to),
    stop: () => group.stop(),
    inspect: () => group.inspect(),
  };
}
