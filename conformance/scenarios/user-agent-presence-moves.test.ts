import { buildResponse } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Presence of and for a phone whose way to the server changes, as on another network or when the server was started anew. */
let world: World;
let alice: UserAgentPhone;
let bob: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice, bob], milliseconds);

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], presence: true });
  alice = new UserAgentPhone(world, 'alice', { transport: 'tcp' }).registers();
  bob = new UserAgentPhone(world, 'bob', { transport: 'tcp' }).registers();
});

describe('who watches', () => {
  it.each([
    ['has another connection', () => alice.losesFlows()],
    ['is elsewhere', () => alice.does(() => alice.goesTo('203.0.113.250'))],
  ])('is told at once again when he %s', (_, leaves) => {
    const watch = alice.does((agent) => agent.watch('bob'));
    pass(10_000);
    leaves();
    pass(10_000);
    bob.does((agent) => agent.publish({ isOpen: true, note: 'On air' }));
    pass(10_000);
    expect(alice.last('presence')).toMatchObject({ isOpen: true, note: 'On air' });
    expect(watch.phase).toBe('active');
  });

  it('tries anew as soon as there is a way, however long the next try is away', () => {
    alice.isOffline = true;
    alice.losesFlows();
    const watch = alice.does((agent) => agent.watch('bob'));
    pass(3_600_000);
    expect(watch.phase).toBe('waiting');
    alice.isOffline = false;
    alice.does((agent) => agent.moved());
    pass(1_000);
    expect(watch.phase).toBe('active');
  });

  it('waits where the server has said how long', () => {
    alice.inItsPlace = (request) =>
      request.method === 'SUBSCRIBE'
        ? buildResponse(request, 503, { headers: [['Retry-After', '600']] })
        : undefined;
    alice.does((agent) => agent.watch('bob'));
    pass(1_000);
    const asked = alice.requests('SUBSCRIBE').length;
    alice.losesFlows();
    pass(60_000);
    expect(alice.requests('SUBSCRIBE')).toHaveLength(asked);
  });
});

it('whose connection a restart of the server took is not there until he is registered anew', () => {
  const carol = new UserAgentPhone(world, 'alice', { instance: 'urn:uuid:carol' }).registers();
  world.network.forgetsConnections();
  carol.does((agent) => agent.watch('bob'));
  passes(world, [carol], 1_000);
  expect(carol.last('presence')).toMatchObject({ isOpen: false, isThere: false });
  passes(world, [carol, bob], 60_000);
  expect(carol.last('presence')).toMatchObject({ isOpen: true });
});

describe('who publishes', () => {
  it('tells a server that has forgotten it, as soon as it is back', () => {
    bob.does((agent) => agent.publish({ isOpen: true, note: 'On air' }));
    pass(1_000);
    bob.inItsPlace = (request) =>
      request.method === 'PUBLISH' && request.text('SIP-If-Match') !== undefined
        ? buildResponse(request, 412)
        : undefined;
    const before = bob.requests('PUBLISH').length;
    bob.losesFlows();
    pass(5_000);
    const again = bob.requests('PUBLISH').slice(before);
    expect(again.map((request) => request.text('SIP-If-Match') !== undefined)).toEqual([true, false]);
    expect(again.at(-1)?.body.length).toBeGreaterThan(0);
  });

  it('tries anew as soon as there is a way, however long the next try is away', () => {
    bob.isOffline = true;
    bob.losesFlows();
    bob.does((agent) => agent.publish({ isOpen: true, note: 'On air' }));
    pass(3_600_000);
    bob.isOffline = false;
    bob.does((agent) => agent.moved());
    alice.does((agent) => agent.watch('bob'));
    pass(1_000);
    expect(alice.last('presence')).toMatchObject({ isOpen: true, note: 'On air' });
  });

  it('waits where the server has said how long', () => {
    bob.inItsPlace = (request) =>
      request.method === 'PUBLISH'
        ? buildResponse(request, 503, { headers: [['Retry-After', '600']] })
        : undefined;
    bob.does((agent) => agent.publish({ isOpen: true }));
    pass(1_000);
    const told = bob.requests('PUBLISH').length;
    bob.losesFlows();
    pass(60_000);
    expect(bob.requests('PUBLISH')).toHaveLength(told);
  });
});
