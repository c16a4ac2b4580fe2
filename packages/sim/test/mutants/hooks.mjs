// Changes compiled files of the packages while Node loads them. Registered by child.mjs, with the edits as data.

let edits = [];
const applied = new Set();

export function initialize(data) {
  edits = data.edits;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const own = edits.filter(({ suffix }) => url.endsWith(suffix));
  if (own.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { suffix, find, replace } of own) {
    const pieces = source.split(find);
    if (pieces.length !== 2)
      throw new Error(`${suffix} holds what a mutant replaces ${pieces.length - 1} times, not once: ${find}`);
    source = pieces.join(replace);
    applied.add(find);
  }
  return { ...loaded, source };
}
