// A package's `check` task, run in its folder: packs it as a release would, and looks at the tarball as a consumer would see it.
//   contents  the files that must be there, and none that must not
//   publint   manifest and files agree
//   attw      types resolve for every entry point under Node's ESM rules

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { strangeContents } from './lib/tarball.mjs';
import { root } from './lib/workspace.mjs';

const folder = process.cwd();
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const packs = join(root, 'out/packs', basename(folder));
rmSync(packs, { recursive: true, force: true });
mkdirSync(packs, { recursive: true });

const packed = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--pack-destination', packs], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  }),
)[0];
const tarball = join(packs, packed.filename);

let failures = 0;

for (const problem of strangeContents(
  packed.files.map((file) => file.path),
  manifest,
)) {
  console.error(`${manifest.name}: ${problem}`);
  failures += 1;
}

function tool(name, script, args) {
  const done = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: folder, encoding: 'utf8' });
  if (done.status === 0) return;
  console.error(`${manifest.name}: ${name} finds fault:\n${done.stdout}${done.stderr}`);
  failures += 1;
}

tool('publint', 'publint/src/cli.js', ['run', tarball, '--strict']);
tool('attw', '@arethetypeswrong/cli/dist/index.js', [
  ...[tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'],
  ...['--exclude-entrypoints', './package.json'],
]);

if (failures === 0) console.log(`${manifest.name}: ${packed.files.length} files, ${packed.size} bytes packed, no fault found`);
process.exit(failures === 0 ? 0 : 1);
