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

describe('a domain of ours with its root dot (RFC 3261 §25.1 hostname)', () => {
  it('is no way to call in the name of a user of ours', () => {
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const call = stranger.calls('sip:bob@home.example', { from: '<sip:alice@home.example.>;tag=x' });
    expect(call.status).toBe(407);
    expect(bob.untaken).toEqual([]);
  });

  it('has the same users', () => {
    alice.calls('sip:bob@home.example.', { to: '<sip:bob@home.example>' });
    bob.takes('INVITE');
  });
});

describe('an ACK', () => {
  it('with Max-Forwards 0 goes no further', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    alice.put(call.within('ACK', { maxForwards: 0 }));
    expect(bob.untaken).toEqual([]);
    call.acks();
    bob.takes('ACK');
  });
});

describe('a REGISTER with thousands of Contacts', () => {
  it('leaves the last ones, as many as a user may have', () => {
    const contact = Array.from({ length: 2_000 }, (_, index) => `<sip:c${index}>`).join(', ');
    bob.registers({ contact });
    const answer = bob.heard.at(-1)!.message;
    expect(answer.head.match(/^Contact: <sip:c\d+>/gm)?.sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => `Contact: <sip:c${1_990 + index}>`),
    );
  });
});
