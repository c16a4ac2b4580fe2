import { Worker } from 'node:worker_threads';

/** Starts a compiled worker of this folder. */
export function spawn(name: string, workerData: unknown): Worker {
  return new Worker(new URL(`../../dist/testing/${name}.js`, import.meta.url), { workerData });
}

/** The first message of a worker. Rejects when it ends without one. */
export function firstMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker exited with ${code} and said nothing`)));
  });
}

/** The exit code of a worker. Rejects on an uncaught error. */
export function exited(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('exit', resolve);
    worker.once('error', reject);
  });
}
