import { classifyDatagram, encodeG711, parseRtcp, writeRtcp, writeRtp } from '@ringdown/rtp';
import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import { type Host, simulate, type World } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const PLAIN = { ice: false, security: ['none'], profile: 'telephone' } as const satisfies MediaWishes;

/** A bare socket of somebody's, and all that came to it. */
const socketOn = async (world: World, host: Host, port: number) => {
  const received: { readonly bytes: Uint8Array; readonly from: SocketAddress }[] = [];
  let open: UdpSocket | undefined;
  host.sockets.openUdp(
    { address: host.address, port },
    {
      opened: (socket) => {
        open = socket;
      },
      failed: (why) => {
        throw new Error(why);
      },
      received: (bytes, from) => void received.push({ bytes, from }),
    },
  );
  await world.run({ until: () => open !== undefined });
  return { socket: open!, received };
};

/** An old gateway: PCMA, RTCP on a port of its own, no ICE, no rtcp-mux. */
const GATEWAY = (host: Host, more = ''): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${host.address}`,
    's=-',
    `c=IN IP4 ${host.address}`,
    't=0 0',
    'm=audio 6000 RTP/AVP 8 0 101',
    'a=rtpmap:101 telephone-event/8000',
    `a=sendrecv${more}`,
    '',
  ].join('\r\n');

const sound = (at: number, frequencyHz = 440): Int16Array =>
  Int16Array.from({ length: 160 }, (_, index) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * frequencyHz * (at + index)) / 8_000)),
  );

const arrange = async () => {
  const world = simulate({ seed: 3 });
  const alice = new MediaPeer(world, world.host('alice'));
  const gateway = world.host('gateway');
  const hers = soundOf([1_000], 8_000);
  const offer = await settled(world, alice.offer('call', { ...PLAIN, sound: hers.sound }));
  const port = Number(/m=audio (\d+)/.exec(offer)?.[1]);
  const rtp = await socketOn(world, gateway, 6_000);
  const rtcp = await socketOn(world, gateway, 6_001);
  await settled(world, alice.takeAnswer('call', GATEWAY(gateway)));
  const to = { address: alice.host.address, port };
  let packets = 0;
  /** The gateway speaks, 20 ms after 20 ms. */
  const speak = async (
    count: number,
    change: (fields: { sequence: number; ssrc: number; payloadType: number }) => object = () => ({}),
    frequencyHz = 440,
  ) => {
    for (let at = 0; at < count; at++, packets++) {
      const fields = { payloadType: 8, sequence: packets & 0xffff, ssrc: 77 };
      const payload = encodeG711('A', sound(160 * packets, frequencyHz));
      rtp.socket.send(writeRtp({ ...fields, timestamp: 160 * packets, payload, ...change(fields) }), to);
      const next = world.clock.now() + 20;
      await world.run({ until: () => world.clock.now() >= next, withinMs: 100 });
    }
  };
  return { world, alice, gateway, rtp, rtcp, to, speak, hers, offer };
};

test('a peer without rtcp-mux gets its reports where it wants them, and sends its own to our one port', async () => {
  const { world, alice, rtp, rtcp, to, speak, offer } = await arrange();
  expect(offer).toMatch(new RegExp(`a=rtcp:${to.port}`));
  await speak(400);
  expect(rtcp.received.length).toBeGreaterThan(0);
  expect(rtcp.received.every(({ bytes }) => classifyDatagram(bytes) === 'rtcp')).toBe(true);
  expect(rtp.received.every(({ bytes }) => classifyDatagram(bytes) === 'rtp')).toBe(true);
  const [report] = parseRtcp(rtcp.received[0]!.bytes) as readonly { readonly ssrc: number }[];
  rtcp.socket.send(
    writeRtcp([
      {
        kind: 'receiver report',
        ssrc: 77,
        reports: [
          {
            ssrc: report!.ssrc,
            fractionLost: 64,
            cumulativeLost: 25,
            highestSequence: 100,
            jitter: 80,
            lastSenderReport: 0,
            delaySinceLastSenderReport: 0,
          },
        ],
      },
      { kind: 'source description', chunks: [] },
    ]),
    to,
  );
  await world.run({ until: () => alice.of('quality').at(-1)?.quality.peer !== undefined, withinMs: 2_000 });
  expect(alice.of('quality').at(-1)?.quality.peer).toMatchObject({ lossRatio: 0.25, jitterMs: 10 });
});

test('strangers, wrong sources, replays, jumps and rubbish are not heard, and the call goes on', async () => {
  const { world, alice, gateway, speak, hers, to } = await arrange();
  const stranger = await socketOn(world, world.host('stranger'), 5_000);
  await speak(50);
  let at = 0;
  const attack = () => {
    for (let one = 0; one < 5; one++, at++) {
      const payload = encodeG711('A', sound(160 * at, 2_500));
      const forged = { payloadType: 8, sequence: (at * 7) & 0xffff, timestamp: 160 * at, ssrc: 77, payload };
      stranger.socket.send(writeRtp({ ...forged, ssrc: at % 3 === 0 ? 77 : at }), to);
      stranger.socket.send(
        Uint8Array.from({ length: at % 40 }, (_, byte) => (byte * at) & 0xff),
        to,
      );
      stranger.socket.send(Uint8Array.of(22, 254, 253, at & 0xff), to);
    }
    return {};
  };
  await speak(100, attack);
  const heard = hers.sink().last(1_000);
  expect(toneDbfs(heard, 440, 8_000)).toBeCloseTo(-12.2, 0);
  expect(toneDbfs(heard, 2_500, 8_000)).toBeLessThan(-50);
  expect(alice.of('failed')).toEqual([]);
  expect(alice.of('path').at(-1)?.path.remote.address).toBe(gateway.address);
});

test('whatever comes, nothing is thrown', async () => {
  const { world, alice, rtp, to, speak, hers } = await arrange();
  await speak(10);
  const kinds = fc.constantFrom(
    [0x80, 8],
    [0x80, 101],
    [0x80, 13],
    [0x80, 0x88],
    [0x80, 200],
    [0xbf, 8],
    [22],
    [0],
  );
  const datagrams = fc.sample(fc.tuple(kinds, fc.uint8Array({ maxLength: 200 })), {
    numRuns: 2_000,
    seed: 5,
  });
  for (const [head, rest] of datagrams) {
    const bytes = Uint8Array.from([...head, ...rest]);
    // From the peer itself, of its own source at times.
    if (rest.length > 12 && rest[0]! % 2 === 0) bytes.set([0, 0, 0, 77], 8);
    rtp.socket.send(bytes, to);
    world.advance(2);
  }
  await speak(300);
  expect(alice.of('failed')).toEqual([]);
  expect(toneDbfs(hers.sink().last(500), 440, 8_000)).toBeCloseTo(-12.2, 0);
});

test('the codec may change from packet to packet among those that were agreed', async () => {
  const { speak, hers } = await arrange();
  await speak(60);
  let at = 60;
  await speak(60, () => {
    const isOther = at % 2 === 0;
    const samples = sound(160 * at++);
    return isOther ? { payloadType: 0, payload: encodeG711('mu', samples) } : {};
  });
  await speak(20);
  expect(toneDbfs(hers.sink().last(1_000), 440, 8_000)).toBeCloseTo(-12.2, 0);
});

test('a new source is heard from its first proof on, with a decoder of its own', async () => {
  const { speak, hers } = await arrange();
  await speak(100);
  await speak(150, ({ sequence }) => ({ ssrc: 4_711, sequence: (sequence + 30_000) & 0xffff }), 800);
  expect(toneDbfs(hers.sink().last(500), 800, 8_000)).toBeCloseTo(-12.2, 0);
});

test('digits of an old gateway are told once, whatever of their packets is lost', async () => {
  const { alice, speak } = await arrange();
  await speak(50);
  let event = 0;
  await speak(30, () => {
    const digit = Math.floor(event++ / 10);
    const inEvent = event % 10;
    const payload = Uint8Array.of(digit + 1, inEvent > 7 ? 0x8a : 10, 0, inEvent * 16);
    return { payloadType: inEvent === 1 ? 8 : 101, timestamp: 160 * (50 + 10 * digit), payload };
  });
  await speak(20);
  expect(alice.of('digit').map(({ digit }) => digit)).toEqual(['1', '2', '3']);
});

test('digits that a stall kept back come together and are all told; a flood of them is not listened to', async () => {
  const { alice, world, rtp, to, speak } = await arrange();
  await speak(50);
  let sequence = 50;
  const press = (digit: number, timestamp: number): void => {
    const payload = Uint8Array.of(digit, 0x8a, 3, 32);
    rtp.socket.send(writeRtp({ payloadType: 101, sequence: sequence++, ssrc: 77, timestamp, payload }), to);
  };
  for (let digit = 0; digit < 10; digit++) press(digit, 160 * (50 + 10 * digit));
  await world.run({ until: () => alice.of('digit').length >= 10, withinMs: 1_000 });
  expect(
    alice
      .of('digit')
      .map(({ digit }) => digit)
      .join(''),
  ).toBe('0123456789');
  for (let at = 0; at < 1_000; at++) press(at % 10, 160 * (200 + 10 * at));
  await world.run({ withinMs: 500 });
  expect(alice.of('digit').length).toBeLessThan(60);
});

test('a destination by name is looked up; one that is nowhere gets nothing', async () => {
  const world = simulate();
  const alice = new MediaPeer(world, world.host('alice'));
  const gateway = world.host('gateway');
  const rtp = await socketOn(world, gateway, 6_000);
  world.dns.set('media.example.org', [gateway.address]);
  await settled(world, alice.offer('call', PLAIN));
  const named = GATEWAY(gateway).replace(/c=IN IP4 \S+/, 'c=IN IP4 media.example.org');
  await settled(world, alice.takeAnswer('call', named));
  await world.run({ until: () => rtp.received.length > 2, withinMs: 1_000 });
  const nowhere = GATEWAY(gateway).replace(/c=IN IP4 \S+/, 'c=IN IP4 0.0.0.0');
  await settled(world, alice.answer('call', nowhere.replace('o=- 1 1', 'o=- 1 2')));
  const before = alice.sent.length;
  const later = world.clock.now() + 8_000;
  await world.run({ until: () => world.clock.now() >= later });
  expect(alice.sent.length).toBe(before);
  await settled(world, alice.offer('other', PLAIN));
  const unknown = GATEWAY(gateway).replace(/c=IN IP4 \S+/, 'c=IN IP4 nobody.example.org');
  const taken = await settled(world, alice.ask({ kind: 'take answer', session: 'other', answer: unknown }));
  expect(taken).toMatchObject({ kind: 'failed', why: expect.stringContaining('nobody.example.org') });
});

test('a peer may ask for packets of any length, and gets what can be sent', async () => {
  const world = simulate();
  const alice = new MediaPeer(world, world.host('alice'));
  const gateway = world.host('gateway');
  const rtp = await socketOn(world, gateway, 6_000);
  for (const [at, ms] of ['0.01', '7', '30', '9999'].entries()) {
    const session = `call ${at}`;
    await settled(world, alice.offer(session, PLAIN));
    await settled(world, alice.takeAnswer(session, GATEWAY(gateway, `\r\na=ptime:${ms}`)));
  }
  const later = world.clock.now() + 1_000;
  await world.run({ until: () => world.clock.now() >= later });
  const lengths = new Set(rtp.received.map(({ bytes }) => bytes.length - 12));
  expect([...lengths].sort((one, other) => one - other)).toEqual(expect.arrayContaining([8, 56, 240, 960]));
  expect(alice.of('failed')).toEqual([]);
});
