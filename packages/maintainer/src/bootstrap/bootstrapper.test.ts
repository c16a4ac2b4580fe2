import { type BootstrapResponse, type BootstrapSpan, ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { Hosts } from '../hosts.js';
import { Bootstrapper } from './bootstrapper.js';

const span = (handle: number): BootstrapSpan => ({
  config: {
    id: handle.toString(16).padStart(32, '0'),
    handle,
    generation: 1,
    mode: 0,
    tableId: handle,
    schemaId: 1,
    startTs: 1n,
    skipDmlAsStartTs: false,
  },
  state: ComponentState.WORKING,
  checkpointTs: 5n,
});

const response = (handle: number, extra: Partial<BootstrapResponse> = {}): BootstrapResponse => ({
  type: 'bootstrap-response',
  from: 'node1',
  epoch: 1,
  spans: [span(handle)],
  checkpointTs: 7n,
  ...extra,
});

const part = (of: number, index: number, handle: number, more = true) =>
  response(handle, { part: { of, index }, ...(more && { more }) });

function make(): Bootstrapper {
  return new Bootstrapper(new Hosts([{ host: 'node1', coordinator: 'coordinator1' }]), 500);
}

const handles = (bootstrapper: Bootstrapper) =>
  bootstrapper.responses.flatMap(({ spans }) => spans.map(({ config }) => config.handle));

describe('a bootstrap response in parts (S-3, S-4)', () => {
  it('counts when its last part is here, with the spans of all', () => {
    const bootstrapper = make();
    expect([part(4, 0, 2), part(4, 1, 3), part(4, 2, 4, false)].map((one) => bootstrapper.answer(0, one))).toEqual([
      false,
      false,
      true,
    ]);
    expect(handles(bootstrapper)).toEqual([2, 3, 4]);
    expect(bootstrapper.responses).toMatchObject([{ checkpointTs: 7n }]);
  });

  it('with a part lost, first, middle or last, counts for nothing and is asked for again', () => {
    for (const lost of [0, 1, 2]) {
      const bootstrapper = make();
      bootstrapper.due(0);
      const parts = [part(4, 0, 2), part(4, 1, 3), part(4, 2, 4, false)].filter((_, index) => index !== lost);
      expect(parts.map((one) => bootstrapper.answer(0, one))).toEqual([false, false]);
      expect([bootstrapper.responses.length, bootstrapper.due(500)]).toEqual([0, [0]]);
      expect([part(5, 0, 6), part(5, 1, 7, false)].map((one) => bootstrapper.answer(0, one))).toEqual([false, true]);
      expect(handles(bootstrapper)).toEqual([6, 7]);
    }
  });

  it('is never put together from two responses', () => {
    const bootstrapper = make();
    expect([part(4, 0, 2), part(5, 1, 3, false)].map((one) => bootstrapper.answer(0, one))).toEqual([false, false]);
    expect(bootstrapper.responses).toEqual([]);
  });

  it('a part that comes twice ends the attempt; one in a single piece counts as ever', () => {
    const bootstrapper = make();
    expect([part(4, 0, 2), part(4, 1, 3), part(4, 1, 3), part(4, 2, 4, false)].map((one) => bootstrapper.answer(0, one))).toEqual(
      [false, false, false, false],
    );
    expect(bootstrapper.answer(0, response(9))).toBe(true);
    expect(handles(bootstrapper)).toEqual([9]);
  });
});
