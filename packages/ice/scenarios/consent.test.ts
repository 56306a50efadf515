import { simulate } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { Priority, UseCandidate } from '../src/stun-attributes.ts';
import { LoneAgent, PEER, peerCandidate } from './lone-agent.ts';
import { Party } from './party.ts';
import { Relay } from './relay.ts';

const OTHER = { ...PEER, port: 9001 };
/** An agent whose pair to {@link PEER} is selected. */
const settled = () => {
  const lone = new LoneAgent();
  lone.meet(peerCandidate());
  lone.live(500);
  expect(lone.all('selected').map(({ pair }) => pair.remote.port)).toEqual([9000]);
  lone.take();
  return lone;
};

describe('consent (RFC 7675)', () => {
  test('is asked for every 4 to 6 seconds by authenticated requests, each sent once', () => {
    const lone = settled();
    const times: number[] = [];
    for (let passed = 0; passed < 300_000; passed += 10) {
      lone.advance(10);
      for (const sent of lone.requests()) {
        times.push(sent.at);
        expect(sent.message.has(Priority)).toBe(true);
        lone.answer(sent);
      }
    }
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    expect(gaps.length).toBeGreaterThan(48);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6_000);
    expect(new Set(gaps.map(Math.round)).size).toBeGreaterThan(10);
    expect(lone.state).toBe('completed');
  });

  test('expires 30 seconds after the last answer: nothing may be sent, and nothing is', () => {
    const lone = settled();
    lone.advance(29_000);
    expect(lone.all('lost')).toEqual([]);
    expect(lone.state).toBe('disconnected');
    lone.advance(2_000);
    expect(lone.all('lost').length).toBe(1);
    expect(lone.state).toBe('failed');
    expect(lone.agent.pairs()[0]).toMatchObject({ state: 'failed', valid: false });
    lone.take();
    lone.advance(300_000);
    expect(lone.take()).toEqual([]);
  });

  test('that comes back before it expires makes all well', () => {
    const lone = settled();
    lone.advance(20_000);
    expect(lone.state).toBe('disconnected');
    lone.take();
    lone.live(8_000);
    expect(lone.state).toBe('completed');
    expect(lone.all('selected').length).toBe(1);
  });

  test('is not given by who does not know the password', () => {
    const lone = settled();
    for (let passed = 0; passed < 31_000; passed += 10) {
      lone.advance(10);
      for (const sent of lone.requests()) lone.answer(sent, { password: 'a-wrong-password-12345' });
    }
    expect(lone.state).toBe('failed');
  });

  test('that is taken back ends at once (RFC 7675 §5.2), but by who knows the password only', () => {
    const lone = settled();
    const answerWith = (password?: string): void => {
      lone.advance(6_000);
      for (const sent of lone.requests())
        lone.answer(sent, { code: 403, ...(password === undefined ? {} : { password }) });
    };
    answerWith('a-wrong-password-12345');
    expect(lone.all('lost')).toEqual([]);
    expect(lone.state).toBe('completed');
    answerWith();
    expect(lone.all('lost').map(({ why }) => why)).toEqual(['the peer has taken its consent back']);
    expect(lone.all('restart-wanted').length).toBe(1);
  });

  test('that is taken back for one pair leaves another that is valid', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate(), peerCandidate({ ...OTHER, foundation: '2', priority: 1 }));
    lone.live(500);
    lone.advance(6_000);
    for (const sent of lone.requests()) lone.answer(sent, { code: 403 });
    lone.live(2_000, ({ port }) => port === OTHER.port);
    expect(lone.agent.pairs().find(({ remote }) => remote.port === PEER.port)?.valid).toBe(false);
    expect(lone.all('selected').at(-1)?.pair.remote.port).toBe(OTHER.port);
  });

  test('that is not asked for leaves indications every 15 seconds (RFC 8445 §11)', () => {
    const lone = new LoneAgent({ consent: false });
    lone.meet(peerCandidate());
    lone.live(500);
    lone.take();
    lone.advance(60_000);
    const sent = lone.take();
    expect(sent.map(({ message }) => message.class)).toEqual(sent.map(() => 'indication'));
    expect(sent.length).toBe(4);
    expect(sent.every(({ message }) => message.bytes.length === 28)).toBe(true);
    expect(lone.state).toBe('completed');
  });

  test('on a pair that is not nominated is asked for, too', () => {
    const lone = new LoneAgent({ role: 'controlled' });
    lone.meet(peerCandidate());
    lone.live(500);
    expect(lone.state).toBe('connected');
    lone.advance(31_000);
    expect(lone.state).toBe('failed');
    expect(lone.all('lost').length).toBe(1);
  });
});

describe('a selected pair that dies', () => {
  const two = () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate(), peerCandidate({ ...OTHER, foundation: '2', priority: 1 }));
    lone.live(500);
    expect(lone.all('selected').map(({ pair }) => pair.remote.port)).toEqual([9000]);
    return lone;
  };

  test('gives way to another that is alive, long before consent expires', () => {
    const lone = two();
    lone.live(20_000, ({ port }) => port === OTHER.port);
    expect(lone.all('selected').map(({ pair }) => pair.remote.port)).toEqual([9000, 9001]);
    const nominated = lone.sent.filter(({ message }) => message.has(UseCandidate)).map(({ to }) => to.port);
    expect([...new Set(nominated)]).toEqual([9000, 9001]);
    expect([lone.state, lone.all('lost').length, lone.all('restart-wanted').length]).toEqual([
      'completed',
      0,
      0,
    ]);
    lone.live(60_000, ({ port }) => port === OTHER.port);
    expect(lone.state).toBe('completed');
  });

  test('asks for a restart where no other is alive', () => {
    const lone = two();
    lone.live(24_000, () => false);
    expect(lone.state).toBe('disconnected');
    expect(lone.all('restart-wanted').length).toBe(1);
  });

  test('with its base gives way at once', () => {
    const lone = new LoneAgent();
    lone.agent.addBase({ id: 'b', component: 1, kind: 'host', address: '192.0.2.2', port: 1000 });
    lone.meet(peerCandidate());
    lone.advance(60);
    for (const check of lone.requests()) lone.answer(check);
    lone.live(500);
    expect(lone.all('selected').map(({ pair }) => pair.local.base.id)).toEqual(['a']);
    lone.agent.removeBase('a', 'Wi-Fi is gone');
    expect(lone.all('usable').at(-1)?.pair.local.base.id).toBe('b');
    lone.live(500);
    expect(lone.all('selected').map(({ pair }) => pair.local.base.id)).toEqual(['a', 'b']);
    expect(lone.agent.pairs().length).toBe(1);
    lone.agent.removeBase('b', 'and so is the other');
    expect([lone.all('lost').length, lone.all('restart-wanted').length, lone.state]).toEqual([
      1,
      1,
      'failed',
    ]);
  });

  test('comes back to life with a check of the peer’s, from wherever', () => {
    const lone = settled();
    lone.advance(31_000);
    expect(lone.state).toBe('failed');
    lone.take();
    lone.check({ from: OTHER });
    lone.live(500);
    expect(lone.state).toBe('completed');
    expect(lone.all('selected').at(-1)?.pair.remote.port).toBe(9001);
  });

  test('between two agents gives way at both ends: the relay takes over when the direct path is cut', async () => {
    const world = simulate({ seed: 3 });
    const relay = new Relay(world.host('relay'));
    const alice = new Party(world, world.host('alice'), { role: 'controlling', relay });
    const home = world.host('bob', { nat: 'port-restricted' });
    const bob = new Party(world, home, { role: 'controlled', relay });
    await world.run({ withinMs: 1 });
    alice.call(bob);
    await world.run({ until: () => alice.agent.state === 'completed' && bob.agent.state === 'completed' });
    // Let the checks of the relayed pairs, which are under way, be answered.
    await world.run({ withinMs: 1_000 });
    expect([alice.selected()?.relayed, bob.selected()?.relayed]).toEqual([false, false]);
    const direct = alice.selected()!;
    alice.blocked.add(direct.remote.address);
    bob.blocked.add(alice.host.address);
    await world.run({
      until: () => alice.selected()?.relayed === true && bob.selected()?.relayed === true,
      withinMs: 30_000,
    });
    alice.say('still there?');
    bob.say('yes');
    await world.run({ withinMs: 500 });
    expect([alice.heard, bob.heard]).toEqual([['yes'], ['still there?']]);
    await world.run({ withinMs: 60_000 });
    expect([alice.agent.state, bob.agent.state]).toEqual(['completed', 'completed']);
  });
});
