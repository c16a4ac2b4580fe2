/** The first ```js block of a Markdown text, without its fences; undefined if there is none. */
export function firstExample(markdown: string): string | undefined {
  return /^```js\n([\s\S]*?)^```$/m.exec(markdown.replaceAll('\r\n', '\n'))?.[1];
}
