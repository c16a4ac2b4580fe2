import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDirectory, checkPresent } from './directoryPath.js';
import { runTidegate } from './run.js';
import { RecordedIo, temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);
let root: string;
let file: string;

beforeEach(async () => {
  root = await newDir();
  file = join(root, 'file');
  writeFileSync(file, 'x');
});

const said = async (...args: string[]): Promise<string> => {
  const io = new RecordedIo();
  expect(await runTidegate(args, io)).toBe(1);
  expect(io.stdout.text).toBe('');
  return io.stderr.text;
};

test('a directory passes, also one that is yet to be made; a file does not, nor does what would lie in it', () => {
  mkdirSync(join(root, 'there'));
  for (const good of ['there', 'not/yet', '.']) expect(() => checkDirectory(join(root, good), '--to')).not.toThrow();
  expect(() => checkDirectory(file, '--to')).toThrow(
    expect.objectContaining({
      code: 'CLI_DIRECTORY',
      message: `${file} is a file, and no directory; check the path: --to is a directory`,
    }),
  );
  expect(() => checkDirectory(join(file, 'a/b'), '--to')).toThrow(`for ${file} is a file`);
  expect(() => checkPresent(join(root, 'there'), 'what is verified')).not.toThrow();
  expect(() => checkPresent(join(root, 'gone'), 'what is verified')).toThrow(expect.objectContaining({ code: 'CLI_NOTHING' }));
});

describe('every command says so', () => {
  test('replicate: before it looks for the log, which may be missing as well; nothing is made', async () => {
    const log = join(root, 'no.log');
    expect(await said('replicate', log, '--to', file)).toBe(
      `tidegate: ${file} is a file, and no directory; check the path: --to is a directory (CLI_DIRECTORY)\n`,
    );
    expect(await said('replicate', log, '--to', join(root, 'to'), '--redo', file)).toMatch(
      /--redo is a directory \(CLI_DIRECTORY\)\n$/,
    );
    expect(readdirSync(root)).toEqual(['file']);
  });

  test('replicate of a log that is missing, or a directory: no directory is left behind', async () => {
    const [to, redo] = [join(root, 'deep/to'), join(root, 'redo')];
    expect(await said('replicate', join(root, 'no.log'), '--to', to, '--redo', redo)).toMatch(/no such file.*CANAL_INPUT/);
    expect(await said('replicate', root, '--to', to, '--redo', redo)).toMatch(/CANAL_INPUT/);
    expect(readdirSync(root)).toEqual(['file']);
  });

  test('verify: a directory that is missing, and a file', async () => {
    const gone = join(root, 'gone');
    expect(await said('verify', gone, '--against', file)).toBe(
      `tidegate: there is no directory ${gone}; check the path (CLI_NOTHING)\n`,
    );
    expect(await said('verify', file, '--against', file)).toMatch(/ is a file, and no directory; .*\(CLI_DIRECTORY\)\n$/);
  });

  test('redo apply: for the log and for what it is applied to', async () => {
    const log = join(root, 'log');
    mkdirSync(log);
    expect(await said('redo', 'apply', file, '--to', join(root, 'to'))).toMatch(
      /: the redo log is a directory \(CLI_DIRECTORY\)\n$/,
    );
    expect(await said('redo', 'apply', log, '--to', file)).toMatch(/: --to is a directory \(CLI_DIRECTORY\)\n$/);
    expect(await said('redo', 'apply', join(root, 'gone'), '--to', file)).toMatch(/there is no directory .*\(CLI_NOTHING\)\n$/);
  });
});
