import type { BootstrapResponse } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { Hosts } from '../hosts.js';
import { span } from '../testing/spans.js';
import { Bootstrapper } from './bootstrapper.js';

const response = (handles: readonly number[], extra: Partial<BootstrapResponse> = {}): BootstrapResponse => ({
  type: 'bootstrap-response',
  from: 'node1',
  epoch: 1,
  spans: handles.map((handle) => span(handle, handle)),
  checkpointTs: 7n,
  ...extra,
});

const part = (of: number, index: number, handle: number, more = true) =>
  response([handle], { part: { of, index }, ...(more && { more }) });

/** A bootstrapper over some nodes, with the names of those that it would ask. */
class World {
  readonly hosts: Hosts;
  readonly bootstrapper: Bootstrapper;

  constructor(...nodes: readonly string[]) {
    this.hosts = new Hosts(nodes.map((host) => ({ host, coordinator: host })));
    this.bootstrapper = new Bootstrapper(this.hosts, { resendAfter: 2_000, patience: 30_000 });
  }

  due(now = 0): string[] {
    return this.bootstrapper.due(now).map((host) => this.hosts.name(host));
  }

  answer(node: string, handles: readonly number[] = [], extra: Partial<BootstrapResponse> = {}): boolean {
    const join = this.bootstrapper.joinOf(node);
    return this.bootstrapper.answer(node, response(handles, { from: node, ...(join && { join }), ...extra }), 0);
  }

  join(node: string): void {
    this.hosts.join(node, node);
    this.bootstrapper.join(node);
  }

  leave(node: string): void {
    this.hosts.lose(this.hosts.indexOf(node));
    this.bootstrapper.leave(node);
  }

  get spans(): number[] {
    return this.bootstrapper.responses.map(({ spans }) => spans.length);
  }
}

describe('bootstrapper (S-1, S-4)', () => {
  it('HandleNewNodes: asks each once; unknown ones do not count; ready when all have answered, also after some came and went (S-1, S-4)', () => {
    const world = new World('node1', 'node2');
    expect(world.due()).toEqual(['node1', 'node2']);
    expect([world.answer('stranger'), world.answer('node1', [2])]).toEqual([false, true]);
    expect(world.bootstrapper.complete).toBe(false);
    expect([world.answer('node2', [3, 4]), world.bootstrapper.complete, world.spans]).toEqual([true, true, [1, 2]]);
    world.bootstrapper.clear();

    world.join('node3');
    expect([world.due(1), world.bootstrapper.complete]).toEqual([['node3'], false]);
    expect([world.answer('node3'), world.bootstrapper.responses.length]).toEqual([true, 1]);
    world.leave('node3');
    expect(world.bootstrapper.complete).toBe(true);

    world.leave('node2');
    world.join('node4');
    expect([world.due(2), world.bootstrapper.complete]).toEqual([['node4'], false]);
    expect([world.answer('node4'), world.bootstrapper.complete]).toEqual([true, true]);
  });

  it('a host that came again is not answered for by the process that was there before it (T-10)', () => {
    const world = new World('node1', 'node2');
    const none = {};
    const error = { time: 0, host: 'node2', code: 'COORDINATOR_FAILED', message: 'no' };
    const answer = (join: { join?: number }, rest: Partial<BootstrapResponse> = {}) =>
      world.bootstrapper.answer('node2', response([5], { from: 'node2', ...join, ...rest }), 0);
    world.leave('node2');
    world.join('node2');
    expect([answer(none), answer(none, { error }), answer({ join: 2 })]).toEqual([false, false, false]);
    world.leave('node2');
    world.join('node2');
    expect([answer(none), answer({ join: 1 }), answer({ join: 2 })]).toEqual([false, false, true]);
  });

  it('RetainsResponsesUntilCleared: with a late joiner, those of the others are still there (S-4)', () => {
    const world = new World('node1', 'node2');
    world.answer('node1', [], { checkpointTs: 10n });
    world.answer('node2', [], { checkpointTs: 20n });
    world.join('node3');
    world.answer('node3', [], { checkpointTs: 0n });
    expect(world.bootstrapper.responses.map(({ checkpointTs }) => checkpointTs)).toEqual([10n, 20n, 0n]);
  });

  it('a host that left takes its answer along; one that comes back is asked anew (S-4, T-9)', () => {
    const world = new World('node1', 'node2');
    world.answer('node2', [5]);
    world.leave('node2');
    world.join('node2');
    expect([world.bootstrapper.responses, world.due()]).toEqual([[], ['node1', 'node2']]);
  });

  it('ResendBootstrapMessage: each host at its own time (S-1)', () => {
    const world = new World('node1');
    expect(world.due(0)).toEqual(['node1']);
    world.join('node2');
    expect(world.due(1_000)).toEqual(['node2']);
    expect(world.due(2_000)).toEqual(['node1']);
    expect(world.due(3_000)).toEqual(['node2']);
  });

  it('a second answer of a host changes nothing', () => {
    const world = new World('node1', 'node2');
    expect([world.answer('node1', [2]), world.answer('node1', [3, 4]), world.spans]).toEqual([true, false, [1]]);
  });
});

describe('refusals (S-2)', () => {
  const error = (code: string) => ({ time: 0, host: 'node1', code, message: 'not yet' });

  it('one that ends by itself is asked again as ever, until patience ends; then the host is named', () => {
    const { bootstrapper } = new World('node1');
    bootstrapper.due(0);
    bootstrapper.answer('node1', response([], { error: error('COORDINATOR_TRIGGER_MISMATCH') }), 10);
    expect(bootstrapper.waiting).toEqual([{ host: 'node1', refused: 'COORDINATOR_TRIGGER_MISMATCH: not yet' }]);
    expect(bootstrapper.due(2_000)).toEqual([0]);
    bootstrapper.answer('node1', response([], { error: error('COORDINATOR_WORKER_SILENT') }), 20_000);
    expect(() => bootstrapper.due(30_009)).not.toThrow();
    expect(() => bootstrapper.due(30_010)).toThrow(/"node1" has answered COORDINATOR_WORKER_SILENT for 30000 ms: not yet/);
  });

  it('an answer ends it', () => {
    const { bootstrapper } = new World('node1');
    bootstrapper.answer('node1', response([], { error: error('TRIGGER_MISMATCH') }), 0);
    expect(bootstrapper.answer('node1', response([2]), 40_000)).toBe(true);
    expect([bootstrapper.due(90_000), bootstrapper.waiting]).toEqual([[], []]);
  });

  it('any other ends the changefeed at once', () => {
    const { bootstrapper } = new World('node1');
    expect(() => bootstrapper.answer('node1', response([], { error: error('DISK_GONE') }), 0)).toThrow(
      /"node1" answers DISK_GONE: not yet/,
    );
  });
});

describe('a bootstrap response in parts (S-3, S-4)', () => {
  const make = () => {
    const world = new World('node1');
    const answers = (...parts: readonly BootstrapResponse[]) => parts.map((one) => world.bootstrapper.answer('node1', one, 0));
    const handles = () => world.bootstrapper.responses.flatMap(({ spans }) => spans.map(({ config }) => config.handle));
    return { bootstrapper: world.bootstrapper, answers, handles };
  };

  it('counts when its last part is here, with the spans of all and the merges of the first', () => {
    const { bootstrapper, answers, handles } = make();
    const merges = [{ target: span(1, 9).config, sources: [] }];
    expect(answers({ ...part(4, 0, 2), merges }, part(4, 1, 3), part(4, 2, 4, false))).toEqual([false, false, true]);
    expect(handles()).toEqual([2, 3, 4]);
    expect(bootstrapper.responses).toMatchObject([{ checkpointTs: 7n, merges }]);
  });

  it('with a part lost, first, middle or last, counts for nothing and is asked for again', () => {
    for (const lost of [0, 1, 2]) {
      const { bootstrapper, answers, handles } = make();
      bootstrapper.due(0);
      expect(answers(...[part(4, 0, 2), part(4, 1, 3), part(4, 2, 4, false)].filter((_, index) => index !== lost))).toEqual([
        false,
        false,
      ]);
      expect([bootstrapper.responses.length, bootstrapper.due(2_000)]).toEqual([0, [0]]);
      expect(answers(part(5, 0, 6), part(5, 1, 7, false))).toEqual([false, true]);
      expect(handles()).toEqual([6, 7]);
    }
  });

  it('is never put together from two responses', () => {
    const { answers, handles } = make();
    expect(answers(part(4, 0, 2), part(5, 1, 3, false))).toEqual([false, false]);
    expect(handles()).toEqual([]);
  });

  it('a part that comes twice ends the attempt; one in a single piece counts as ever', () => {
    const { answers, handles } = make();
    expect(answers(part(4, 0, 2), part(4, 1, 3), part(4, 1, 3), part(4, 2, 4, false))).toEqual([false, false, false, false]);
    expect(answers(response([9]))).toEqual([true]);
    expect(handles()).toEqual([9]);
  });
});
