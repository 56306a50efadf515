import type { Call } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** A phone that moves in the middle of a call, which its device and its media engine both notice. */
let world: World;
let alice: UserAgentPhone;
let bob: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice, bob], milliseconds);

const talk = (): Call => {
  const call = alice.calls('bob');
  pass(100);
  bob.does(() => bob.ringing.answer());
  pass(500);
  expect(call.state).toBe('established');
  return call;
};
const restarts = (): number =>
  alice.media.requests.filter((request) => request.kind === 'offer' && request.restart).length;
/** What bob was told last of where alice is. */
const known = (): string | undefined =>
  bob.received
    .filter((message) => 'method' in message && message.method === 'INVITE')
    .at(-1)
    ?.text('Contact');

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = new UserAgentPhone(world, 'alice').registers();
  bob = new UserAgentPhone(world, 'bob').registers();
});

describe('a call whose phone is elsewhere', () => {
  it('begins anew once, whoever noticed it besides, as soon as it is registered from there', () => {
    const call = talk();
    alice.does(() => {
      alice.goesTo('203.0.113.250');
      call.renew('an address of ours is gone');
    });
    pass(5_000);
    expect([restarts(), call.state]).toEqual([1, 'established']);
    expect(known()).toContain('203.0.113.250');
  });

  it('says nothing from where it is no more, while the server is not found', () => {
    const call = talk();
    alice.isOffline = true;
    alice.does(() => {
      alice.goesTo('203.0.113.250');
      call.renew('an address of ours is gone');
      call.hold();
    });
    const before = alice.requests('INVITE').length;
    pass(10_000);
    expect(alice.requests('INVITE')).toHaveLength(before);
    alice.isOffline = false;
    pass(60_000);
    expect([restarts(), call.state, call.isHeld]).toEqual([1, 'established', true]);
    expect(known()).toContain('203.0.113.250');
  });

  it('outlives an offer that goes on being sent from where it was', () => {
    const call = talk();
    const { address } = alice;
    alice.loses = (message, way) => way === 'out' && message.text('Contact')?.includes(address) === true;
    alice.does(() => call.renew('the peer is not heard'));
    pass(1_000);
    alice.does(() => alice.goesTo('203.0.113.250', { isOpen: true }));
    // The first offer comes to its end, unheard, and what it was for is told from here.
    pass(45_000);
    expect(call.state).toBe('established');
    expect(known()).toContain('203.0.113.250');
  });

  it('outlives that nothing can be sent at all, and goes on when there is a network again', () => {
    alice.agent.close();
    alice = new UserAgentPhone(world, 'alice', { transport: 'tcp' }).registers();
    const call = talk();
    alice.isOffline = true;
    alice.losesFlows();
    alice.does(() => call.renew('an address of ours is gone'));
    pass(5_000);
    expect([alice.agent.registration, call.state]).toEqual(['waiting', 'established']);
    alice.isOffline = false;
    alice.does(() => alice.goesTo('203.0.113.250'));
    pass(5_000);
    expect([alice.agent.registration, call.state]).toEqual(['registered', 'established']);
    expect(known()).toContain('203.0.113.250');
  });
});
