/** Cases that no test has yet. This list only shrinks: a case that has a test may not stand in it. */
export const AWAITING: readonly string[] = [];
