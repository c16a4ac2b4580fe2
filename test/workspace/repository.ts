import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, absolute. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type?: string;
  readonly license?: string;
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One package of the workspace: `short` is its folder's name, `folder` its path from the root. */
export interface Package {
  readonly short: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A source file: its path from the root, with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Reads a text file by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Whether there is a file or folder at this path from the root. */
export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** The manifest in a folder given from the root (`''` for the root's own). */
export function readManifest(folder: string): Manifest {
  return JSON.parse(read(join(folder, 'package.json'))) as Manifest;
}

/** The packages that are published: the folders of packages/. */
export function packages(): readonly Package[] {
  return readdirSync(join(root, 'packages'))
    .filter((short) => exists(`packages/${short}/package.json`))
    .map((short) => ({ short, folder: `packages/${short}`, manifest: readManifest(`packages/${short}`) }));
}

/** Every TypeScript file of a package, its tests with it. */
export function sourcesOf(pkg: Package): readonly SourceFile[] {
  return repositoryFiles()
    .filter((path) => path.startsWith(`${pkg.folder}/`) && path.endsWith('.ts'))
    .map((path) => ({ path, text: read(path) }));
}

/** Folders of what is made here, as .gitignore has them, for a copy of the repository without git. */
const MADE: ReadonlySet<string> = new Set(['node_modules', 'dist', '.turbo', '.tidegate', 'out', '.git']);

/** Files that git has or would take: everything that is in the folder, is not ignored, and still exists. */
export function repositoryFiles(): readonly string[] {
  const files = exists('.git') ? filesByGit() : filesByFolder();
  return [...new Set(files)].filter((path) => path !== '' && exists(path)).sort();
}

function filesByGit(): readonly string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\0');
}

/** Every file of a folder as it lies on the disk, whatever git ignores; without what is made there. `folder` ends in a slash. */
export function filesByFolder(folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) return MADE.has(entry.name) ? [] : filesByFolder(`${path}/`);
    return entry.isFile() ? [path] : [];
  });
}
