import type { Manifest } from './repository.js';

const EXACT = /^\d+\.\d+\.\d+$/;

const FILES = ['dist', '!dist/.tsbuildinfo', 'src', '!src/**/*.test.ts', 'README.md', 'LICENSE'];

const TASKS = ['build', 'test', 'lint', 'check'];

/** Everything that a manifest depends on, by whatever list, as [name, range]. */
export function ranges(manifest: Manifest): readonly (readonly [string, string])[] {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
  return [dependencies, devDependencies, peerDependencies, optionalDependencies].flatMap((list) => Object.entries(list ?? {}));
}

/** Sentences about versions that are not exact, and about packages of ours that are asked for at another version than `ours`. */
export function versionFaults(manifest: Manifest, ours: string): readonly string[] {
  const faults = ranges(manifest)
    .filter(([, range]) => !EXACT.test(range))
    .map(([name, range]) => `${manifest.name}: ${name} is asked for as "${range}", not at an exact version`);
  for (const [name, range] of ranges(manifest)) {
    if (name.startsWith('@tidegate/') && range !== ours)
      faults.push(`${manifest.name}: ${name} is ${range}, the workspace is ${ours}`);
  }
  if (manifest.version !== ours) faults.push(`${manifest.name}: is ${manifest.version}, the workspace is ${ours}`);
  return faults;
}

/** Sentences about what a published package's manifest lacks. `engine` is the Node range that the root asks for. */
export function publicationFaults(manifest: Manifest, short: string, engine: string): readonly string[] {
  const faults: string[] = [];
  const expect = (ok: boolean, fault: string) => {
    if (!ok) faults.push(`${manifest.name}: ${fault}`);
  };
  expect(manifest.name === `@tidegate/${short}`, `is not named @tidegate/${short}, after its folder`);
  expect(manifest.type === 'module', 'is not "type": "module"');
  expect(manifest.license === 'Apache-2.0', 'is not under Apache-2.0');
  expect(manifest.engines?.node === engine, `does not ask for Node ${engine}`);
  for (const file of FILES) expect(manifest.files?.includes(file) === true, `does not list ${file} in files`);
  for (const task of TASKS) expect(manifest.scripts?.[task] !== undefined, `has no ${task} script`);
  for (const [name, command] of Object.entries(manifest.scripts ?? {})) {
    expect(!/\bturbo\b/.test(command), `calls turbo in its ${name} script, which turbo itself runs`);
  }
  return [...faults, ...entryFaults(manifest)];
}

function entryFaults(manifest: Manifest): readonly string[] {
  const faults: string[] = [];
  const exports = manifest.exports ?? {};
  if (exports['.'] === undefined) faults.push(`${manifest.name}: exports no "."`);
  if (exports['./package.json'] !== './package.json') faults.push(`${manifest.name}: does not export ./package.json`);
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === 'string') {
      if (entry !== './package.json') faults.push(`${manifest.name}: the entry ${entry} has no types`);
    } else if (Object.keys(target).join() !== 'types,default') {
      faults.push(`${manifest.name}: the entry ${entry} is not {types, default}, types first`);
    } else if (target.types !== target.default?.replace(/\.js$/, '.d.ts')) {
      faults.push(`${manifest.name}: the entry ${entry} has types that do not belong to its code`);
    }
  }
  return faults;
}
