import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { firstExample } from './readme.js';
import { exists, packages, read, root } from './repository.js';

// The examples lie in an ignored folder of the repository, so that they resolve the packages as a user's own module would.
const EXAMPLES = join(root, 'test/.tidegate/examples');
const LONGEST_README = 80;
const DEADLINE_MS = 60_000;

const run = promisify(execFile);

/** Runs an example as a user's own module, in a process of its own. */
async function runExample(name: string, example: string): Promise<void> {
  const folder = join(EXAMPLES, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'example.mjs');
  writeFileSync(script, example);
  await run(process.execPath, [script], { cwd: folder, timeout: DEADLINE_MS });
}

describe('READMEs of the packages', () => {
  it.each(packages().map((pkg) => [pkg.short, pkg] as const))('%s has one, of one screen', (_short, pkg) => {
    expect(exists(`${pkg.folder}/README.md`), `${pkg.folder}/README.md is missing`).toBe(true);
    const readme = read(`${pkg.folder}/README.md`);
    expect(readme.split('\n').length).toBeLessThanOrEqual(LONGEST_README);
    expect(readme).toContain(`npm install ${pkg.manifest.name}`);
  });

  it.each(packages().map((pkg) => [pkg.short, pkg] as const))(
    '%s has an example that works',
    async (short, pkg) => {
      const example = firstExample(read(`${pkg.folder}/README.md`));
      if (example === undefined) throw new Error(`${pkg.folder}/README.md has no \`\`\`js block`);
      expect(example).toContain(pkg.manifest.name);
      await runExample(short, example);
    },
    DEADLINE_MS + 5_000,
  );

  it(
    'lead to HOSTS.md of the host, whose example works',
    async () => {
      expect(read('packages/host/README.md')).toContain('(HOSTS.md)');
      await runExample('hosts', firstExample(read('packages/host/HOSTS.md')) ?? "throw new Error('HOSTS.md has no example')");
    },
    DEADLINE_MS + 5_000,
  );

  it('are searched for their first js block alone', () => {
    expect(firstExample('# x\n```sh\nnpm i\n```\n\n```js\nfoo();\nbar();\n```\n```js\nbaz();\n```\n')).toBe('foo();\nbar();\n');
    expect(firstExample('# x\n```ts\nfoo();\n```\n')).toBeUndefined();
  });
});
