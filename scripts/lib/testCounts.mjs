// Sums what each package's vitest wrote (its JSON report) into one count.

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './workspace.mjs';

// How much of a failed test's message is said again at the end.
const MESSAGE_LINES = 6;

/**
 * Counts of one vitest JSON report. A file that failed before any of its tests could run counts as one failure,
 * so that an import error never reads as "nothing failed".
 */
function countReport(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** What failed, each with its file, name and the first lines of its message: a log that is cut in the middle still says it. */
function failuresOf(report) {
  return report.testResults
    .filter((file) => file.status === 'failed')
    .flatMap((file) => {
      const failed = file.assertionResults.filter((test) => test.status === 'failed');
      const name = relative(root, file.name);
      if (failed.length === 0) return [`${name}: ${firstLines(file.message)}`];
      return failed.map((test) => `${name} > ${test.fullName}: ${firstLines(test.failureMessages[0])}`);
    });
}

function firstLines(message = '') {
  return message.split('\n').slice(0, MESSAGE_LINES).join('\n    ');
}

/** Counts of one report file with what failed in it, or a reason why they cannot be had. */
export function readCounts(path) {
  if (!existsSync(path)) return { missing: true, problem: 'wrote no report (its build or its test run did not come that far)' };
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const counts = countReport(report);
  if (counts.passed + counts.failed === 0) return { problem: 'has no test that ran' };
  return { ...counts, failures: failuresOf(report) };
}

/** The counts that a command left in a file; a command that failed without counting a failure counts as one. */
export function readTotal(path, status) {
  const total = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
  return status !== 0 && total.failed === 0 ? { ...total, failed: 1 } : total;
}

/** The sum of several counts. */
export function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) for (const key of Object.keys(total)) total[key] += counts[key];
  return total;
}

/** The closing line: `N passed, N failed`, with `, N skipped` when something was. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
