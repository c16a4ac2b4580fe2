import { describe, expect, it } from 'vitest';
import { anchors, forbiddenMentions, relativeLinks } from './documents.js';
import { exists, filesByFolder, packages, read, readManifest, repositoryFiles } from './repository.js';

const BINARY = /\.(gz|zst|png|jpg|ico|woff2)$/;

describe('documents', () => {
  const files = repositoryFiles().filter((path) => !BINARY.test(path));
  const documents = files.filter((path) => path.endsWith('.md'));

  it('name no path of one machine and no host of a registry', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((path) => forbiddenMentions({ path, text: read(path) }))).toEqual([]);
  });

  it('are all taken by git, as is every source: none falls to a pattern of .gitignore', () => {
    const taken = new Set(repositoryFiles());
    const sources = packages()
      .flatMap((pkg) => filesByFolder(`${pkg.folder}/`))
      .concat(filesByFolder('test/'));
    expect(sources.filter((path) => /\.(ts|md)$/.test(path) && !taken.has(path))).toEqual([]);
  });

  it('have relative links that lead somewhere', () => {
    const broken = documents.flatMap((path) =>
      relativeLinks({ path, text: read(path) })
        .filter((link) => !exists(link.path) || (link.anchor !== undefined && !anchors(read(link.path)).has(link.anchor)))
        .map((link) => `${path}:${link.line}: leads nowhere: ${link.path}${link.anchor === undefined ? '' : `#${link.anchor}`}`),
    );
    expect(broken).toEqual([]);
  });

  it.each(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'LICENSE'])('include %s', (path) => {
    expect(exists(path)).toBe(true);
    expect(read(path).trim().length).toBeGreaterThan(200);
  });

  it.each(['npm start', 'npm test'])('tell a newcomer of `%s`, in the README', (command) => {
    expect(exists('README.md') ? read('README.md') : '').toContain(command);
  });

  it('speak of the version that the packages have, in the changelog', () => {
    expect(read('CHANGELOG.md')).toContain(readManifest('').version);
  });

  it('have every command of the root that they tell of', () => {
    const scripts = readManifest('').scripts ?? {};
    const told = documents.flatMap((path) =>
      [...read(path).matchAll(/\bnpm run ([a-z:]+)/g)].map((match) => [path, match[1] ?? ''] as const),
    );
    expect(told.filter(([, script]) => scripts[script] === undefined)).toEqual([]);
  });
});

describe('the checks of documents can fail', () => {
  const dirs = ['work/main', 'tmp/x', 'home/me', 'root/x', 'Users/me'];

  it.each(dirs.map((dir) => `/${dir}`))('on the path %s', (path) => {
    expect(forbiddenMentions({ path: 'a.md', text: `first\nsee \`${path}\`` })).toEqual([
      expect.stringMatching(/^a\.md:2: names a path/),
    ]);
  });

  it.each([['..', 'shared/design'].join('/'), ['registry', 'npmjs', 'org'].join('.'), ['www', 'npmjs', 'com'].join('.')])(
    'on %s',
    (text) => {
      expect(forbiddenMentions({ path: 'a.md', text })).not.toEqual([]);
    },
  );

  it('and pass over what only looks alike', () => {
    expect(forbiddenMentions({ path: 'a.ts', text: `join(dir, 'shared/x'); './worker'; 'network/tmp'; tmpdir()` })).toEqual([]);
  });

  it('on links: files, headings, references, and none inside code', () => {
    const text =
      '# A title, of *sorts*\n[a](b.md#c-d) [b](https://x.test/y) ![i](../i.png)\n```\n[no](no.md)\n```\n`[no](no.md)`\n[r]: ./r.md\n[s](#x)';
    expect(relativeLinks({ path: 'docs/a.md', text })).toEqual([
      { line: 2, path: 'docs/b.md', anchor: 'c-d' },
      { line: 2, path: 'i.png', anchor: undefined },
      { line: 7, path: 'docs/r.md', anchor: undefined },
      { line: 8, path: 'docs/a.md', anchor: 'x' },
    ]);
    expect([...anchors(text)]).toEqual(['a-title-of-sorts']);
  });
});
