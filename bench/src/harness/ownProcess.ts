import { fork } from 'node:child_process';
import { VerificationError } from './errors.js';

/** Asks a module in a process of its own, which takes one message and answers with one. @throws VerificationError when it does not. */
export function askProcess<Answer>(module: URL, question: object, execArgv: readonly string[] = []): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(module, { execArgv: [...execArgv], serialization: 'advanced' });
    let answer: { readonly value: Answer } | undefined;
    child.on('message', (value) => {
      answer = { value: value as Answer };
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (answer !== undefined) resolve(answer.value);
      else reject(new VerificationError(module.href, `its process ended with ${code} without an answer`));
    });
    child.send(question);
  });
}
