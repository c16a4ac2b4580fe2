import type { RouteAdmission } from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, release, releaseSchema } from '../testing/admissions.js';
import { RouteAdmin } from './routeAdmin.js';

const NAMES = ['a.t', 'a.u', 'b.t', 'b.u'];
const TARGETS = ['x.1', 'x.2', 'x.3'];

const admission = fc.oneof(
  fc.constantFrom(...NAMES).map(release),
  fc.constantFrom('a', 'b').map(releaseSchema),
  fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...TARGETS)).map(([source, target]) => admit(source, target)),
);
const transitions = fc.array(fc.array(admission, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });

const quoted = (name: string): string => `\`${name.replace('.', '`.`')}\``;

/** One transition after the other in a plain map of targets to sources; stops before the first that would give a target two. */
function model(list: readonly (readonly RouteAdmission[])[]): { readonly applied: number; readonly owners: Map<string, string> } {
  let owners = new Map<string, string>();
  for (const [applied, admissions] of list.entries()) {
    const next = [...owners].filter(([, source]) =>
      admissions.every((each) =>
        each.type === 'release-schema' ? !source.startsWith(`${each.schema}.`) : source !== `${each.schema}.${each.table}`,
      ),
    );
    const claims = new Map(next.map(([target, source]) => [target, new Set([source])]));
    for (const each of admissions) {
      if (each.type !== 'admit') continue;
      const target = `${each.targetSchema}.${each.targetTable}`;
      claims.set(target, (claims.get(target) ?? new Set()).add(`${each.schema}.${each.table}`));
    }
    if ([...claims.values()].some((sources) => sources.size > 1)) return { applied, owners };
    owners = new Map([...claims].map(([target, [source]]) => [target, source as string]));
  }
  return { applied: list.length, owners };
}

describe('route admin against a model', () => {
  it('whatever order reports come in, and however often, each target has one owner and transitions apply by commit ts (N-2)', () => {
    fc.assert(
      fc.property(transitions, fc.infiniteStream(fc.nat()), (list, picks) => {
        // A table that one DDL gives two targets is no table.
        const seen = new Set<string>();
        const plain = list.map((admissions) => {
          seen.clear();
          return admissions.filter((each) => {
            if (each.type !== 'admit') return true;
            const isNew = !seen.has(`${each.schema}.${each.table}`);
            seen.add(`${each.schema}.${each.table}`);
            return isNew;
          });
        });
        const expected = model(plain);
        const admin = new RouteAdmin([], 0n);
        const report = (index: number): void => {
          const admissions = plain[index] ?? [];
          if (admin.precheck(BigInt(index + 1), admissions).state === 'ready') admin.apply(BigInt(index + 1), admissions);
        };
        // As a barrier does: all are known before any is applied, then each comes again and again.
        for (let index = plain.length; index-- > 0; ) admin.precheck(BigInt(index + 1), plain[index] ?? []);
        for (let repeat = 0; repeat < plain.length; repeat++) report((picks.next().value ?? 0) % plain.length);
        for (let round = 0; round < plain.length; round++) for (let index = plain.length; index-- > 0; ) report(index);

        const { applied, appliedTs, queue, owners, late } = admin.inspect();
        expect([applied, appliedTs, late, owners]).toEqual([expected.applied, BigInt(expected.applied), 0, expected.owners.size]);
        expect(queue.length).toBe(plain.length - expected.applied);
        for (const target of TARGETS) {
          const owner = expected.owners.get(target);
          expect(admin.ownerOf(quoted(target))).toBe(owner && quoted(owner));
        }
      }),
      { numRuns: 500 },
    );
  });
});
