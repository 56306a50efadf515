import { nodeHashes } from '@ringdown/net/ports';
import { type SocketAddress, seededRandom, type UdpSocket } from '@ringdown/sans-io';
import {
  AlternateServer,
  defaultRetransmission,
  ErrorCode,
  errorTo,
  MessageWriter,
  parseStun,
  StunMessage,
} from '@ringdown/stun';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XorPeerAddress, XorRelayedAddress } from '../src/attributes/addresses.ts';
import { channelData } from '../src/attributes/channel-data.ts';
import { Data } from '../src/attributes/data.ts';
import { ALLOCATE, DATA, REFRESH } from '../src/attributes/methods.ts';
import { Lifetime, RequestedAddressFamily } from '../src/attributes/numbers.ts';
import { createTurnClient } from '../src/client/turn-client.ts';
import type { TurnClientOptions, TurnClientOutput } from '../src/client/turn-client-options.ts';
import { CLIENT, channelOf, PEER, RELAYED, ScriptedServer, SERVER, VirtualTime } from './scripted-server.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const TRIP_MS = 10;

/** A client on a shared UDP socket, 10 ms away from its server. */
const connected = (options: Partial<TurnClientOptions> = {}) => {
  const time = new VirtualTime();
  const outputs: TurnClientOutput[] = [];
  const sentTo: SocketAddress[] = [];
  let losing = (_bytes: Uint8Array): boolean => false;
  const server = new ScriptedServer(time, (bytes) => {
    const copy = bytes.slice();
    if (!losing(copy)) time.later(TRIP_MS, () => void client.received(copy, SERVER));
  });
  const socket: UdpSocket = {
    local: CLIENT,
    close: () => undefined,
    send: (bytes, to) => {
      sentTo.push(to);
      const copy = bytes.slice();
      if (!losing(copy)) time.later(TRIP_MS, () => server.received(copy));
    },
  };
  const client = createTurnClient(
    {
      server: { ...SERVER, transport: 'udp' },
      credentials: { username: 'alice', password: 'secret' },
      ...options,
    },
    {
      socket,
      timers: time.timers,
      random: seededRandom(5),
      hashes: nodeHashes,
      deliver: (output) => outputs.push(output),
    },
  );
  const lose = (rule: (bytes: Uint8Array) => boolean): void => {
    losing = rule;
  };
  return { time, server, client, outputs, sentTo, lose };
};

const allocated = (options: Partial<TurnClientOptions> = {}) => {
  const world = connected(options);
  world.client.allocate();
  world.time.run(100);
  expect(world.outputs.map(({ kind }) => kind)).toEqual(['allocated']);
  world.outputs.length = 0;
  return world;
};

/** With a permission for the peer. */
const permitted = (options: Partial<TurnClientOptions> = {}) => {
  const world = allocated(options);
  world.client.permit(PEER);
  world.time.run(100);
  expect(world.outputs).toEqual([{ kind: 'permitted', address: PEER.address }]);
  world.outputs.length = 0;
  return world;
};

/** With a channel for the peer. */
const bound = (options: Partial<TurnClientOptions> = {}) => {
  const world = permitted(options);
  world.client.bind(PEER);
  world.time.run(100);
  const channel = channelOf(world.server.asked('CHANNEL_BIND')[0]?.message)!;
  world.client.send(bytesOf('through it'), PEER);
  world.time.run(100);
  expect(world.server.asked(`channel ${channel}`).length).toBe(1);
  return { ...world, channel };
};

const failureOf = (output: TurnClientOutput | undefined) =>
  output?.kind === 'failed' || output?.kind === 'lost' || output?.kind === 'refused'
    ? output.failure
    : undefined;

describe('an allocation', () => {
  test('is asked for with credentials once the server has challenged, and tells both addresses', () => {
    const { client, time, outputs } = connected();
    client.allocate();
    time.run(39);
    expect(outputs).toEqual([]);
    time.run(1);
    expect(outputs).toEqual([
      {
        kind: 'allocated',
        allocation: {
          relayed: [RELAYED],
          mapped: CLIENT,
          server: { ...SERVER, transport: 'udp' },
          local: CLIENT,
        },
      },
    ]);
    expect(client.state).toBe('allocated');
  });

  test.each([1, 2, 3, 4, 5])('comes through where 40 % of the datagrams are lost (seed %i)', (seed) => {
    const { client, time, outputs, lose } = connected();
    const { fraction } = seededRandom(seed);
    lose(() => fraction() < 0.4);
    client.allocate();
    time.run(60_000);
    expect(outputs.map(({ kind }) => kind)).toEqual(['allocated']);
  });

  test('asks for IPv6 alone, or besides, only where told to', () => {
    const one = allocated();
    const families = one.server.asked('ALLOCATE')[0]!.message!;
    expect([families.has(RequestedAddressFamily), families.has({ type: 0x8000 })]).toEqual([false, false]);
    const six = connected({ requestedFamily: 'ipv6' });
    six.client.allocate();
    six.time.run(100);
    expect(six.server.asked('ALLOCATE')[0]!.message!.get(RequestedAddressFamily)).toBe(2);
    const both = connected({ requestedFamily: 'both' });
    both.server.relayed.push({ address: '2001:db8::1', port: 50_001 });
    both.client.allocate();
    both.time.run(100);
    expect(both.server.asked('ALLOCATE')[0]!.message!.has({ type: 0x8000 })).toBe(true);
    expect(both.client.allocation?.relayed).toEqual([RELAYED, { address: '2001:db8::1', port: 50_001 }]);
  });

  test.each([
    [403, 'forbidden'],
    [437, 'allocation mismatch'],
    [440, 'family not supported'],
    [441, 'wrong credentials'],
    [442, 'transport not supported'],
    [486, 'quota reached'],
    [500, 'server error'],
    [508, 'no capacity'],
    [599, 'other'],
  ])('that is refused with %i fails by the name of "%s", with a sentence', (code, cause) => {
    const { client, time, outputs, server } = connected();
    server.refusals.set('ALLOCATE', code);
    client.allocate();
    time.run(100);
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause, code } }]);
    expect(failureOf(outputs[0])?.why).toMatch(
      /^TURN server udp 203\.0\.113\.1:3478 refused .+\. Next: .+\.$/,
    );
    expect(client.state).toBe('closed');
  });

  test('with a wrong password fails after two requests', () => {
    const { client, time, outputs, sentTo } = connected({
      credentials: { username: 'alice', password: 'wrong' },
    });
    client.allocate();
    time.run(60_000);
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'wrong credentials', code: 401 } }]);
    expect(sentTo.length).toBe(2);
  });

  test('fails when nobody answers, as RFC 8489 counts', () => {
    const { client, time, outputs, server, sentTo } = connected();
    server.silent = true;
    client.allocate();
    time.run(39_400);
    expect([outputs, sentTo.length]).toEqual([[], defaultRetransmission.rc]);
    time.run(200);
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'no answer', code: undefined } }]);
  });

  test('follows a redirection, and not in a circle', () => {
    const { client, time, outputs, server, sentTo } = connected();
    const elsewhere = { address: '203.0.113.2', port: 3478 };
    server.refusals.set('ALLOCATE', 300);
    server.decorate = (_, answer) => void answer.add(AlternateServer, elsewhere);
    client.allocate();
    time.run(100);
    expect(sentTo.at(-1)).toMatchObject(elsewhere);
    // Its answers come from the first server still: they are not listened to any more.
    expect(outputs).toEqual([]);
    const circle = connected();
    circle.server.refusals.set('ALLOCATE', 300);
    circle.server.decorate = (_, answer) => void answer.add(AlternateServer, SERVER);
    circle.client.allocate();
    circle.time.run(100);
    expect(circle.outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'redirected in a circle' } }]);
  });

  test('is refreshed a minute before its end, again and again', () => {
    const { server, time, client } = allocated();
    time.run(1_800_000);
    const times = server.asked('REFRESH').map(({ atMs }) => Math.round(atMs / 60_000));
    expect(times).toEqual([9, 18, 27]);
    expect(client.state).toBe('allocated');
  });

  test('lives on where every nonce becomes stale on the way', () => {
    const { server, time, client, outputs } = permitted();
    server.forgetNonces();
    time.run(241_000);
    expect(server.asked('CREATE_PERMISSION').length).toBe(2);
    server.forgetNonces();
    time.run(300_000);
    expect(server.asked('REFRESH').length).toBe(1);
    expect([client.state, outputs]).toEqual(['allocated', []]);
  });

  test('is lost when its refresh is not answered', () => {
    const { server, time, client, outputs } = allocated();
    server.silent = true;
    time.run(590_000);
    expect(outputs).toMatchObject([{ kind: 'lost', failure: { cause: 'no answer' } }]);
    expect([client.state, client.allocation, client.send(bytesOf('x'), PEER)]).toEqual([
      'closed',
      undefined,
      false,
    ]);
    expect(time.timers.size).toBe(0);
  });

  test('is lost at its end where it was shorter than a request takes', () => {
    const { client, time, outputs, server } = connected();
    server.lifetimeS = 20;
    client.allocate();
    time.run(100);
    server.silent = true;
    time.run(20_100);
    expect(outputs).toMatchObject([{ kind: 'allocated' }, { kind: 'lost', failure: { cause: 'expired' } }]);
  });

  test('is lost when any request is told that it is no more', () => {
    const { server, time, client, outputs } = allocated();
    server.refusals.set('CREATE_PERMISSION', 437);
    client.permit(PEER);
    time.run(100);
    expect(outputs).toMatchObject([{ kind: 'lost', failure: { cause: 'allocation mismatch', code: 437 } }]);
  });

  test('is given back when it is closed', () => {
    const { server, time, client, outputs } = bound();
    client.close();
    expect(client.state).toBe('releasing');
    time.run(100);
    expect(server.asked('REFRESH').map(({ message }) => message?.get(Lifetime))).toEqual([0]);
    expect(outputs).toEqual([{ kind: 'closed' }]);
    expect(time.timers.size).toBe(0);
  });

  test('is given back, too, where it was granted after the owner had left', () => {
    const { server, time, client, outputs } = connected();
    client.allocate();
    time.run(25);
    client.close();
    time.run(100);
    expect(server.asked('REFRESH').map(({ message }) => message?.get(Lifetime))).toEqual([0]);
    expect(outputs).toEqual([{ kind: 'closed' }]);
  });

  test('an owner who leaves waits 2.5 s for a server that is gone', () => {
    const { server, time, client, outputs } = allocated();
    server.silent = true;
    client.close();
    time.run(2_400);
    expect(outputs).toEqual([]);
    time.run(200);
    expect([outputs, time.timers.size]).toEqual([[{ kind: 'closed' }], 0]);
  });

  test('says something every 25 s, so that NATs keep the way open', () => {
    const { server, time } = allocated();
    time.run(120_000);
    const gaps = server.asked('BINDING').map(({ message }) => message?.class);
    expect(gaps).toEqual(['indication', 'indication', 'indication', 'indication']);
  });
});

describe('permissions', () => {
  test('are asked for one by one: a forbidden peer does not fail the others', () => {
    const { server, time, client, outputs } = allocated();
    server.refusals.set('CREATE_PERMISSION 10.0.0.1', 403);
    client.permit({ address: '10.0.0.1', port: 9 });
    client.permit(PEER);
    client.permit(PEER);
    time.run(100);
    expect(outputs).toMatchObject([
      { kind: 'refused', address: '10.0.0.1', failure: { cause: 'forbidden', code: 403 } },
      { kind: 'permitted', address: PEER.address },
    ]);
    expect(server.asked('CREATE_PERMISSION').length).toBe(2);
  });

  test('are refreshed every four minutes until they are forgotten', () => {
    const { server, time, client } = permitted();
    time.run(500_000);
    expect(server.asked('CREATE_PERMISSION').length).toBe(3);
    client.forget(PEER.address);
    time.run(900_000);
    expect(server.asked('CREATE_PERMISSION').length).toBe(3);
  });

  test('the first datagrams wait for theirs, the later ones go by themselves', () => {
    const { server, time, client } = allocated();
    for (let index = 0; index < 12; index++) client.send(bytesOf(String(index)), PEER);
    time.run(100);
    const sent = server.asked('SEND').map(({ message }) => textOf(message!.get(Data)!));
    expect(sent).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  test('are refreshed for the peer that was sent to last', () => {
    const { server, time, client } = permitted();
    client.send(bytesOf('x'), { ...PEER, port: 7_000 });
    time.run(241_000);
    const ports = server.asked('CREATE_PERMISSION').map(({ message }) => message?.get(XorPeerAddress)?.port);
    expect(ports).toEqual([PEER.port, 7_000]);
  });

  test('that were forgotten and asked for again do not mind the old answer', () => {
    const { server, time, client, outputs } = allocated();
    server.refusals.set('CREATE_PERMISSION', 403);
    client.permit(PEER);
    time.run(15);
    server.refusals.clear();
    client.forget(PEER.address);
    client.permit(PEER);
    time.run(100);
    expect(outputs).toEqual([{ kind: 'permitted', address: PEER.address }]);
  });

  test('to a peer that was refused nothing is sent', () => {
    const { server, time, client } = allocated();
    server.refusals.set('CREATE_PERMISSION', 403);
    client.send(bytesOf('waits'), PEER);
    time.run(100);
    expect(client.send(bytesOf('refused'), PEER)).toBe(false);
    time.run(100);
    expect(server.asked('SEND')).toEqual([]);
  });

  test('another port of an address that was refused is asked for, once', () => {
    const { server, time, client } = allocated();
    server.refusals.set('CREATE_PERMISSION', 403);
    for (const port of [1, 1, 2, 2]) {
      client.send(bytesOf('x'), { ...PEER, port });
      time.run(100);
    }
    const asked = server.asked('CREATE_PERMISSION').map(({ message }) => message?.get(XorPeerAddress)?.port);
    expect(asked).toEqual([1, 2]);
    server.refusals.clear();
    client.send(bytesOf('x'), { ...PEER, port: 3 });
    time.run(100);
    expect(server.asked('SEND').length).toBe(1);
  });

  test('there are only so many', () => {
    const { time, client, server } = allocated({ maxPermissions: 2 });
    for (const last of [1, 2, 3]) client.permit({ address: `198.51.100.${last}`, port: 9 });
    time.run(100);
    expect(server.asked('CREATE_PERMISSION').length).toBe(2);
    expect(client.send(bytesOf('x'), { address: '198.51.100.3', port: 1 })).toBe(false);
  });

  test('one address has one, however it is spelt', () => {
    const { server, time, client } = allocated();
    client.permit({ address: '2001:DB8:0:0::9', port: 9 });
    client.permit({ address: '2001:db8::9', port: 9 });
    client.send(bytesOf('x'), { address: '2001:db8:0::9', port: 9 });
    time.run(100);
    expect(server.asked('CREATE_PERMISSION').length).toBe(1);
    expect(server.asked('SEND').length).toBe(1);
  });
});

describe('data', () => {
  test('go by indications first, and through a channel once they are many', () => {
    const { server, time, client } = permitted();
    for (let index = 0; index < 20; index++) {
      client.send(bytesOf('sound'), PEER);
      time.run(20);
    }
    expect(server.asked('CHANNEL_BIND').length).toBe(1);
    const channel = channelOf(server.asked('CHANNEL_BIND')[0]!.message)!;
    expect(server.asked('SEND').length + server.asked(`channel ${channel}`).length).toBe(20);
    expect(server.asked(`channel ${channel}`).length).toBeGreaterThan(8);
    expect(textOf(server.asked(`channel ${channel}`)[0]!.bytes.subarray(4))).toBe('sound');
  });

  test('go by indications where the server binds no channel', () => {
    const { server, time, client } = permitted();
    server.refusals.set('CHANNEL_BIND', 508);
    for (let index = 0; index < 20; index++) {
      client.send(bytesOf('sound'), PEER);
      time.run(20);
    }
    expect([server.asked('CHANNEL_BIND').length, server.asked('SEND').length]).toEqual([1, 20]);
  });

  test('a channel is bound anew while it is used, and left to end when not', () => {
    const { server, time, client } = bound();
    client.send(bytesOf('x'), PEER);
    time.run(550_000);
    expect(server.asked('CHANNEL_BIND').length).toBe(2);
    time.run(550_000);
    expect(server.asked('CHANNEL_BIND').length).toBe(2);
    time.run(600_000);
    client.bind(PEER);
    time.run(100);
    const numbers = server.asked('CHANNEL_BIND').map(({ message }) => channelOf(message));
    expect(new Set(numbers).size).toBe(1);
  });

  test('come by indications and by channels', () => {
    const { server, client, time, outputs, channel } = bound();
    server.indicate(bytesOf('one'));
    time.run(100);
    expect(client.received(channelData(channel, bytesOf('two'), false), SERVER)).toBe(true);
    expect(outputs).toEqual([
      { kind: 'data', bytes: bytesOf('one'), peer: PEER },
      { kind: 'data', bytes: bytesOf('two'), peer: PEER },
    ]);
  });
});

describe('what strangers send', () => {
  test('from another source is for others, whatever it says', () => {
    const { client, outputs, channel } = bound();
    const forged = channelData(channel, bytesOf('evil'), false);
    for (const from of [
      { ...SERVER, port: 3479 },
      { ...SERVER, address: '203.0.113.3' },
    ])
      expect(client.received(forged, from)).toBe(false);
    expect(outputs).toEqual([]);
  });

  test('for channels and peers that nobody asked for is let fall', () => {
    const { client, server, time, outputs, channel } = bound();
    expect(client.received(channelData(channel + 1, bytesOf('evil'), false), SERVER)).toBe(true);
    expect(client.received(Uint8Array.of(0x40, 0x00, 0xff, 0xff, 1), SERVER)).toBe(true);
    server.indicate(bytesOf('evil'), { address: '198.51.100.66', port: 6_000 });
    client.forget(PEER.address);
    expect(client.received(channelData(channel, bytesOf('late'), false), SERVER)).toBe(true);
    time.run(100);
    expect(outputs).toEqual([]);
  });

  test('on a channel that a peer may have one day, and has not, is let fall', () => {
    const { client, outputs } = permitted();
    client.send(bytesOf('x'), PEER);
    expect(client.received(channelData(0x4000, bytesOf('evil'), false), SERVER)).toBe(true);
    expect(outputs).toEqual([]);
  });

  test('that answers another method than was asked is as if it had not come', () => {
    const { client, time, outputs, lose } = connected();
    lose((bytes) => {
      const message = parseStun(bytes);
      if (message instanceof StunMessage && message.class === 'request') {
        const other = new MessageWriter(REFRESH, 'error', message.transactionId);
        client.received(other.add(ErrorCode, { code: 486, reason: '' }).bytes, SERVER);
      }
      return false;
    });
    client.allocate();
    time.run(100);
    expect(outputs.map(({ kind }) => kind)).toEqual(['allocated']);
  });

  test('the Binding answers of the same server are for whoever shares the socket', () => {
    const { client } = allocated();
    const other = new MessageWriter(0x001, 'success', new Uint8Array(12)).bytes;
    expect(client.received(other, SERVER)).toBe(false);
    expect(client.received(bytesOf('RTP, say'), SERVER)).toBe(false);
  });

  test('an answer without the right integrity is as if it had not come', () => {
    const { client, time, outputs, server, lose } = connected();
    let forged = 0;
    lose((bytes) => {
      const message = parseStun(bytes);
      if (!(message instanceof StunMessage) || message.method !== ALLOCATE || message.class !== 'success')
        return false;
      const lie = new MessageWriter(ALLOCATE, 'success', message.transactionId)
        .add(XorRelayedAddress, { address: '198.51.100.66', port: 1 })
        .addBytes(0x0008, new Uint8Array(20)).bytes;
      forged++;
      client.received(lie, SERVER);
      const refusal = errorTo(message, 486).bytes;
      client.received(refusal, SERVER);
      return forged === 1;
    });
    client.allocate();
    time.run(5_000);
    expect(forged).toBeGreaterThan(0);
    expect(server.asked('ALLOCATE').length).toBeGreaterThan(0);
    expect(outputs).toMatchObject([{ kind: 'allocated', allocation: { relayed: [RELAYED] } }]);
  });

  test('any bytes from the server: nothing that was not asked for, never an exception', () => {
    const { client, outputs } = bound();
    const id = fc.uint8Array({ minLength: 12, maxLength: 12 });
    const stun = fc
      .tuple(fc.constantFrom(0x0113, 0x0103, 0x0117, 0x0017, 0x0104), id, fc.uint8Array({ maxLength: 60 }))
      .map(([type, transaction, rest]) => {
        const body = rest.subarray(0, rest.length & ~3);
        const head = [type >> 8, type & 0xff, 0, body.length, 0x21, 0x12, 0xa4, 0x42];
        return Uint8Array.from([...head, ...transaction, ...body]);
      });
    const channel = fc.uint8Array({ maxLength: 20 }).map((rest) => Uint8Array.from([0x4f, ...rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), stun, channel), (bytes) => {
        client.received(bytes, SERVER);
      }),
    );
    expect(outputs.filter(({ kind }) => kind !== 'data')).toEqual([]);
  });

  test('half a Data indication is nothing', () => {
    const { client, outputs } = permitted();
    const indication = (): MessageWriter => new MessageWriter(DATA, 'indication', new Uint8Array(12));
    for (const writer of [
      indication(),
      indication().add(XorPeerAddress, PEER),
      indication().add(Data, bytesOf('x')),
      indication().add(ErrorCode, { code: 400, reason: '' }),
    ])
      expect(client.received(writer.bytes, SERVER)).toBe(true);
    expect(outputs).toEqual([]);
  });
});

describe('its owner', () => {
  test('must not call back from within deliver', () => {
    const time = new VirtualTime();
    const client = createTurnClient(
      { server: { ...SERVER, transport: 'udp' }, credentials: { username: 'a', password: 'b' } },
      {
        socket: { local: CLIENT, send: () => undefined, close: () => undefined },
        timers: time.timers,
        random: seededRandom(1),
        hashes: nodeHashes,
        deliver: () => client.permit(PEER),
      },
    );
    expect(() => client.close()).toThrow(/deliver/);
  });

  test('must give it a way to the server', () => {
    const time = new VirtualTime();
    const ports = { timers: time.timers, random: seededRandom(1), hashes: nodeHashes };
    const credentials = { username: 'a', password: 'b' };
    const server = { ...SERVER, transport: 'tls' } as const;
    expect(() => createTurnClient({ server, credentials }, { ...ports, deliver: () => undefined })).toThrow(
      TypeError,
    );
  });
});
