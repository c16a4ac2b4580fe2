import { posix } from 'node:path';
import type { SourceFile } from './repository.js';

// Written so that this file does not match itself.
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.])[/]work[/]/, 'a path of one machine'],
  [/(?<![\w.}])[/](?:tmp|home|root|Users)[/][A-Za-z]/, 'a path of one machine'],
  [/[.][.][/]shared\b/, 'a path outside of the repository'],
  [/\bregistry[.][\w-]+[.](?:org|com|net|io|dev)\b/, 'the host of a registry'],
  [/\bnpmjs[.](?:org|com)\b/, 'the host of a registry'],
];

/** Sentences about what a file of the repository must not name: a path of one machine, the host of a registry. */
export function forbiddenMentions(file: SourceFile): readonly string[] {
  return file.text.split('\n').flatMap((line, index) =>
    FORBIDDEN.flatMap(([pattern, what]) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`${file.path}:${index + 1}: names ${what}: ${match[0]}`];
    }),
  );
}

/** A relative link of a Markdown file: the path from the root that it leads to, and the heading if it names one. */
export interface Link {
  readonly line: number;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Every relative link and image of a Markdown file, outside of code. */
export function relativeLinks(file: SourceFile): readonly Link[] {
  return withoutCode(file.text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\s*\[[^\]]+\]:\s*(\S+)/g)].flatMap((match) => {
        const target = match[1] ?? match[2] ?? '';
        if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const from = posix.dirname(file.path);
        return [{ line: index + 1, path: path === '' ? file.path : posix.join(from, decodeURI(path)), anchor }];
      }),
    );
}

/** The anchors of a Markdown text's headings, as the usual viewers form them. */
export function anchors(markdown: string): ReadonlySet<string> {
  const headings = withoutCode(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm);
  return new Set(
    [...headings].map((heading) =>
      (heading[1] ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The text with fenced blocks and code spans blanked, its lines kept. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ' ')).replace(/`[^`\n]*`/g, 'code');
}
