import { classifyDatagram } from '@ringdown/rtp';
import type { NatType } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { Stage } from '../../packages/connectivity/scenarios/stage.ts';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const SOUND: MediaWishes = { profile: 'telephone', security: ['none'] };

/** Two phones behind NATs, which tell each other what they find. */
const household = (nats: readonly [NatType | undefined, NatType | undefined] = [undefined, undefined]) => {
  const stage = new Stage();
  const { world } = stage;
  const servers = () => [stage.stunServer, stage.turnServer];
  const [alice, bob] = (['alice', 'bob'] as const).map((name, at) => {
    const nat = nats[at];
    const host = world.host(name, { link: { latencyMs: 15 }, ...(nat === undefined ? {} : { nat }) });
    return new MediaPeer(world, host, { servers });
  }) as [MediaPeer, MediaPeer];
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    one.onEvent = (event) => {
      if (event.kind === 'fragment') other.engine.ask({ ...event, kind: 'take fragment' });
    };
  return { stage, world, alice, bob };
};

const tones = () => ({ hers: soundOf([440], 16_000), his: soundOf([1_000], 16_000) });

const call = async (home: ReturnType<typeof household>, wishes: MediaWishes = SOUND, others = wishes) => {
  const { hers, his } = tones();
  const { world, alice, bob } = home;
  const said = await connect(
    world,
    [alice, { ...wishes, sound: hers.sound }],
    [bob, { ...others, sound: his.sound }],
  );
  await world.run({
    until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0,
    withinMs: 10_000,
    what: 'each hears the other',
  });
  return { ...said, hers, his };
};

const listen = async ({ world }: ReturnType<typeof household>, ms: number): Promise<void> => {
  const end = world.clock.now() + ms;
  await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 100 });
};

describe('with ICE', () => {
  test.each<[string, NatType | undefined, NatType | undefined, string]>([
    ['in the open', undefined, undefined, 'direct'],
    ['behind full cones', 'full-cone', 'full-cone', 'direct'],
    ['behind port-restricted cones', 'port-restricted', 'port-restricted', 'direct'],
    ['behind symmetric NATs', 'symmetric', 'symmetric', 'relayed'],
  ])('two phones %s hear each other', async (_, hers, his, kind) => {
    const home = household([hers, his]);
    const { alice, bob } = home;
    const heard = await call(home);
    await listen(home, 1_500);
    expect(alice.of('path').at(-1)?.path).toMatchObject({ kind, ice: true });
    expect(bob.of('path').at(-1)?.path).toMatchObject({ kind, ice: true });
    expect(toneDbfs(heard.his.sink().last(500), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(500), 1_000, 16_000)).toBeCloseTo(-12, 0);
    const failed = () => alice.engine.pairs('call').filter(({ state }) => state === 'failed');
    if (kind === 'relayed')
      await home.world.run({ until: () => failed().length > 0, withinMs: 60_000, what: 'a pair fails' });
    const pairs = alice.engine.pairs('call');
    expect(pairs.filter(({ selected }) => selected)).toHaveLength(1);
    // People who look for a reason find one, and only where something failed.
    for (const { state, why } of pairs) expect(why !== undefined).toBe(state === 'failed');
  });

  test('one who moves to another network in mid-call goes on after a restart, with the same stream', async () => {
    const home = household(['port-restricted', 'port-restricted']);
    const { world, alice, bob } = home;
    const heard = await call(home);
    await listen(home, 1_000);
    alice.host.move({ nat: 'symmetric', link: { latencyMs: 40 } });
    await world.run({ until: () => alice.of('restart wanted').length > 0, what: 'the move is noticed' });
    const offer = await settled(world, alice.offer('call', undefined, { restart: true }));
    const answer = await settled(world, bob.answer('call', offer));
    await settled(world, alice.takeAnswer('call', answer));
    const before = bob.of('path').length;
    await world.run({ until: () => bob.of('path').length > before, what: 'another path' });
    await listen(home, 1_500);
    expect(toneDbfs(heard.his.sink().last(500), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(500), 1_000, 16_000)).toBeCloseTo(-12, 0);
    expect(new Set(alice.rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(alice.of('failed')).toEqual([]);
  });
});

/** Where a description says that its audio is. */
const destinationOf = (description: string): string =>
  `${/c=IN IP[46] (\S+)/.exec(description)?.[1]} ${/m=audio (\d+)/.exec(description)?.[1]}`;

describe('without ICE on one side', () => {
  test.each<[string, boolean]>([
    ['the caller', true],
    ['the callee', false],
  ])('%s speaks it alone: both hear each other on the sockets that were told', async (_, isCaller) => {
    const home = household();
    const { alice, bob } = home;
    const [ice, plain] = [SOUND, { ...SOUND, ice: false }];
    const heard = await (isCaller ? call(home, ice, plain) : call(home, plain, ice));
    await listen(home, 1_000);
    expect(heard.answer).not.toContain('ice-ufrag');
    expect(alice.of('path').at(-1)?.path).toMatchObject({ kind: 'direct', ice: false });
    const { remote } = bob.of('path').at(-1)!.path;
    expect(`${remote.address} ${remote.port}`).toBe(destinationOf(heard.offer));
    expect(toneDbfs(heard.his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
    // What ICE had besides that socket is given back.
    await listen(home, 4_000);
    expect(home.stage.allocations).toBe(0);
    expect(toneDbfs(heard.hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  });

  test('behind a NAT the address is told that a server has seen, and symmetric RTP does the rest', async () => {
    const home = household(['port-restricted', undefined]);
    const heard = await call(home, SOUND, { ...SOUND, ice: false });
    await listen(home, 1_000);
    expect(destinationOf(heard.offer)).toContain(home.alice.host.nat.externalAddresses[0]);
    expect(toneDbfs(heard.his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  });

  test('who neither speaks it nor is in the open asks a server how it is seen', async () => {
    const home = household(['full-cone', 'port-restricted']);
    const heard = await call(home, { ...SOUND, ice: false });
    await listen(home, 1_000);
    expect(destinationOf(heard.offer)).toContain(home.alice.host.nat.externalAddresses[0]);
    expect(destinationOf(heard.answer)).toContain(home.bob.host.nat.externalAddresses[0]);
    expect(heard.offer).not.toContain('candidate');
    expect(toneDbfs(heard.his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  });

  test.each<[NatType, string, boolean]>([
    ['full-cone', 'looks where packets come from', true],
    ['symmetric', 'looks where packets come from', true],
    ['full-cone', 'sends to where the description says', true],
    ['symmetric', 'sends to where the description says', false],
  ])(
    'behind a %s NAT a peer in the open that %s is heard: as docs/phone.md says',
    async (nat, way, isHeard) => {
      const home = household([nat, undefined]);
      const { world, alice } = home;
      const open = new MediaPeer(world, world.host('carol'));
      const { hers, his } = tones();
      const offer = await settled(world, alice.offer('call', { ...SOUND, sound: hers.sound }));
      const plain = { ...SOUND, ice: false, sound: his.sound };
      const answer = await settled(world, open.answer('call', offer, plain));
      if (way.startsWith('sends')) {
        // What comes from a port that was not described is as good as lost to such a peer.
        const [, port] = /m=audio (\d+)/.exec(offer)!;
        open.ignores = ({ port: from }) => from !== Number(port);
      }
      open.engine.ask({ kind: 'establish', session: 'call' });
      await settled(world, alice.takeAnswer('call', answer));
      alice.engine.ask({ kind: 'establish', session: 'call' });
      await listen(home, 4_000);
      expect(alice.of('sound').length > 0).toBe(isHeard);
      expect(open.of('sound').length > 0).toBe(isHeard);
    },
  );

  test('a peer that gives it up in mid-call, as one that plays music does, is followed', async () => {
    const home = household();
    const { world, alice, bob } = home;
    const { his } = await call(home);
    const another = new MediaPeer(world, world.host('carol'));
    const music = soundOf([700], 16_000);
    const offer = await settled(world, another.offer('call', { ...SOUND, ice: false, sound: music.sound }));
    const answer = await settled(world, alice.answer('call', offer));
    await settled(world, another.takeAnswer('call', answer));
    bob.engine.ask({ kind: 'close', session: 'call' });
    await listen(home, 2_500);
    expect(answer).not.toContain('candidate');
    expect(toneDbfs(music.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(alice.of('path').at(-1)?.path).toMatchObject({
      ice: false,
      remote: { address: another.host.address },
    });
    expect(his.sink().isClosed).toBe(true);
  });

  test('an offer whose destination somebody has changed on the way is answered without ICE', async () => {
    const home = household();
    const { world, alice, bob } = home;
    const offer = await settled(world, alice.offer('call', SOUND));
    const changed = offer.replace(/c=IN IP4 \S+/, 'c=IN IP4 203.0.113.99');
    const answer = await settled(world, bob.answer('call', changed, SOUND));
    expect(answer).toContain('a=ice-mismatch');
    expect(answer).not.toContain('a=candidate');
  });
});

test('where only relays are allowed no address of ours is told, nor does a packet of ours reach the peer from it', async () => {
  const home = household(['full-cone', undefined]);
  const { alice, bob, stage } = home;
  const heard = await call(home, { ...SOUND, relayOnly: true }, SOUND);
  await listen(home, 1_000);
  const fragments = alice.of('fragment').map(({ fragment }) => fragment);
  const own = [...alice.host.addresses, ...alice.host.nat.externalAddresses];
  for (const text of [heard.offer, ...fragments])
    for (const address of own) expect(text).not.toContain(address);
  expect(alice.of('path').at(-1)?.path.kind).toBe('relayed');
  expect(toneDbfs(heard.his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
  expect(toneDbfs(heard.hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  const places = new Set(bob.sent.map(({ to }) => to.address));
  expect(own.some((address) => places.has(address))).toBe(false);
  const servers = [stage.turnHost.address, stage.stunHost.address];
  expect(alice.sent.every(({ to }) => servers.includes(to.address))).toBe(true);
});

test('where only relays are allowed, and the peer speaks no ICE, the call fails and says why', async () => {
  const home = household();
  const { world, alice, bob } = home;
  await expect(
    settled(
      world,
      (async () =>
        bob.answer('call', await alice.offer('call', { ...SOUND, ice: false }), {
          ...SOUND,
          relayOnly: true,
        }))(),
    ),
  ).rejects.toThrow('only relays are allowed, and the peer does not speak ICE');
  const offer = await settled(world, alice.offer('other', { ...SOUND, relayOnly: true }));
  const answer = await settled(world, bob.answer('other', offer, { ...SOUND, ice: false }));
  await settled(world, alice.takeAnswer('other', answer));
  await world.run({ until: () => alice.of('failed').length > 0 });
  expect(alice.of('failed')[0]?.why).toContain('The peer does not speak ICE');
});

test('an offer goes out within half a second, though a server is silent; what comes later is trickled', async () => {
  const home = household();
  const { world, bob } = home;
  const slow = new MediaPeer(world, world.host('carol', { link: { latencyMs: 400 } }), {
    servers: () => [home.stage.stunServer, home.stage.turnServer],
  });
  const begun = world.clock.now();
  const offer = await settled(world, slow.offer('call', SOUND));
  expect(world.clock.now() - begun).toBeLessThanOrEqual(501);
  expect(offer).not.toContain('typ relay');
  expect(offer).not.toContain('end-of-candidates');
  const answer = await settled(world, bob.answer('call', offer, SOUND));
  await settled(world, slow.takeAnswer('call', answer));
  await world.run({ until: () => slow.of('fragment').some(({ fragment }) => fragment.includes('end-of')) });
  const told = slow
    .of('fragment')
    .map(({ fragment }) => fragment)
    .join('');
  expect(told).toContain('typ relay');
  expect(told).toMatch(/m=audio 9 RTP\/AVP 0\r\na=mid:0/);
});

test('of a peer that takes no candidates later another offer is wanted, where nothing else leads to it', async () => {
  const home = household();
  const { world, stage } = home;
  const slow = new MediaPeer(world, world.host('carol', { nat: 'symmetric', link: { latencyMs: 300 } }), {
    servers: () => [stage.turnServer],
  });
  const old = new MediaPeer(world, world.host('dave', { nat: 'symmetric' }), {
    servers: () => [stage.stunServer],
  });
  const [hers, his] = [soundOf([440], 16_000), soundOf([1_000], 16_000)];
  const withoutTrickle = (text: string): string =>
    text.replace('a=ice-options:trickle ice2', 'a=ice-options:ice2');
  const offer = await settled(world, slow.offer('call', { ...SOUND, sound: hers.sound }));
  expect(offer).not.toContain('typ relay');
  const answer = await settled(
    world,
    old.answer('call', withoutTrickle(offer), { ...SOUND, sound: his.sound }),
  );
  await settled(world, slow.takeAnswer('call', withoutTrickle(answer)));
  await world.run({ until: () => slow.of('restart wanted').length > 0, withinMs: 5_000 });
  const another = await settled(world, slow.offer('call', undefined, { restart: true }));
  expect(another).toContain('typ relay');
  const taken = await settled(world, old.answer('call', withoutTrickle(another)));
  await settled(world, slow.takeAnswer('call', withoutTrickle(taken)));
  for (const { engine } of [slow, old]) engine.ask({ kind: 'establish', session: 'call' });
  await world.run({ until: () => old.of('sound').length > 0 && slow.of('sound').length > 0 });
  expect(slow.of('path').at(-1)?.path.kind).toBe('relayed');
});

test('a server that cannot be reached, and a peer that cannot either: the call fails with a reason and a remedy', async () => {
  const home = household(['symmetric', 'symmetric']);
  const { world } = home;
  const phones = ['carol', 'dave'].map(
    (name) => new MediaPeer(world, world.host(name, { nat: 'symmetric' }), { servers: () => [] }),
  ) as [MediaPeer, MediaPeer];
  await connect(world, [phones[0], SOUND], [phones[1], SOUND]);
  await world.run({ until: () => phones[0].of('failed').length > 0, withinMs: 60_000 });
  const { why, next } = phones[0].of('failed')[0]!;
  expect(why).toMatch(
    /^No packets get through between 192\.168\.\d+\.\d+ here and 192\.168\.\d+\.\d+ there\.$/,
  );
  expect(next).toContain('TURN server');
});

test('a server behind a router that forwards tells the address by which it is reached', async () => {
  const home = household();
  const { world, bob } = home;
  const server = new MediaPeer(world, world.host('server'), {
    advertise: ({ port }) => ({ address: '203.0.113.200', port }),
  });
  const offer = await settled(world, server.offer('call', SOUND));
  expect(offer).toContain('c=IN IP4 203.0.113.200');
  expect(offer).toMatch(/a=candidate:\S+ 1 UDP \d+ 203\.0\.113\.200 \d+ typ srflx raddr/);
  const answer = await settled(world, bob.answer('call', offer, SOUND));
  expect(answer).toContain('ice-ufrag');
});

test.each(['offer', 'answer'] as const)(
  'with a peer whose %s has no rtcp-mux there is sound and no RTCP, which would come to the port of RTP',
  async (which) => {
    const { world, alice, bob } = household();
    const without = (text: string): string => text.replace('a=rtcp-mux\r\n', '');
    const wishes: MediaWishes = { profile: 'telephone', security: ['dtls-srtp'] };
    const { hers, his } = tones();
    const offer = await settled(world, alice.offer('call', { ...wishes, sound: hers.sound }));
    const taken = which === 'offer' ? without(offer) : offer;
    const answer = await settled(world, bob.answer('call', taken, { ...wishes, sound: his.sound }));
    expect(answer.includes('a=rtcp-mux')).toBe(which === 'answer');
    bob.engine.ask({ kind: 'establish', session: 'call' });
    await settled(world, alice.takeAnswer('call', without(answer)));
    alice.engine.ask({ kind: 'establish', session: 'call' });
    await world.run({ until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0 });
    await world.run({ withinMs: 12_000 });
    const reports = (peer: MediaPeer): number =>
      peer.sent.filter(({ bytes }) => classifyDatagram(bytes) === 'rtcp').length;
    expect(reports(alice)).toBe(0);
    // Bob does not know that his answer was read otherwise.
    expect(reports(bob) > 0).toBe(which === 'answer');
    expect(toneDbfs(hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(bob.of('quality').at(-1)?.quality).toMatchObject({ lossRatio: 0, peer: undefined });
  },
);

test('closing gives every socket, relay and timer back', async () => {
  const home = household(['symmetric', 'symmetric']);
  const { world, alice, bob, stage } = home;
  await call(home);
  await listen(home, 1_000);
  let closed = 0;
  for (const { engine } of [alice, bob])
    void engine.close().then(() => {
      closed++;
    });
  await world.run({ until: () => closed === 2, withinMs: 5_000 });
  expect(stage.allocations).toBe(0);
  expect(alice.engine.levels('call')).toBeUndefined();
});
