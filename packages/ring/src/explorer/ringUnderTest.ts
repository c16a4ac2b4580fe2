import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { compileFunction } from 'node:vm';
import type * as ring from '../index.js';
import {
  ADD,
  ASLEEP,
  COMPARE_EXCHANGE,
  LOAD,
  NOT_EQUAL,
  NOTIFY,
  type Operate,
  READ,
  STORE,
  SUB,
  TIMED_OUT,
  WAIT,
  WRITE,
  WRITE_BYTE,
} from './operations.js';

/** The modules that touch shared memory, each after what it imports. */
const MODULES = ['layout', 'errors', 'createLane', 'attachLane', 'doorbell', 'laneProducer', 'laneConsumer'] as const;

/** A change of one place in a compiled module: `from` must be there exactly once. */
export interface Patch {
  readonly module: (typeof MODULES)[number];
  readonly from: string;
  readonly to: string;
}

/** Where the code under test does its operations; the explorer that runs plugs itself in. */
interface Port {
  operate: Operate;
  place(region: number, word: number): number;
  regionOf(memory: SharedArrayBuffer): number;
}

export interface RingUnderTest {
  readonly ring: Pick<typeof ring, 'Doorbell' | 'LaneConsumer' | 'LaneProducer' | 'LaneGenerationError' | 'LaneClosedError'>;
  readonly port: Port;
}

/** Looks before a sleep announces itself are looks like those after it, and a hundred of them are no news. */
const NO_SPINNING: Patch = { module: 'doorbell', from: 'SPIN_LOOKS = 100;', to: 'SPIN_LOOKS = 0;' };

/**
 * Loads what `tsc` made of this package, as it ships but for the patches, with `Atomics` and the views of shared memory replaced
 * by ones that do their operations through a port. Time stands still in it: no wait ends by itself.
 */
export function loadRing(patches: readonly Patch[] = []): RingUnderTest {
  const unplugged = (): never => {
    throw new Error('no explorer is running this code');
  };
  const port: Port = { operate: unplugged, place: unplugged, regionOf: () => -1 };
  const globals = substitutes(port);
  const modules = new Map<string, Record<string, unknown>>([['node:util', { types }]]);
  const imported = (name: string): unknown => modules.get(name);
  for (const module of MODULES) {
    const url = new URL(`../../dist/${module}.js`, import.meta.url);
    let code = readFileSync(url, 'utf8');
    for (const patch of [NO_SPINNING, ...patches]) if (patch.module === module) code = patched(code, patch);
    const compiled = compileFunction(asFunction(code), ['$import', ...Object.keys(globals)], { filename: url.pathname });
    modules.set(`./${module}.js`, compiled(imported, ...Object.values(globals)) as Record<string, unknown>);
  }
  return { ring: Object.assign({}, ...modules.values()) as RingUnderTest['ring'], port };
}

function patched(code: string, { module, from, to }: Patch): string {
  const parts = code.split(from);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places of ${module}.js read '${from}': build, or mend the patch`);
  return parts.join(to);
}

/** The body of a function that returns what the module exports. */
function asFunction(module: string): string {
  const names = [...module.matchAll(/^export (?:abstract )?(?:class|const|function) (\w+)/gm)].map((match) => match[1]);
  const body = module.replace(/^import (\{[^}]*\}) from ('[^']+');/gm, 'const $1 = $import($2);').replace(/^export /gm, '');
  return `'use strict';\n${body}\nreturn { ${names.join(', ')} };`;
}

type View = (Int32ArrayConstructor | Uint32ArrayConstructor | Uint8ArrayConstructor) & {
  new (memory: SharedArrayBuffer, offset?: number, length?: number): object;
};

function substitutes(port: Port): Record<string, unknown> {
  const regions = new WeakMap<object, number>();
  const place = (view: object, word: number): number => port.place(regions.get(view) ?? -1, word);

  /** A constructor of views that are watched when they are of a whole region, and ordinary otherwise. */
  const watched = (Real: View): unknown => {
    const bytes = Real.BYTES_PER_ELEMENT;
    const handler = (region: number): ProxyHandler<object> => ({
      get(target, key) {
        const index = typeof key === 'string' ? Number(key) : Number.NaN;
        if (Number.isNaN(index)) return Reflect.get(target, key) as unknown;
        const at = index * bytes;
        const word = port.operate(READ, port.place(region, at >>> 2), 0, 0);
        if (bytes === 1) return (word >>> (8 * (at & 3))) & 0xff;
        return Real === Uint32Array ? word >>> 0 : word;
      },
      set(_target, key, value: number) {
        const at = Number(String(key)) * bytes;
        port.operate(bytes === 1 ? WRITE_BYTE : WRITE, port.place(region, at >>> 2), value | 0, at & 3);
        return true;
      },
    });
    // They have no state, and every attachment makes three.
    const views = new WeakMap<SharedArrayBuffer, object>();
    function Watched(memory: SharedArrayBuffer, offset?: number, length?: number): object {
      const known = typeof memory === 'object' ? views.get(memory) : undefined;
      if (known !== undefined && !(bytes === 1 && length !== undefined)) return known;
      const real = new Real(memory, offset, length) as object;
      const region = typeof memory === 'object' ? port.regionOf(memory) : -1;
      // The name is written once, when the lane is made; what reads it needs a real array.
      if (region === -1 || (bytes === 1 && length !== undefined)) return real;
      if (offset !== undefined && offset !== 0) throw new Error('a view of a part of shared memory is not watched');
      const view = new Proxy<object>(real, handler(region));
      regions.set(view, region);
      views.set(memory, view);
      return view;
    }
    return Object.assign(Watched, { BYTES_PER_ELEMENT: bytes });
  };

  const atomics = {
    load: (view: object, word: number) => port.operate(LOAD, place(view, word), 0, 0),
    store: (view: object, word: number, value: number) => {
      port.operate(STORE, place(view, word), value, 0);
      return value;
    },
    add: (view: object, word: number, value: number) => port.operate(ADD, place(view, word), value, 0),
    sub: (view: object, word: number, value: number) => port.operate(SUB, place(view, word), value, 0),
    compareExchange: (view: object, word: number, expected: number, value: number) =>
      port.operate(COMPARE_EXCHANGE, place(view, word), expected, value),
    notify: (view: object, word: number) => port.operate(NOTIFY, place(view, word), 0, 0),
    waitAsync: (view: object, word: number, value: number) => {
      const result = port.operate(WAIT, place(view, word), value, 0);
      if (result === NOT_EQUAL) return { async: false, value: 'not-equal' };
      if (result === ASLEEP) return { async: true, value: new Promise(() => undefined) };
      return { async: true, value: Promise.resolve(result === TIMED_OUT ? 'timed-out' : 'ok') };
    },
  };
  return {
    Atomics: atomics,
    Int32Array: watched(Int32Array),
    Uint32Array: watched(Uint32Array),
    Uint8Array: watched(Uint8Array),
    performance: { now: () => 0 },
    setTimeout: () => ({ ref: () => undefined, unref: () => undefined }),
    clearTimeout: () => undefined,
  };
}
