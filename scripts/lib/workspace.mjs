// What every command at the root shares: where the workspace is, how to install it, how to call its tools.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, absolute. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Runs a command in the root with this terminal's streams and waits for it.
 * Returns its exit status; a command that a signal ended, or that could not start, counts as 1.
 */
function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error) console.error(`cannot run ${command}: ${done.error.message}`);
  return done.status ?? 1;
}

/** As `run`, for a script that this Node executes. */
export function runNode(script, args, options = {}) {
  return run(process.execPath, [join(root, script), ...args], options);
}

/** As `run`, for npm: the one that started us, or else the one on the path. */
export function runNpm(args, options = {}) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('.js')) return run(process.execPath, [cli, ...args], options);
  return run('npm', args, { shell: process.platform === 'win32', ...options });
}

/** As `run`, for turbo: quiet about itself and about npm, and with this Node's version in every cache key. */
export function runTurbo(args) {
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    TIDEGATE_NODE: process.version,
    npm_config_loglevel: 'silent',
  };
  return runNode('node_modules/turbo/bin/turbo', args, { env });
}

function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : Number.NEGATIVE_INFINITY;
}

/** Installs exactly what the lock file says, unless node_modules is there and no older than the lock file. */
export function ensureInstalled() {
  if (modifiedAt(join(root, 'node_modules/.package-lock.json')) >= modifiedAt(join(root, 'package-lock.json'))) return;
  console.log('Installing dependencies (npm ci) …');
  if (runNpm(['ci', '--no-audit', '--no-fund']) !== 0) fail('npm ci failed: see the messages above.');
}

/** Installs if need be and builds a package with all that it stands on. */
export function ensureBuilt(name) {
  ensureInstalled();
  if (runTurbo(['run', 'build', `--filter=${name}...`, '--output-logs=errors-only']) !== 0)
    fail('The build failed: see the messages above.');
}

/** The workspace's packages as {name, folder (relative to the root), manifest}, in the order of the root's `workspaces`. */
export function packages() {
  const { workspaces } = readJson('package.json');
  const folders = workspaces.flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(root, pattern.slice(0, -2))).map((entry) => `${pattern.slice(0, -2)}/${entry}`)
      : [pattern],
  );
  return folders
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const manifest = readJson(`${folder}/package.json`);
      return { name: manifest.name, folder, manifest };
    });
}

/** A JSON file, by its path from the root. */
function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** Ends the process with a message and exit status 1. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}
