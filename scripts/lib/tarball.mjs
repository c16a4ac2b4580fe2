// What a packed package must and must not contain.

const REQUIRED = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];

const ALLOWED = /^(package\.json|README\.md|LICENSE|bin\/.+\.js|dist\/.+\.(js|js\.map|d\.ts|d\.ts\.map)|src\/.+\.(ts|js|json))$/;

const TEST_FILE = /\.test\.[^/]*$/;

/** Every path that the package's `exports` and `bin` lead to, relative to the package. */
function targets(value) {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')];
  return Object.values(value ?? {}).flatMap(targets);
}

/**
 * Sentences about what is wrong with a tarball's list of files, none if nothing is: a required file or an entry point missing,
 * a file that has no business there, a compiled file whose source is gone (left over from an earlier build).
 */
export function strangeContents(files, manifest) {
  const present = new Set(files);
  const problems = [];
  for (const path of new Set([...REQUIRED, ...targets(manifest.exports), ...targets(manifest.bin)])) {
    if (!present.has(path)) problems.push(`the tarball lacks ${path}`);
  }
  for (const path of files) {
    if (!ALLOWED.test(path) || TEST_FILE.test(path)) problems.push(`${path} has no business in the tarball`);
    const source = path.match(/^dist\/(.+)\.(js|d\.ts)$/)?.[1];
    if (source !== undefined && !present.has(`src/${source}.ts`)) {
      problems.push(`${path} has no source src/${source}.ts: remove dist/ and build again`);
    }
  }
  return problems;
}
