import { describeError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { MAIN_HELP, REDO_HELP, REPLICATE_HELP, STORM_HELP, VERIFY_HELP } from './help.js';
import { type Io, processIo } from './io.js';
import { readRedoOptions } from './redoOptions.js';
import type { StartHost } from './replicate.js';
import { readReplicateOptions } from './replicateOptions.js';
import { readStormOptions } from './storm/commandOptions.js';
import { readVerifyOptions } from './verifyOptions.js';
import { version } from './version.js';

/**
 * Runs the `tidegate` command with the given arguments and answers its exit code. Never throws: what goes wrong is
 * written to standard error as `tidegate: …`. `start` starts hosts, for tests.
 */
export async function runTidegate(args: readonly string[], io: Io = processIo, start?: StartHost): Promise<ExitCode> {
  try {
    return await dispatch(args, io, start);
  } catch (error) {
    if (error instanceof UsageError) {
      const help = error.command === undefined ? 'tidegate --help' : `tidegate ${error.command} --help`;
      io.stderr.write(`tidegate: ${error.message}\nTry '${help}'.\n`);
      return ExitCode.USAGE;
    }
    io.stderr.write(`tidegate: ${describeError(error)}\n`);
    return ExitCode.FAILED;
  }
}

/** Only what a command needs is loaded. */
async function dispatch(args: readonly string[], io: Io, start: StartHost | undefined): Promise<ExitCode> {
  const [command, ...rest] = args;
  switch (command) {
    case 'replicate': {
      const options = readReplicateOptions(rest);
      if (options === 'help') return show(io, REPLICATE_HELP);
      const { replicate } = await import('./replicate.js');
      return await replicate(options, io, start);
    }
    case 'verify': {
      const options = readVerifyOptions(rest);
      if (options === 'help') return show(io, VERIFY_HELP);
      const { verify } = await import('./verify.js');
      return await verify(options, io);
    }
    case 'redo': {
      const options = readRedoOptions(rest);
      if (options === 'help') return show(io, REDO_HELP);
      const { redoApply } = await import('./redoApply.js');
      return await redoApply(options, io);
    }
    case 'storm': {
      const options = readStormOptions(rest);
      if (options === 'help') return show(io, STORM_HELP);
      const { stormCommand } = await import('./storm/stormCommand.js');
      return await stormCommand(options, io);
    }
    case 'help':
    case '--help':
    case '-h':
      return show(io, helpOf(rest[0]));
    case '--version':
    case '-V':
      return show(io, `${version()}\n`);
    case undefined:
      throw new UsageError('a command is needed: replicate, verify, redo or storm');
    default:
      throw new UsageError(
        `there is no ${command.startsWith('-') ? 'option' : 'command'} '${command}'; commands are replicate, verify, redo and storm`,
      );
  }
}

function helpOf(command: string | undefined): string {
  if (command === 'replicate') return REPLICATE_HELP;
  if (command === 'redo') return REDO_HELP;
  if (command === 'storm') return STORM_HELP;
  return command === 'verify' ? VERIFY_HELP : MAIN_HELP;
}

function show(io: Io, text: string): ExitCode {
  io.stdout.write(text);
  return ExitCode.OK;
}
