import { nodeHashes } from '@ringdown/net/ports';
import {
  type Sockets,
  type StreamSocketOptions,
  type StreamSocketUser,
  seededRandom,
  type UdpSocketUser,
} from '@ringdown/sans-io';
import { ErrorCode, MessageWriter } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { channelData } from '../src/attributes/channel-data.ts';
import { StreamFramer } from '../src/attributes/framer.ts';
import { ALLOCATE } from '../src/attributes/methods.ts';
import { createTurnClient } from '../src/client/turn-client.ts';
import type { TurnClientOutput } from '../src/client/turn-client-options.ts';
import { CLIENT, channelOf, PEER, ScriptedServer, SERVER, VirtualTime } from './scripted-server.ts';

const TRIP_MS = 10;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));

/** A client that opens its own sockets; streams are cut into pieces of so many bytes. */
const opened = (transport: 'udp' | 'tcp' | 'tls', pieceBytes = 1_500, addresses = [CLIENT.address]) => {
  const time = new VirtualTime();
  const outputs: TurnClientOutput[] = [];
  const connections: StreamSocketOptions[] = [];
  const udpPorts: number[] = [];
  let streamUser: StreamSocketUser | undefined;
  let udpUser: UdpSocketUser | undefined;
  const open = { streams: 0, udp: 0 };
  const datagrams: Uint8Array[] = [];
  const framer = new StreamFramer();
  const server = new ScriptedServer(time, (bytes) => {
    const copy = bytes.slice();
    if (udpUser !== undefined) time.later(TRIP_MS, () => udpUser?.received(copy, SERVER));
    else give(copy);
  });
  const give = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.slice(at, at + pieceBytes);
      time.later(TRIP_MS, () => streamUser?.received(piece));
    }
  };
  const sockets: Sockets = {
    addresses: () => addresses,
    openUdp: (_options, user) => {
      const local = { address: CLIENT.address, port: CLIENT.port + udpPorts.length };
      udpPorts.push(local.port);
      udpUser = user;
      open.udp++;
      const socket = {
        local,
        send: (bytes: Uint8Array) => {
          datagrams.push(bytes);
          time.later(TRIP_MS, () => server.received(bytes));
        },
        close: () => void open.udp--,
      };
      time.later(1, () => user.opened(socket));
    },
    connect: (options, user) => {
      connections.push(options);
      streamUser = user;
      open.streams++;
      const socket = {
        local: CLIENT,
        remote: SERVER,
        send: (bytes: Uint8Array) =>
          time.later(TRIP_MS, () => {
            framer.push(bytes);
            for (let one = framer.next(); one !== undefined; one = framer.next())
              server.received(one as Uint8Array);
          }),
        close: () => void open.streams--,
      };
      time.later(TRIP_MS, () => user.opened(socket));
      return socket;
    },
  };
  const client = createTurnClient(
    {
      server: { ...SERVER, transport, serverName: 'turn.example.org' },
      credentials: { username: 'alice', password: 'secret' },
    },
    {
      sockets,
      timers: time.timers,
      random: seededRandom(5),
      hashes: nodeHashes,
      deliver: (output) => outputs.push(output),
    },
  );
  client.allocate();
  return {
    time,
    server,
    client,
    outputs,
    connections,
    udpPorts,
    open,
    give,
    datagrams,
    stream: () => streamUser!,
    udp: () => udpUser!,
  };
};

describe('a client over a stream', () => {
  test.each([1, 7, 1_500])('hears the server where it comes in pieces of %i bytes', (pieceBytes) => {
    const { time, server, client, outputs, give } = opened('tcp', pieceBytes);
    time.run(2_000);
    client.permit(PEER);
    client.bind(PEER);
    time.run(2_000);
    const channel = channelOf(server.asked('CHANNEL_BIND')[0]?.message)!;
    give(channelData(channel, bytesOf('five!'), true));
    give(channelData(channel, bytesOf('again'), true));
    time.run(2_000);
    expect(outputs).toMatchObject([
      { kind: 'allocated' },
      { kind: 'permitted' },
      { kind: 'data', bytes: bytesOf('five!'), peer: PEER },
      { kind: 'data', bytes: bytesOf('again'), peer: PEER },
    ]);
    client.send(bytesOf('five!'), PEER);
    client.send(bytesOf('again'), PEER);
    time.run(100);
    expect(server.asked(`channel ${channel}`).map(({ bytes }) => bytes.length)).toEqual([12, 12]);
  });

  test('does not send what no message holds: the rest of it would be read as messages of ours', () => {
    const { time, server, client } = opened('tcp');
    time.run(2_000);
    client.permit(PEER);
    time.run(2_000);
    for (const size of [65_505, 65_536, 80_000]) expect(client.send(new Uint8Array(size), PEER)).toBe(false);
    expect(client.send(new Uint8Array(65_504), PEER)).toBe(true);
    time.run(100);
    expect(server.asked('SEND').length).toBe(1);
  });

  test('asks TLS for the name that the certificate has to bear', () => {
    expect(opened('tls').connections).toEqual([{ remote: SERVER, tls: { serverName: 'turn.example.org' } }]);
    expect(opened('tcp').connections).toEqual([{ remote: SERVER }]);
  });

  test('has lost its allocation with its stream', () => {
    const { time, client, outputs, stream } = opened('tls');
    time.run(200);
    stream().closed('connection reset by the other side');
    expect(outputs).toMatchObject([
      { kind: 'allocated' },
      { kind: 'lost', failure: { cause: 'unreachable', why: expect.stringContaining('connection reset') } },
    ]);
    expect([client.state, time.timers.size]).toEqual(['closed', 0]);
  });

  test('gets none where nobody listens', () => {
    const { outputs, stream } = opened('tcp');
    stream().closed('connection refused');
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'unreachable' } }]);
  });

  test('ends a stream that is neither STUN nor ChannelData', () => {
    const { time, outputs, give, open } = opened('tcp');
    time.run(200);
    give(bytesOf('SSH-2.0-OpenSSH_9.2'));
    time.run(100);
    expect(outputs).toMatchObject([
      { kind: 'allocated' },
      { kind: 'lost', failure: { cause: 'unreachable' } },
    ]);
    expect(open.streams).toBe(0);
  });

  test('does not wait for a better answer behind one without the right integrity', () => {
    const { time, client, server, outputs } = opened('tcp');
    time.run(200);
    server.lying = true;
    client.permit(PEER);
    time.run(100);
    expect(outputs).toMatchObject([
      { kind: 'allocated' },
      { kind: 'refused', address: PEER.address, failure: { cause: 'untrusted answers' } },
    ]);
  });

  test('sends a request once, and nothing to keep it alive', () => {
    const { time, server } = opened('tcp');
    time.run(200_000);
    expect(server.log.map(({ what }) => what)).toEqual(['ALLOCATE']);
  });

  test('that is closed closes it, once the server knows', () => {
    const { time, client, outputs, open } = opened('tcp');
    time.run(200);
    client.close();
    expect(open.streams).toBe(1);
    time.run(100);
    expect([open.streams, outputs.map(({ kind }) => kind)]).toEqual([0, ['allocated', 'closed']]);
  });
});

describe('a client with a UDP socket of its own', () => {
  test('comes from another port where an old allocation is in the way, three times at most', () => {
    const { time, server, outputs, udpPorts, open } = opened('udp');
    server.refusals.set('ALLOCATE', 437);
    time.run(1_000);
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'allocation mismatch' } }]);
    expect([udpPorts.length, open.udp]).toEqual([3, 0]);
  });

  test('listens to its server alone', () => {
    const { time, outputs, datagrams, udp } = opened('udp');
    time.run(5);
    const lie = new MessageWriter(ALLOCATE, 'error', datagrams[0]!.subarray(8, 20)).add(ErrorCode, {
      code: 486,
      reason: '',
    }).bytes;
    udp().received(lie, { ...SERVER, port: 3479 });
    udp().received(lie, { ...SERVER, address: '203.0.113.66' });
    time.run(1_000);
    expect(outputs.map(({ kind }) => kind)).toEqual(['allocated']);
  });

  test('closes it with the allocation', () => {
    const { time, client, outputs, open } = opened('udp');
    time.run(1_000);
    client.close();
    time.run(1_000);
    expect([open.udp, outputs.map(({ kind }) => kind)]).toEqual([0, ['allocated', 'closed']]);
  });

  test('closes one, too, that opens after it has left', () => {
    const { time, client, outputs, open } = opened('udp');
    client.close();
    time.run(1_000);
    expect([open.udp, outputs]).toEqual([0, [{ kind: 'closed' }]]);
  });

  test('needs an address of the IP version of the server', () => {
    const { outputs, client } = opened('udp', 1_500, ['2001:db8::7']);
    expect(outputs).toMatchObject([{ kind: 'failed', failure: { cause: 'unreachable' } }]);
    expect(client.state).toBe('closed');
  });
});
