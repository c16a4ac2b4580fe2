import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CliError } from './errors.js';

/** Refuses with `CLI_DIRECTORY` a path where no directory is and none can come: it, or something above it, is a file. Touches nothing. */
export function checkDirectory(path: string, what: string): void {
  for (let at = resolve(path); ; at = dirname(at)) {
    const stats = lookAt(at);
    if (stats === undefined) {
      if (dirname(at) === at) return;
      continue;
    }
    if (stats.isDirectory()) return;
    const which = at === resolve(path) ? `${path} is` : `${path} cannot be a directory, for ${at} is`;
    throw new CliError('CLI_DIRECTORY', `${which} a file, and no directory; check the path: ${what} is a directory`);
  }
}

/** Refuses with `CLI_NOTHING` a directory that is not there. */
export function checkPresent(path: string, what: string): void {
  checkDirectory(path, what);
  if (lookAt(path) === undefined) throw new CliError('CLI_NOTHING', `there is no directory ${path}; check the path`);
}

/** What lies there; undefined when that is nothing, or nothing that may be looked at: whoever uses it will say why. */
function lookAt(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
