import type { Address } from '../actor.js';
import type { StopOutcome } from '../core/stopActors.js';
import type { InFlight } from '../errors.js';
import type { StopReport } from '../system.js';
import type { ThreadHandle } from './threadHandle.js';

/** What a control call may take beyond the time that the thread itself was given, in milliseconds. */
const GRACE = 500;

/**
 * Stops groups of actors one after the other, those of a group side by side, then ends the threads. A thread that does
 * not answer within its time is terminated: the stop always ends, shortly after `deadline` milliseconds at the latest.
 */
export async function stopThreads(
  threads: readonly ThreadHandle[],
  groups: readonly (readonly Address[])[],
  deadline: number,
  leftOnLanes: () => InFlight[],
): Promise<StopReport> {
  const until = performance.now() + deadline;
  const outcomes = new Map<Address, StopOutcome>();
  const terminated = new Set<string>();

  const stopOn = async (thread: ThreadHandle, addresses: readonly Address[]): Promise<void> => {
    const left = Math.max(0, until - performance.now());
    try {
      const stopped = await thread.control.call('stop', left + GRACE, (remote) => remote.stop(addresses, left));
      for (const outcome of stopped) outcomes.set(outcome.stop.address, outcome);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      for (const address of addresses) outcomes.set(address, { stop: { address, outcome: 'lost', why }, unfinished: [] });
      if (thread.state !== 'running') return;
      terminated.add(thread.name);
      await thread.terminate(false);
    }
  };

  for (const group of groups) {
    const shares = threads.map((thread) => ({ thread, addresses: group.filter((address) => thread.actors.includes(address)) }));
    await Promise.all(
      shares.filter(({ addresses }) => addresses.length > 0).map((share) => stopOn(share.thread, share.addresses)),
    );
  }
  await Promise.all(
    threads.map(async (thread) => {
      const wasRunning = thread.state === 'running';
      if (!(await thread.finish(GRACE)) && wasRunning) terminated.add(thread.name);
    }),
  );

  const all = groups.flat().flatMap((address) => outcomes.get(address) ?? []);
  const actors = all.map(({ stop }) => stop);
  const unfinished = [...all.flatMap((outcome) => outcome.unfinished), ...leftOnLanes()];
  const clean = terminated.size === 0 && unfinished.length === 0 && actors.every(({ outcome }) => outcome === 'stopped');
  return { clean, actors, terminated: [...terminated], unfinished };
}
