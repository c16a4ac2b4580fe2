/** Nanoseconds on a clock that all threads of a process share and that never goes back. */
export function nanoseconds(): number {
  return Number(process.hrtime.bigint());
}

/** Processor time of the whole process so far, in seconds: of all its threads. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
