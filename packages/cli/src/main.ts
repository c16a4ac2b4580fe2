import { runTidegate } from './run.js';

// Who reads the output may leave (`| head`); the work goes on, and the exit code still tells how it went.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not process.exit: what is still in the pipes of standard output and error must leave first.
process.exitCode = await runTidegate(process.argv.slice(2));
