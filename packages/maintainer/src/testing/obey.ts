import { ComponentState, type MergeRequest, type ScheduleRequest } from '@tidegate/protocol';
import type { MaintainerFixture } from './maintainerFixture.js';

const { STOPPED, WORKING } = ComponentState;

/**
 * Plays the coordinators of the nodes that are alive until nothing more is asked: what is to be created works, what is to be
 * removed has stopped, what is to be merged is merged. Returns what was asked, as lines.
 */
export function obey(m: MaintainerFixture, alive: readonly number[]): string[] {
  const lines: string[] = [];
  for (let round = 0; round < 1_000; round++) {
    const asked: { to: string; message: ScheduleRequest | MergeRequest }[] = [...m.schedules(), ...m.sent('merge')];
    if (asked.length === 0) return lines;
    for (const { to, message } of asked) {
      const node = Number(to.slice('coordinator'.length));
      if (message.type === 'merge') {
        lines.push(`merge ${message.sources.map(({ handle }) => handle).join('+')} at ${node}`);
        if (alive.includes(node)) m.report(node, [[message.target, WORKING]]);
        continue;
      }
      for (const { handle } of message.remove) lines.push(`remove ${handle} at ${node}`);
      for (const config of message.create) {
        lines.push(`create ${config.handle} at ${node}`);
        m.created.set(config.handle, config);
      }
      if (!alive.includes(node)) continue;
      if (message.remove.length > 0)
        m.report(
          node,
          message.remove.map((ref) => [ref, STOPPED]),
        );
      if (message.create.length > 0)
        m.report(
          node,
          message.create.map((config) => [config, WORKING]),
        );
    }
  }
  throw new Error(`it never ends: ${lines.slice(-5).join(', ')}`);
}

/** Dispatchers by node, the table trigger not among them. */
export function perNode(m: MaintainerFixture): Record<string, number> {
  const shown = { ...(m.actor.inspect().changefeed?.tasksPerHost as Record<string, number>) };
  shown.node1 = (shown.node1 ?? 1) - 1;
  return shown;
}
