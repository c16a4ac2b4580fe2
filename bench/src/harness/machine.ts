import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** Where and when figures were taken. */
export interface Machine {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  /** Of the last minute, before the first run: what else the machine was doing. */
  readonly load: number;
  /** Absent without git. `+` at its end: with changes that are not committed. */
  readonly commit?: string;
}

export function describeMachine(command: string): Machine {
  const commit = currentCommit();
  return {
    date: new Date().toISOString(),
    command,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    ...(commit !== undefined && { commit }),
  };
}

function currentCommit(): string | undefined {
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head === undefined) return undefined;
  return git('status', '--porcelain', '--untracked-files=no') === '' ? head : `${head}+`;
}

function git(...args: readonly string[]): string | undefined {
  const done = spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' });
  return done.status === 0 ? done.stdout.trim() : undefined;
}
