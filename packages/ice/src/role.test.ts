import { seededRandom } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { type IceRole, RoleKeeper, roleConflict } from './role.ts';

describe('two agents of one role (RFC 8445 §7.3.1.1)', () => {
  test.each<[IceRole, bigint, IceRole, bigint, string]>([
    ['controlling', 2n, 'controlling', 1n, 'reject'],
    ['controlling', 1n, 'controlling', 1n, 'reject'],
    ['controlling', 1n, 'controlling', 2n, 'switch'],
    ['controlled', 2n, 'controlled', 1n, 'switch'],
    ['controlled', 1n, 'controlled', 1n, 'switch'],
    ['controlled', 1n, 'controlled', 2n, 'reject'],
    ['controlling', 1n, 'controlled', 2n, 'none'],
    ['controlled', 2n, 'controlling', 1n, 'none'],
  ])('%s with %d hears from %s with %d: %s', (ours, tieBreaker, theirs, theirTieBreaker, expected) => {
    expect(roleConflict({ role: ours, tieBreaker }, { role: theirs, tieBreaker: theirTieBreaker })).toBe(
      expected,
    );
  });
});

describe('the role of an agent', () => {
  const kept = () => {
    const roles: IceRole[] = [];
    return { roles, keeper: new RoleKeeper('controlling', seededRandom(1), (role) => roles.push(role)) };
  };

  test('changes by a 487, and the tie-breaker with it (§7.2.5.1)', () => {
    const { roles, keeper } = kept();
    const before = keeper.claim.tieBreaker;
    expect(keeper.refused('controlling')).toBe(true);
    expect([keeper.role, roles]).toEqual(['controlled', ['controlled']]);
    expect(keeper.claim.tieBreaker).not.toBe(before);
  });

  test('does not change back by the 487 to a check that was sent before', () => {
    const { roles, keeper } = kept();
    keeper.refused('controlling');
    const { tieBreaker } = keeper.claim;
    expect(keeper.refused('controlling')).toBe(true);
    expect([keeper.role, roles.length, keeper.claim.tieBreaker]).toEqual(['controlled', 1, tieBreaker]);
  });

  test('does not change for ever at the word of a peer that refuses either', () => {
    const { keeper } = kept();
    let changes = 0;
    while (changes < 100 && keeper.refused(keeper.role)) changes++;
    expect(changes).toBe(8);
  });
});
