import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { VerificationError } from '../harness/errors.js';
import type { ProcessUsage } from './usage.js';

const COMMAND = fileURLToPath(new URL('../bin/tidegate.js', import.meta.resolve('@tidegate/cli')));
const USAGE = new URL('./usage.js', import.meta.url).href;

export interface Ended {
  readonly stdout: string;
  readonly usage: ProcessUsage;
}

/** Runs the command as it is installed, in a process of its own. @throws VerificationError when it fails. */
export async function tidegate(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', USAGE, COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const usage = text(child.stdio[3] as Readable);
  const [stdout, stderr] = await Promise.all([text(child.stdout as Readable), text(child.stderr as Readable), usage]);
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new VerificationError(`tidegate ${args[0]}`, `it ended with ${code}: ${stderr.trim()}`);
  return { stdout, usage: JSON.parse(await usage) as ProcessUsage };
}
