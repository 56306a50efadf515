import type { UdpSocket } from '@ringdown/sans-io';
import type { NatType } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { Stage } from '../../packages/connectivity/scenarios/stage.ts';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const arrange = (nat?: NatType, loss = 0) => {
  const stage = new Stage();
  const { world } = stage;
  const servers = () => [stage.stunServer, stage.turnServer];
  const [alice, bob] = (['alice', 'bob'] as const).map((name) => {
    const link = { latencyMs: 15, loss };
    const host = world.host(name, { link, ...(nat === undefined ? {} : { nat }) });
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

const call = async (
  { world, alice, bob }: ReturnType<typeof arrange>,
  wishes: MediaWishes,
  others: MediaWishes = wishes,
) => {
  const [hers, his] = [soundOf([440], 48_000), soundOf([1_000], 48_000)];
  const said = await connect(
    world,
    [alice, { profile: 'interview', ...wishes, sound: hers.sound }],
    [bob, { profile: 'interview', ...others, sound: his.sound }],
  );
  const begun = world.clock.now();
  await world.run({
    until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0,
    withinMs: 10_000,
    what: 'each hears the other',
  });
  const heardMs = world.clock.now() - begun;
  const later = world.clock.now() + 1_500;
  await world.run({ until: () => world.clock.now() >= later });
  expect(toneDbfs(hers.sink().last(400), 1_000, 48_000)).toBeCloseTo(-12, 0);
  expect(toneDbfs(his.sink().last(400), 440, 48_000)).toBeCloseTo(-12, 0);
  return { ...said, heardMs };
};

describe('DTLS-SRTP', () => {
  test.each<[string, boolean, NatType | undefined]>([
    ['over ICE', true, undefined],
    ['over ICE and a relay', true, 'symmetric'],
    ['over the addresses of the descriptions', false, undefined],
    ['without ICE behind NATs', false, 'full-cone'],
  ])('%s', async (_, ice, nat) => {
    const place = arrange(nat);
    const { offer, answer } = await call(place, { ice, security: ['dtls-srtp'] });
    expect(offer).toMatch(/m=audio \d+ UDP\/TLS\/RTP\/SAVPF /);
    expect(offer).toContain('a=setup:actpass');
    expect(answer).toContain('a=setup:active');
    for (const { of } of [place.alice, place.bob].map((peer) => ({ of: peer.of('media').at(-1)?.media })))
      expect(of).toMatchObject({ security: 'dtls-srtp', cipher: expect.stringMatching(/^(AES|AEAD)/) });
  });

  test('is what two of us agree on by themselves, beside RTP/AVP', async () => {
    const place = arrange();
    const { offer, heardMs } = await call(place, {});
    expect(offer).toMatch(/m=audio \d+ RTP\/AVP /);
    expect(offer).toContain('a=fingerprint:sha-256');
    expect(offer).toContain('a=crypto:1');
    expect(place.alice.of('media').at(-1)?.media.security).toBe('dtls-srtp');
    // Checks, a handshake of two round trips, and the jitter buffer.
    expect(heardMs).toBeLessThan(450);
  });

  test('survives losses while it shakes hands', async () => {
    const place = arrange(undefined, 0.2);
    const [hers, his] = [soundOf([440], 48_000), soundOf([1_000], 48_000)];
    const wishes: MediaWishes = { profile: 'interview', security: ['dtls-srtp'] };
    const { world, alice, bob } = place;
    await connect(world, [alice, { ...wishes, sound: hers.sound }], [bob, { ...wishes, sound: his.sound }]);
    await world.run({
      until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0,
      withinMs: 15_000,
    });
    expect(alice.of('failed')).toEqual([]);
  });

  test('is ready while it rings, so that sound is there when the call is taken', async () => {
    const { world, alice, bob } = arrange();
    const wishes: MediaWishes = { profile: 'interview', security: ['dtls-srtp'] };
    const [hers, his] = [soundOf([440], 48_000), soundOf([1_000], 48_000)];
    const offer = await settled(world, alice.offer('call', { ...wishes, sound: hers.sound }));
    const answer = await settled(world, bob.answer('call', offer, wishes, true));
    await settled(world, alice.takeAnswer('call', answer));
    await world.run({ until: () => bob.of('media').some(({ media }) => media.cipher !== undefined) });
    const ringing = world.clock.now() + 3_000;
    await world.run({ until: () => world.clock.now() >= ringing });
    const taken = world.clock.now();
    bob.engine.ask({ kind: 'establish', session: 'call', wishes: { sound: his.sound } });
    alice.engine.ask({ kind: 'establish', session: 'call' });
    await world.run({ until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0 });
    expect(world.clock.now() - taken).toBeLessThan(200);
  });

  test('goes on over re-offers and a restart with the same association, source and sequence', async () => {
    const place = arrange();
    const { world, alice, bob } = place;
    await call(place, { security: ['dtls-srtp'] });
    const handshakes = alice.sent.filter(({ bytes }) => bytes[0] === 22).length;
    for (const restart of [false, true]) {
      const offer = await settled(world, alice.offer('call', undefined, { restart }));
      const answer = await settled(world, bob.answer('call', offer));
      await settled(world, alice.takeAnswer('call', answer));
      const later = world.clock.now() + 2_000;
      await world.run({ until: () => world.clock.now() >= later });
    }
    expect(alice.sent.filter(({ bytes }) => bytes[0] === 22)).toHaveLength(handshakes);
    expect(new Set(alice.rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(bob.of('quality').at(-1)?.quality).toMatchObject({ lost: 0, concealedRatio: 0 });
  });

  test.each([
    ['from the port that the peer has', 0],
    ['from another port', 1],
  ])('is had with the peer, though somebody else was the first to send a handshake %s', async (_, apart) => {
    const { world, alice, bob } = arrange();
    const wishes: MediaWishes = { profile: 'interview', ice: false, security: ['dtls-srtp'] };
    const [hers, his] = [soundOf([440], 48_000), soundOf([1_000], 48_000)];
    const offer = await settled(world, alice.offer('call', { ...wishes, sound: hers.sound }));
    const answer = await settled(world, bob.answer('call', offer, { ...wishes, sound: his.sound }));
    const portOf = (description: string) => Number(/m=audio (\d+)/.exec(description)?.[1]);
    const mallory = world.host('mallory');
    let socket: UdpSocket | undefined;
    mallory.sockets.openUdp(
      { address: mallory.address, port: portOf(offer) + apart },
      { opened: (opened) => (socket = opened), failed: () => {}, received: () => {} },
    );
    await world.run({ until: () => socket !== undefined });
    // A handshake record of DTLS 1.2 with nothing in it that could be read.
    const record = Uint8Array.of(22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0);
    socket!.send(record, { address: bob.host.address, port: portOf(answer) });
    const later = world.clock.now() + 100;
    await world.run({ until: () => world.clock.now() >= later });
    await settled(world, alice.takeAnswer('call', answer));
    bob.engine.ask({ kind: 'establish', session: 'call' });
    alice.engine.ask({ kind: 'establish', session: 'call' });
    await world.run({
      until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0,
      withinMs: 10_000,
      what: 'each hears the other',
    });
  });

  test('with another certificate than the one that was announced it fails, and says why', async () => {
    const { world, alice, bob } = arrange();
    const wishes: MediaWishes = { security: ['dtls-srtp'] };
    const offer = await settled(world, alice.offer('call', wishes));
    const answer = await settled(world, bob.answer('call', offer, wishes));
    const forged = answer.replace(
      /(a=fingerprint:sha-256 )(..)/,
      (_, head, byte) => `${head}${byte === '00' ? '01' : '00'}`,
    );
    await settled(world, alice.takeAnswer('call', forged));
    await world.run({ until: () => alice.of('failed').length > 0 });
    expect(alice.of('failed')[0]?.why).toMatch(/^The sound could not be encrypted: /);
    expect(alice.of('sound')).toEqual([]);
  });

  test('wanted alone refuses less', async () => {
    const { world, alice, bob } = arrange();
    const offer = await settled(world, alice.offer('call', { security: ['none'] }));
    const answered = await settled(
      world,
      bob.ask({ kind: 'answer', session: 'call', offer, early: false, wishes: { security: ['dtls-srtp'] } }),
    );
    expect(answered).toMatchObject({ kind: 'failed', status: 488, why: expect.stringContaining('security') });
  });
});
