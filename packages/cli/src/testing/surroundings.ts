import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io, Output, StopSignal } from '../io.js';

/** Makes directories for the running test; `afterEach` of the test runner removes them. */
export function temporaryDirs(afterEach: (remove: () => Promise<void>) => void): () => Promise<string> {
  const dirs: string[] = [];
  afterEach(async () => {
    for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
  });
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tidegate-cli-'));
    dirs.push(dir);
    return dir;
  };
}

class Recorder implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number = 100;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** An {@link Io} that keeps what is written, and whose signals a test gives. */
export class RecordedIo implements Io {
  readonly stdout: Recorder;
  readonly stderr: Recorder;
  readonly exits: number[] = [];
  readonly #listeners = new Set<(signal: StopSignal) => void>();

  constructor(isTTY = false) {
    this.stdout = new Recorder(isTTY);
    this.stderr = new Recorder(isTTY);
  }

  /** Lines of standard output as JSON. */
  get json(): Record<string, unknown>[] {
    return this.stdout.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  onStop(listener: (signal: StopSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  signal(signal: StopSignal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }
}
