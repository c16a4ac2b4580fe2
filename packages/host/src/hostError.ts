import { ActorFaultError, ThreadDeathError } from '@tidegate/runtime';
import { codeOf, errorMessage, HostError } from './errors.js';

/**
 * What the host raises for what the runtime told it. A thread's death keeps its own words: thread, reason, what was in
 * flight. Otherwise the deepest error with a code speaks, for that is what the user's module or an actor threw; the code of
 * the operating system or of Node.js (`ENOENT`, `ERR_…`) counts only where nobody above gave a better one.
 */
export function hostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  const death = causes(error).find((cause) => cause instanceof ThreadDeathError);
  if (death !== undefined) return new HostError('HOST_THREAD', death.message, { cause: death });
  if (error instanceof ActorFaultError) {
    return new HostError(rootCode(error.cause) ?? 'HOST_CHANGEFEED', error.message, { cause: error });
  }
  return new HostError(rootCode(error) ?? 'HOST_THREAD', errorMessage(rootOf(error) ?? error), { cause: error });
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

/** The code that the user's module or an actor gave its error; those of the runtime say only how it travelled. */
function rootCode(error: unknown): string | undefined {
  const code = codeOf(rootOf(error));
  if (code === 'RUNTIME_MESSAGE_TOO_LARGE') return 'HOST_MESSAGE_TOO_LARGE';
  return code?.startsWith('RUNTIME_') ? undefined : code;
}

/** Codes of the operating system and of Node.js. */
const SYSTEM_CODE = /^(E[A-Z0-9]+|EAI_\w+|ERR_\w+)$/;

/** The error in a chain of causes that speaks for all. */
function rootOf(error: unknown): Error | undefined {
  const coded = causes(error).filter((cause) => codeOf(cause) !== undefined);
  const own = coded.findLast((cause) => {
    const code = codeOf(cause) as string;
    return !code.startsWith('RUNTIME_') && !SYSTEM_CODE.test(code);
  });
  return own ?? coded.at(-1);
}
