import { ofCommand, readArguments } from './arguments.js';
import { UsageError } from './errors.js';
import { wholeNumber } from './values.js';

/** What `tidegate verify` was asked to do. */
export interface VerifyOptions {
  readonly dir: string;
  readonly against: string;
  /** Differences to list; all are counted. */
  readonly limit: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reads the arguments after `verify`; 'help' when they ask for it. Throws {@link UsageError}. */
export function readVerifyOptions(args: readonly string[]): VerifyOptions | 'help' {
  const given = readArguments('verify', args, {
    against: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  });
  if (given.flag('help')) return 'help';
  const [dir, ...more] = given.positionals;
  return ofCommand('verify', () => {
    if (dir === undefined || dir === '') throw new UsageError('verify takes the directory that replicate wrote to');
    if (more.length > 0) throw new UsageError(`verify takes one directory, not also '${more[0]}'`);
    const against = given.text('against');
    if (against === undefined || against === '')
      throw new UsageError('verify needs --against FINAL, the file with the final tables');
    if (given.flag('json') && given.flag('quiet')) throw new UsageError('--json and --quiet exclude each other');
    const limit = given.text('limit');
    return {
      dir,
      against,
      limit: limit === undefined ? 20 : wholeNumber('limit', limit, 0, 1_000_000),
      json: given.flag('json'),
      quiet: given.flag('quiet'),
    };
  });
}
