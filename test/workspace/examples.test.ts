import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packages, read, repositoryFiles, root } from './repository.js';

const DEADLINE_MS = 60_000;
/** Examples that are asked for a short form. */
const SHORT: Readonly<Record<string, readonly string[]>> = { 'packages/ring/examples/compare.mjs': ['--quick'] };

const run = promisify(execFile);
const examples = repositoryFiles().filter((path) => /^packages\/[^/]+\/examples\/.+\.mjs$/.test(path));

describe('examples that stand beside a package', () => {
  it('are there for a lane by itself and for a channel between threads', () => {
    expect(examples).toEqual(
      expect.arrayContaining(['packages/ring/examples/twoThreads.mjs', 'packages/runtime/examples/channel.mjs']),
    );
  });

  it.each(examples)(
    '%s runs to its end, and its package tells of it',
    async (path) => {
      const [, short = '', , name = ''] = path.split('/');
      const pkg = packages().find((one) => one.short === short);
      expect(read(`packages/${short}/README.md`)).toContain(name);
      expect(read(path)).toContain(pkg?.manifest.name);
      const { stdout } = await run(process.execPath, [join(root, path), ...(SHORT[path] ?? [])], {
        cwd: join(root, 'packages', short),
        timeout: DEADLINE_MS,
      });
      expect(stdout).not.toBe('');
    },
    DEADLINE_MS + 5_000,
  );
});
