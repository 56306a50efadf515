import { describe, expect, it } from 'vitest';
import { OVERLOADED } from '../../packages/provider/src/policy/overload.ts';
import { World } from '../world/world.ts';

/** A provider that turns everything away that its overload is asked about. */
const strained = () => {
  let refused = 0;
  const overload = {
    isStrained: false,
    refusal: [['Retry-After', '5']] as const,
    turnsAway: () => ++refused > 0,
  };
  const world = new World({ users: ['alice', 'bob'], overload });
  const alice = world.phone('alice');
  const bob = world.phone('bob');
  bob.registers();
  return { world, alice, bob, overload, refused: () => refused };
};

describe('under overload', () => {
  it('a request is turned away with 503 and Retry-After, and its ACK bothers nobody', () => {
    const { world, alice, bob, overload } = strained();
    overload.isStrained = true;
    world.events.length = 0;
    const call = alice.calls('bob', { credentials: undefined });
    expect(call.statuses).toEqual([503]);
    expect(call.last.text('Retry-After')).toBe('5');
    // That of bob's REGISTER.
    expect(world.provider.transactionCount).toEqual({ servers: 1, clients: 0 });
    expect(world.events).toMatchObject([
      { kind: 'turned away', method: 'INVITE', status: 503, why: OVERLOADED },
    ]);
    expect(bob.untaken).toEqual([]);
  });

  it('so is one that comes over a connection', () => {
    const { world, overload, refused } = strained();
    const alice = world.phone('alice', { transport: 'tcp' });
    overload.isStrained = true;
    expect(alice.calls('bob', { credentials: undefined }).statuses).toEqual([503]);
    expect(refused()).toBe(1);
  });

  it('what cannot be read is turned away likewise', () => {
    const { alice, overload } = strained();
    overload.isStrained = true;
    expect(
      alice.asks('MESSAGE', 'sip:bob@home.example', { from: '<<>', credentials: undefined }).status,
    ).toBe(503);
  });

  it.each([
    ['a user of ours', {}],
    // Has no credentials, and needs none.
    ['a stranger', { domain: 'elsewhere.example', stranger: true }],
  ])('a request of %s that is being served is no beginning: nothing is heard of overload', (_, options) => {
    const { world, bob, overload, refused } = strained();
    const caller = world.phone('alice', options);
    const invite = caller.writes('INVITE', 'sip:bob@home.example');
    const call = caller.send(invite);
    const ringing = bob.takes('INVITE');
    overload.isStrained = true;
    caller.put(invite);
    expect(refused()).toBe(0);
    ringing.answers(200);
    expect(call.status).toBe(200);
  });

  it('a CANCEL is heard', () => {
    const { alice, bob, overload } = strained();
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(180);
    overload.isStrained = true;
    call.cancels();
    bob.takes('CANCEL');
  });
});
