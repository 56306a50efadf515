import { simulate } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { LoneAgent, peerCandidate } from './lone-agent.ts';
import { Party, stunServer } from './party.ts';

describe('candidates that trickle (RFC 8838)', () => {
  test('before the parameters wait for those of their ufrag', () => {
    const lone = new LoneAgent();
    lone.agent.endOfBases();
    lone.agent.addRemoteCandidate(peerCandidate({ ufrag: 'peer', port: 9001 }));
    lone.agent.addRemoteCandidate(peerCandidate({ ufrag: 'stranger', port: 9002 }));
    lone.agent.endOfRemoteCandidates('peer');
    expect(lone.agent.pairs()).toEqual([]);
    lone.agent.setRemote(lone.peer);
    expect(lone.agent.pairs().map(({ remote }) => remote.port)).toEqual([9001]);
    lone.live(200);
    expect(lone.state).toBe('completed');
  });

  test('of a session that is over are ignored, those of the next one wait', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.agent.addRemoteCandidate(peerCandidate({ ufrag: 'next', port: 9001 }));
    expect(lone.agent.pairs().length).toBe(1);
    lone.agent.setRemote({ ...lone.peer, ufrag: 'next' });
    expect(lone.agent.pairs().map(({ remote }) => remote.port)).toEqual([9001]);
    lone.agent.addRemoteCandidate(peerCandidate({ ufrag: 'peer', port: 9002 }));
    expect(lone.all('ignored').at(-1)).toMatchObject({
      candidate: { port: 9002 },
      why: expect.stringContaining('over'),
    });
  });

  test('may come after all that came before has failed', () => {
    const lone = new LoneAgent();
    lone.agent.endOfBases();
    lone.agent.setRemote(lone.peer);
    lone.agent.addRemoteCandidate(peerCandidate());
    lone.advance(60_000);
    expect([lone.agent.pairs()[0]?.state, lone.state]).toEqual(['failed', 'checking']);
    lone.take();
    lone.agent.addRemoteCandidate(peerCandidate({ port: 9001 }));
    lone.agent.endOfRemoteCandidates('peer');
    lone.live(500);
    expect(lone.state).toBe('completed');
  });

  test('of which there are none is no reason to fail before patience is over (RFC 8863)', () => {
    const lone = new LoneAgent();
    lone.meet();
    lone.advance(39_000);
    expect(lone.state).toBe('checking');
    lone.advance(1_000);
    expect(lone.state).toBe('failed');
    expect(lone.all('state').at(-1)?.why).toContain('no candidate pair');
  });

  test('while checks have failed leave time for the peer’s to come through (RFC 8863)', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    lone.answer(lone.requests()[0]!, { code: 400 });
    lone.advance(30_000);
    expect(lone.state).toBe('checking');
    lone.check({ from: { address: '198.51.100.1', port: 5 } });
    lone.live(1_000);
    expect(lone.state).toBe('completed');
  });

  test('never end: a peer that does not say so is given up after twice the patience', () => {
    const lone = new LoneAgent();
    lone.agent.endOfBases();
    lone.agent.setRemote(lone.peer);
    lone.advance(78_000);
    expect(lone.state).toBe('checking');
    lone.advance(2_000);
    expect(lone.state).toBe('failed');
  });

  test('are the host’s at once and the servers’ as they come; the end is told once', async () => {
    const world = simulate({ seed: 1 });
    const stunServers = [stunServer(world.host('stun')), { address: '192.0.2.77', port: 3478 }];
    const alice = new Party(world, world.host('alice', { nat: 'symmetric', link: { latencyMs: 20 } }), {
      role: 'controlling',
      stunServers,
    });
    await world.run({ withinMs: 10 });
    expect(alice.all('candidate').map(({ candidate }) => candidate.type)).toEqual(['host']);
    await world.run({ withinMs: 200 });
    expect(alice.all('candidate').map(({ candidate }) => candidate.type)).toEqual(['host', 'srflx']);
    expect(alice.all('gathered')).toEqual([]);
    // The other server is silent, and is not waited for.
    await world.run({ withinMs: 5_000 });
    expect(alice.all('gathered').length).toBe(1);
    await world.run({ withinMs: 60_000 });
    expect(alice.all('gathered').length).toBe(1);
    expect(alice.all('gathering-failed').map(({ server }) => server.address)).toEqual(['192.0.2.77']);
  });

  test('stay good while the other side rings: the NAT is kept open (RFC 8445 §5.1.1.4)', async () => {
    const world = simulate({ seed: 1 });
    const stunServers = [stunServer(world.host('stun'))];
    const nat = { type: 'port-restricted', lifetimeMs: 30_000 } as const;
    const alice = new Party(world, world.host('alice', { nat }), { role: 'controlling', stunServers });
    const bob = new Party(world, world.host('bob', { nat }), { role: 'controlled', stunServers });
    await world.run({ withinMs: 180_000 });
    alice.call(bob);
    await world.run({
      until: () => alice.agent.state === 'completed' && bob.agent.state === 'completed',
      withinMs: 3_000,
    });
    expect(alice.selected()?.remote.type).toBe('srflx');
  });
});

describe('names (mDNS)', () => {
  const named = peerCandidate({ address: 'b1f9.local' });

  test('are ignored with a reason where nobody looks them up; the peer’s own check makes up for it', () => {
    const lone = new LoneAgent();
    lone.meet(named);
    expect(lone.all('ignored')).toMatchObject([{ why: 'a name, and names are not looked up here' }]);
    lone.check();
    lone.live(500);
    expect(lone.state).toBe('completed');
  });

  test('are looked up where somebody does', () => {
    const lone = new LoneAgent({ resolveNames: true });
    lone.meet(named);
    expect(lone.all('resolve')).toEqual([{ kind: 'resolve', name: 'b1f9.local' }]);
    lone.agent.resolved('b1f9.local', '192.0.2.9');
    lone.live(500);
    expect(lone.state).toBe('completed');
  });

  test('that lead nowhere change nothing', () => {
    const lone = new LoneAgent({ resolveNames: true });
    lone.meet(named);
    lone.agent.resolved('b1f9.local', undefined);
    lone.agent.resolved('never-asked.local', '192.0.2.9');
    lone.agent.resolved('b1f9.local', 'nonsense');
    expect(lone.agent.pairs()).toEqual([]);
  });
});
