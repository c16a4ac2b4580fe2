import { runStorm, type StormOptions, type StormReport, type StormSample } from '@tidegate/cli';

/** To whoever has started this process: a look, or the end. */
export type StormMessage =
  | { readonly type: 'look'; readonly sample: StormSample }
  | { readonly type: 'end'; readonly report: StormReport };

// A process of its own: its memory is the storm's alone.
process.once('message', (options: StormOptions) => {
  const tell = (message: StormMessage): unknown => process.send?.(message);
  const running = runStorm({ ...options, onSample: (sample) => tell({ type: 'look', sample }) });
  running.then(
    (report) => {
      tell({ type: 'end', report });
      process.disconnect();
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
