/** Texts of `--help`. */

const EXIT_CODES = `Exit codes
  0    done: everything replicated, or nothing differs
  1    failed, or tables differ, or a storm's figures do not add up
  2    wrong command line
  130  stopped by Ctrl-C (143: by SIGTERM)
`;

export const MAIN_HELP: string = `Usage: tidegate COMMAND [OPTIONS]

Keeps replication in step at block events: replicates a change log over several
worker threads, and takes every DDL that touches several tables as a barrier.

Commands
  replicate LOG --to DIR          replicate a recorded change log to a directory
  verify DIR --against FINAL      compare what was written with final tables
  redo apply DIR --to OUT         replay a redo log to a directory
  storm --dispatchers N --hold S  make everybody wait, and see what the storm of reports costs

  tidegate COMMAND --help         options of a command
  tidegate --version              version

${EXIT_CODES}`;

export const REPLICATE_HELP: string = `Usage: tidegate replicate LOG --to DIR [OPTIONS]

Replicates a change log (Canal-JSON with the TiDB extension, one message a line;
plain, gzip or Zstandard; - is standard input) to DIR in the layout of TiCDC's
storage sink. A DIR that holds an earlier run is continued at its checkpoint.

Options
  --to DIR                    directory to write to; created when missing
  --redo LOG                  keep a redo log in this directory, which is always ahead of
                              DIR: 'tidegate redo apply LOG --to OUT' leads further
  --force-log                 continue a DIR that was written from another log
  -w, --workers N             worker threads, 1 to 256 (default: cores less one)
  --start-ts TS               start behind this timestamp instead of at the beginning;
                              a DIR with a checkpoint takes no other
  --unclassified error|all    a DDL of unknown form: stop with an error (default), or
                              take it as touching every table
  --sync-point-interval TIME  take a sync point this often in the log's own time,
                              at least 30s (default: none)
  --file-size SIZE            close a file at this size, 1KiB to 512MiB (default 64MiB)
  --flush-interval TIME       close a file this long after its first row (default 1s)
  --no-fsync                  do not wait for the disk: faster, and lost by a power failure
  --stop-deadline TIME        time that Ctrl-C gives what is under way (default 10s);
                              a second Ctrl-C ends at once
  --json                      print events and a final summary as JSON, one a line
  -q, --quiet                 print errors only
  -h, --help                  this text

A progress line is shown on a terminal only.

${EXIT_CODES}`;

export const VERIFY_HELP: string = `Usage: tidegate verify DIR --against FINAL [OPTIONS]

Carries out everything that DIR holds up to its checkpoint, row changes and DDLs in
commit order, and compares every cell of every table with FINAL: one table a line as
{database, table, columns, rows}, plain or gzip.

Options
  --against FINAL             file with the final tables
  --limit N                   list at most N differences (default 20); all are counted
  --json                      print differences and a final verdict as JSON, one a line
  -q, --quiet                 print errors only; the exit code tells
  -h, --help                  this text

${EXIT_CODES}`;

export const REDO_HELP: string = `Usage: tidegate redo apply DIR --to OUT [OPTIONS]

Replays the redo log in DIR to OUT in the layout of TiCDC's storage sink: row
changes, DDLs and sync points of all workers in commit order, each once. An OUT that
has a checkpoint is continued there.

Options
  --to OUT                    directory to write to; created when missing
  --from TS                   leave out what is at or below this timestamp, because OUT
                              needs it no more; an OUT with a checkpoint takes no other
  --up-to TS                  go no further than this timestamp (default: as far as the
                              log is complete, which is the most)
  --json                      print a summary as JSON
  -q, --quiet                 print errors only
  -h, --help                  this text

${EXIT_CODES}`;

export const STORM_HELP: string = `Usage: tidegate storm [--dispatchers N] [--hold S] [OPTIONS]

Tries a size on this machine: N tables with a dispatcher each on real worker threads,
a sink that keeps nothing, and one sync point, at which everybody waits. For S seconds
nobody can go on, and whoever hears nothing reports again and again. Shown: how many
statuses are offered, suppressed at each stage, sent, and handled by the maintainer;
memory; and at the end how long it took to complete, and the processor time of each
thread. Nothing is written, nothing is read.

Options
  -n, --dispatchers N         dispatchers, 1 to 10000000 (default 10000)
  --hold S                    how long nobody can go on, in seconds or as 1500ms, 2m;
                              up to 1h (default 10)
  -w, --workers N             worker threads, 1 to 256 (default: cores less one)
  --cause stalled-maintainer  from the first report on the maintainer leaves everything
                              that comes in its inbox, as if it were busy elsewhere, and
                              nothing is acknowledged (default). The inbox is the lane to
                              it, with its bound; its own timers go on
  --cause slow-table          the flush of one table takes S seconds: all others are
                              acknowledged, and wait in silence
  --resend TIME               who is not acknowledged reports again this often, at least
                              10ms (default 1s; a real host begins with 5s and backs off)
  --json                      print progress and a summary as JSON, one a line
  -q, --quiet                 print errors only; the exit code tells
  -h, --help                  this text

What is shown
  offered      by dispatchers, repetitions included
  suppressed   worker: the one before still waits for room on the lane. Pending map,
               request queue, outstanding (delivered, not answered): an equal one is there
  sent         to the maintainer; the coordinator itself sends again what is outstanding
  handled      by the barrier. The protocol needs two a dispatcher: WAITING and DONE
  processor    of one core. Helpers of the engine (collection, compilation) are in
               'everything' only. Heaps contain garbage: compare with 'at rest'

Ctrl-C ends it early and shows the figures so far.

${EXIT_CODES}`;
