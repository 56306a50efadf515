import { simulate } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { LoneAgent, peerCandidate } from './lone-agent.ts';
import { Party, stunServer } from './party.ts';

const connected = async (seed = 1) => {
  const world = simulate({ seed });
  const stunServers = [stunServer(world.host('stun'))];
  const link = { latencyMs: 20 };
  const alice = new Party(world, world.host('alice', { link, nat: 'full-cone' }), {
    role: 'controlling',
    stunServers,
  });
  const bob = new Party(world, world.host('bob', { link, nat: 'port-restricted' }), {
    role: 'controlled',
    stunServers,
  });
  await world.run({ withinMs: 1 });
  alice.call(bob);
  const both = (state: string) => () => alice.agent.state === state && bob.agent.state === state;
  await world.run({ until: both('completed'), withinMs: 10_000 });
  return { world, alice, bob, both };
};

describe('a restart', () => {
  test('has new parameters and new pairs, while data goes on over the old ones (RFC 8445 §9)', async () => {
    const { world, alice, bob, both } = await connected();
    const before = { alice: alice.agent.parameters, bob: bob.agent.parameters };
    const role = alice.agent.role;
    alice.agent.restart();
    alice.agent.endOfBases();
    expect(alice.agent.state).toBe('new');
    expect(alice.agent.parameters.ufrag).not.toBe(before.alice.ufrag);
    expect(alice.agent.parameters.pwd).not.toBe(before.alice.pwd);
    // The new offer is a long time on its way: the old pair works and is kept alive.
    await world.run({ withinMs: 40_000 });
    alice.say('meanwhile');
    bob.say('yes');
    await world.run({ withinMs: 200 });
    expect([alice.heard, bob.heard]).toEqual([['yes'], ['meanwhile']]);
    const selections = alice.all('selected').length;
    alice.call(bob);
    await world.run({ until: both('completed'), withinMs: 10_000 });
    expect(bob.agent.parameters.ufrag).not.toBe(before.bob.ufrag);
    expect(alice.all('selected').length).toBe(selections + 1);
    expect(alice.all('usable').length).toBe(1);
    expect(alice.agent.role).toBe(role);
    expect(alice.all('lost').concat(bob.all('lost'))).toEqual([]);
    alice.say('after');
    await world.run({ withinMs: 200 });
    expect(bob.heard.at(-1)).toBe('after');
  });

  test('by both at once ends well, too', async () => {
    const { world, alice, bob, both } = await connected(2);
    for (const party of [alice, bob]) {
      party.agent.restart();
      party.agent.endOfBases();
    }
    alice.call(bob);
    await world.run({ until: both('completed'), withinMs: 10_000 });
  });

  test('gathers again, and tells its candidates with the new ufrag', async () => {
    const { world, alice } = await connected();
    const told = alice.all('candidate').length;
    alice.agent.restart();
    alice.agent.endOfBases();
    await world.run({ withinMs: 1_000 });
    const fresh = alice.all('candidate').slice(told);
    expect(fresh.map(({ candidate }) => candidate.type)).toEqual(['host', 'srflx']);
    expect(fresh.every(({ candidate }) => candidate.ufrag === alice.agent.parameters.ufrag)).toBe(true);
    expect(alice.all('gathered').at(-1)?.ufrag).toBe(alice.agent.parameters.ufrag);
  });

  test('lets data over the new pair where the old one dies on the way', () => {
    const lone = new LoneAgent({ role: 'controlled' });
    lone.meet(peerCandidate());
    lone.check({ nominates: true });
    lone.live(500);
    expect(lone.state).toBe('completed');
    const old = lone.agent.parameters;
    lone.agent.restart();
    lone.agent.endOfBases();
    const peer = { ...lone.peer, ufrag: 'again', pwd: 'another-password-of-the-peer' };
    lone.agent.setRemote(peer);
    lone.agent.addRemoteCandidate(peerCandidate({ port: 9001 }));
    lone.agent.endOfRemoteCandidates();
    const usable = lone.all('usable').length;
    for (let passed = 0; passed < 33_000; passed += 10) {
      lone.advance(10);
      for (const sent of lone.requests())
        if (sent.to.port === 9001) lone.answer(sent, { password: peer.pwd });
    }
    expect(old.ufrag).not.toBe(lone.agent.parameters.ufrag);
    expect(lone.all('usable').length).toBe(usable + 1);
    expect(lone.all('usable').at(-1)?.pair.remote.port).toBe(9001);
    expect(lone.all('lost')).toEqual([]);
    expect(lone.state).toBe('connected');
  });

  test('still answers checks of the session before, and then no more', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.live(500);
    const { ufrag, pwd } = lone.agent.parameters;
    const stale = { username: `${ufrag}:peer`, password: pwd };
    lone.agent.restart();
    expect(lone.check(stale)?.code).toBeUndefined();
    lone.agent.setRemote({ ...lone.peer, ufrag: 'again' });
    lone.agent.addRemoteCandidate(peerCandidate());
    lone.live(1_000);
    expect(lone.state).toBe('completed');
    expect(lone.check(stale)?.code).toBe(401);
  });

  test('ends the checks of the session before', () => {
    const lone = new LoneAgent();
    lone.meet(...[1, 2, 3, 4].map((port) => peerCandidate({ port, foundation: `${port}` })));
    lone.advance(80);
    expect(lone.requests().length).toBe(2);
    lone.agent.restart();
    lone.advance(60_000);
    expect(lone.requests()).toEqual([]);
  });

  test('takes bases that have come since', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    const base = { id: 'lte', component: 1, kind: 'host', address: '192.0.2.3', port: 1 } as const;
    expect(() => lone.agent.addBase(base)).toThrow(/restart/);
    lone.agent.restart();
    lone.agent.addBase(base);
    expect(lone.agent.candidates.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.3']);
  });
});
