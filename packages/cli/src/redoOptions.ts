import { resolve } from 'node:path';
import { ofCommand, readArguments } from './arguments.js';
import { UsageError } from './errors.js';
import { timestamp } from './values.js';

/** What `tidegate redo apply` was asked to do. */
export interface RedoOptions {
  /** Directory of the log. */
  readonly dir: string;
  readonly to: string;
  readonly from: bigint | undefined;
  readonly upTo: bigint | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The name by which errors refer to the help. */
const COMMAND = 'redo apply';

/** Reads the arguments after `redo`; 'help' when they ask for it. Throws {@link UsageError}. */
export function readRedoOptions(args: readonly string[]): RedoOptions | 'help' {
  const given = readArguments(COMMAND, args, {
    to: { type: 'string' },
    from: { type: 'string' },
    'up-to': { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  });
  if (given.flag('help')) return 'help';
  const [action, dir, ...more] = given.positionals;
  return ofCommand(COMMAND, () => {
    if (action !== 'apply') {
      throw new UsageError(
        action === undefined ? 'redo needs to know what to do: apply' : `redo cannot '${action}'; it can apply`,
      );
    }
    if (dir === undefined || dir === '') throw new UsageError('redo apply takes the directory of a redo log');
    if (more.length > 0) throw new UsageError(`redo apply takes one directory, not also '${more[0]}'`);
    const to = given.text('to');
    if (to === undefined || to === '') throw new UsageError('redo apply needs --to OUT, the directory to write to');
    if (resolve(to) === resolve(dir)) throw new UsageError('--to must be another directory than that of the log');
    if (given.flag('json') && given.flag('quiet')) throw new UsageError('--json and --quiet exclude each other');
    const from = given.text('from');
    const upTo = given.text('up-to');
    return {
      dir,
      to,
      from: from === undefined ? undefined : timestamp('from', from),
      upTo: upTo === undefined ? undefined : timestamp('up-to', upTo),
      json: given.flag('json'),
      quiet: given.flag('quiet'),
    };
  });
}
