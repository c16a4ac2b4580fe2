import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf, UsageError } from './errors.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** A command's arguments, read. */
export interface ReadArguments {
  /** Text of an option that takes one; undefined when it was not given. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Reads arguments strictly: an unknown or repeated option, or one without its value, is a {@link UsageError} of `command`. */
export function readArguments(command: string, args: readonly string[], options: Options): ReadArguments {
  const known: Options = { ...options, help: { type: 'boolean', short: 'h' } };
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options: known, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    throw new UsageError(firstSentence(error), command);
  }
  const seen = new Set<string>();
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option') continue;
    if (seen.has(token.name)) throw new UsageError(`--${token.name} is given twice`, command);
    seen.add(token.name);
  }
  return {
    text: (name) => {
      const value = parsed.values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => parsed.values[name] === true,
    positionals: parsed.positionals,
  };
}

/** Node adds advice on `--`, which is longer than what was wrong. */
function firstSentence(error: unknown): string {
  const text = messageOf(error);
  const [, dashed] = /argument is ambiguous.* use '(--[\w-]+)=-XYZ'/s.exec(text) ?? [];
  if (dashed !== undefined) return `${dashed} needs a value; one that starts with a dash is written ${dashed}=-…`;
  return text.split(/\. |\n/)[0]?.replace(/\.$/, '') ?? text;
}

/** Runs `read`, and tells a wrong value which command's help explains it. */
export function ofCommand<Value>(command: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError && error.command === undefined) throw new UsageError(error.message, command);
    throw error;
  }
}
