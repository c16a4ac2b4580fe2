import { RealClock } from './core/clock.js';
import { Loop, type Parking } from './core/loop.js';
import { drawSeed } from './core/seed.js';
import { SingleThread } from './core/singleThread.js';
import type { ChangingPopulation, StopReport, System } from './system.js';
import type { Topology } from './topology.js';

/** Sleeps on a Node timer, which holds the process. Everything that wakes it happens on this thread. */
class TimerParking implements Parking {
  #wake: (() => void) | undefined;

  /** Nothing wakes this thread while it works but its own work, which the loop sees. */
  awake(): void {}

  /** There are none. */
  wakeOthers(): void {}

  park(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** A system on this thread, whose actors may die and come back. */
export type LocalSystem = System & ChangingPopulation;

/**
 * Runs all actors of a topology on this thread, on the real clock. Idle, it sleeps until the next timer or post.
 *
 * @throws TopologyError, StartError
 */
export async function createLocal(topology: Topology): Promise<LocalSystem> {
  const single = await SingleThread.create(topology, new RealClock(), topology.seed ?? drawSeed());
  const { scheduler, listeners, population } = single;
  const loop = new Loop(scheduler, new TimerParking(), () => single.tell());
  single.onTerminate = () => loop.end();
  const running = loop.run();
  let stopping: Promise<StopReport> | undefined;

  return {
    on: (name, listener) => listeners.on(name, listener),
    inspect: async () => single.inspect('local'),
    ask: async (address, message, { deadline }) => {
      single.requireRunning(stopping !== undefined);
      return await single.ask(address, message, deadline);
    },
    send: async (address, message) => {
      single.requireRunning(stopping !== undefined);
      scheduler.sendFromOutside(address, message);
    },
    stop: (options) => {
      stopping ??= single.stop(options).then(async (report) => {
        loop.end();
        await running;
        return report;
      });
      return stopping;
    },
    crash: (addresses) => population.crash(addresses),
    restart: (address, change) => population.restart(address, change),
    addActors: (placements, links) => population.addActors(placements, links),
    removeActors: (addresses) => population.removeActors(addresses),
    terminate: async () => {
      single.terminate();
      await running;
    },
  };
}
