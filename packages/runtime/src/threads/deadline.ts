/** Longest delay that a Node timer takes, in milliseconds; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Calls `passed` after `milliseconds`, unless the function that it returns is called before. Where the event loop was
 * blocked beyond the deadline, messages that had arrived by then are handed out first: a busy main thread is no reason to
 * take a thread that has answered for one that has not.
 */
export function deadlineIn(milliseconds: number, passed: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(
    () => {
      // Timers come before the messages of the same round of the loop, immediates behind them.
      immediate = setImmediate(passed);
    },
    Math.min(milliseconds, LONGEST_DELAY),
  );
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
