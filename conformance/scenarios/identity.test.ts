import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = world.phone('alice');
  bob = world.phone('bob');
  bob.registers();
});

describe('challenges', () => {
  it('cost no memory, and the ACK that they bring is absorbed', () => {
    world.passes(33_000);
    const call = alice.calls('bob', { credentials: undefined });
    expect(call.statuses).toEqual([407]);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
    expect(bob.untaken).toEqual([]);
    expect(world.reasons).toEqual(['no credentials']);
  });

  it('answer a retransmission as before, with the same tag', () => {
    const call = alice.calls('bob', { credentials: undefined });
    call.again();
    expect(call.statuses).toEqual([407, 407]);
    expect(call.responses[0]!.head).toBe(call.responses[1]!.head);
  });

  it('are 401 for what the server answers itself', () => {
    const registration = alice.asks('REGISTER', 'sip:home.example', {
      to: '<sip:alice@home.example>',
      credentials: undefined,
    });
    expect(registration.statuses).toEqual([401]);
  });

  it('are never sent for CANCEL or ACK', () => {
    expect(alice.asks('CANCEL', 'sip:bob@home.example', { credentials: undefined }).statuses).toEqual([481]);
    expect(alice.asks('ACK', 'sip:bob@home.example', { credentials: undefined }).statuses).toEqual([]);
  });

  it('are asked of everyone who says to be one of us, from wherever', () => {
    const eve = world.phone('alice', { stranger: true, address: '203.0.113.66' });
    expect(eve.calls('bob').statuses).toEqual([407]);
    expect(eve.asks('MESSAGE', 'sip:bob@home.example').statuses).toEqual([407]);
  });
});

describe('credentials', () => {
  it('for us stay here, those for others go on', () => {
    alice.calls('bob', {
      headers: [
        ['Proxy-Authorization', 'Digest username="a", realm="other.example", response="r"'],
        ['Authorization', 'Digest username="a", realm="phone.example", response="r"'],
      ],
    });
    const { head } = bob.takes('INVITE').request;
    expect(head).not.toContain('realm="home.example"');
    expect(head).toContain('realm="other.example"');
    expect(head).toContain('realm="phone.example"');
  });

  it('of a registration do not let another address be registered', () => {
    const asking = alice.asks('REGISTER', 'sip:home.example', { to: '<sip:bob@home.example>' });
    expect(asking.statuses).toEqual([403]);
  });
});

describe('identities', () => {
  it('asserted by anyone are taken off', () => {
    alice.calls('bob', { headers: [['P-Asserted-Identity', '<sip:boss@home.example>']] });
    expect(bob.takes('INVITE').request.text('P-Asserted-Identity')).toBeUndefined();
  });
});
