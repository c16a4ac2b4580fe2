import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './errors.js';

const LOCK_FILE = '.tidegate.lock';

/** Keeps a directory to one writing process. Released by {@link DirectoryLock.release}; one whose process died is taken over. */
export class DirectoryLock {
  readonly #path: string;
  #held = true;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Takes the lock. Throws `CLI_LOCKED` when a live process has it. */
  static take(dir: string): DirectoryLock {
    const path = join(dir, LOCK_FILE);
    for (let attempt = 0; ; attempt++) {
      try {
        writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
        return new DirectoryLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = ownerOf(path);
      if (attempt > 0 || isAlive(owner)) {
        throw new CliError(
          'CLI_LOCKED',
          `${dir} is being written to by process ${owner}; wait for it, or, if no such run exists, remove ${path}`,
        );
      }
      rmSync(path, { force: true });
    }
  }

  /** Gives the lock back. Synchronous, so that it can be the last thing a process does. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    rmSync(this.#path, { force: true });
  }
}

function ownerOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return Number.NaN;
  }
}

/** In a container every run may have the same id, so our own in a lock that we do not hold is that of a dead process. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
