import { simulate } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { claimOf } from '../src/check-message.ts';
import { UseCandidate } from '../src/stun-attributes.ts';
import { LoneAgent, peerCandidate } from './lone-agent.ts';
import { Party } from './party.ts';

const HUGE = 2n ** 64n - 1n;

describe('a role conflict', () => {
  test('with a smaller tie-breaker is the peer’s to repair: 487', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    expect(lone.check({ role: 'controlling', tieBreaker: 0n })?.code).toBe(487);
    expect(lone.agent.role).toBe('controlling');
  });

  test('with a larger one is ours: we switch, and answer', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    expect(lone.check({ role: 'controlling', tieBreaker: HUGE })?.code).toBeUndefined();
    expect(lone.agent.role).toBe('controlled');
    expect(lone.all('role')).toEqual([{ kind: 'role', role: 'controlled' }]);
  });

  test.each([
    [0n, 'controlling', undefined],
    [HUGE, 'controlled', 487],
  ] as const)('of two controlled agents, the peer with %d: we are %s', (tieBreaker, role, code) => {
    const lone = new LoneAgent({ role: 'controlled' });
    lone.meet(peerCandidate());
    expect(lone.check({ role: 'controlled', tieBreaker })?.code).toBe(code);
    expect(lone.agent.role).toBe(role);
  });

  test('that the peer finds (487) switches us, and the check is repeated with another tie-breaker', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    const [check] = lone.requests();
    lone.answer(check!, { code: 487 });
    expect([lone.agent.role, lone.agent.pairs()[0]?.state]).toEqual(['controlled', 'waiting']);
    lone.advance(100);
    const [again] = lone.requests();
    expect(claimOf(again!.message)?.role).toBe('controlled');
    expect(claimOf(again!.message)?.tieBreaker).not.toBe(claimOf(check!.message)?.tieBreaker);
    lone.answer(again!);
    expect(lone.agent.pairs()[0]?.valid).toBe(true);
  });

  test('sorts the pairs anew, and a nomination that is under way counts no more', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate({ priority: 1_000 }));
    lone.advance(10);
    lone.answer(lone.requests()[0]!);
    lone.advance(100);
    const [nomination] = lone.requests();
    expect(nomination?.message.has(UseCandidate)).toBe(true);
    const before = lone.agent.pairs()[0]!.priority;
    lone.check({ role: 'controlling', tieBreaker: HUGE });
    expect(lone.agent.pairs()[0]?.priority).toBe(before - 1n);
    lone.answer(nomination!);
    expect([lone.agent.role, lone.all('selected').length]).toEqual(['controlled', 0]);
    lone.check({ nominates: true });
    expect(lone.all('selected').length).toBe(1);
  });

  test('that never ends fails the pair', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    for (let times = 0; times < 20; times++) {
      lone.advance(100);
      for (const check of lone.requests()) lone.answer(check, { code: 487 });
    }
    expect(lone.agent.pairs()).toMatchObject([{ state: 'failed', why: 'the peer takes neither role' }]);
  });

  test.each(['controlling', 'controlled'] as const)(
    'of two %s agents ends with one of each, and a pair',
    async (role) => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = simulate({ seed });
        const link = { latencyMs: 20, jitterMs: 10, loss: 0.05 };
        const alice = new Party(world, world.host('alice', { link }), { role });
        const bob = new Party(world, world.host('bob', { link, nat: 'port-restricted' }), { role });
        await world.run({ withinMs: 1 });
        alice.call(bob);
        await world.run({
          until: () => alice.agent.state === 'completed' && bob.agent.state === 'completed',
          withinMs: 10_000,
        });
        expect(new Set([alice.agent.role, bob.agent.role]).size).toBe(2);
      }
    },
  );
});
