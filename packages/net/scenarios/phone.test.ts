import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Destination } from '@ringdown/sip';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { makeSelfSignedCertificate } from '../src/tls/self-signed.ts';
import type { SipTransportOptions } from '../src/transport-options.ts';
import { Queue } from './queue.ts';
import { ok, options, type Station, station } from './station.ts';

const certificate = makeSelfSignedCertificate(['radio.example', '127.0.0.1']);
const authorities = [certificate.certificatePem];

/** A device without a certificate that nobody connects to. */
const phone = (more: Partial<SipTransportOptions> = {}): Promise<Station> =>
  station({ sipPort: 0, opens: ['tls', 'ws', 'wss'], authorities, ...more });

const server = (more: Partial<SipTransportOptions> = {}): Promise<Station> =>
  station({ sipPort: 0, sipsPort: 0, httpPort: 0, httpsPort: 0, certificate, ...more });

const to = (other: Station, transport: Destination['transport'], serverName?: string): Destination => ({
  transport,
  address: '127.0.0.1',
  port: other.listener(transport).port,
  ...(serverName === undefined ? {} : { serverName }),
});

describe.each(['ws', 'wss'] as const)('a phone over %s (RFC 7118)', (transport) => {
  test('sends at once, is answered over the same flow, and called over it', async () => {
    const [home, alice] = [await server(), await phone()];
    const flow = alice.transport.flowTo(to(home, transport, 'radio.example'))!;
    expect(flow).toMatchObject({ transport, open: true });
    expect(flow.advertised.address).toMatch(/^[a-z0-9]{12}\.invalid$/);
    expect(flow.advertised.port).toBe(transport === 'ws' ? 80 : 443);
    for (const body of ['first', 'second'])
      expect(alice.transport.send(flow, options(`${transport} ${flow.advertised.address}`, body))).toBe(true);
    const asked = await home.messages.next();
    expect(Buffer.from(asked.message.body).toString()).toBe('first');
    expect(Buffer.from((await home.messages.next()).message.body).toString()).toBe('second');
    home.transport.send(asked.flow, ok(asked.message));
    expect((await alice.messages.next()).flow).toBe(flow);
    home.transport.send(asked.flow, options(transport, 'a call'));
    expect((await alice.messages.next()).flow).toBe(flow);
    expect(flow.peerNames).toEqual(transport === 'ws' ? [] : ['radio.example']);
    expect(alice.transport.flowTo(to(home, transport, 'radio.example'))).toBe(flow);
  });

  test('the end of the connection is told', async () => {
    const [home, alice] = [await server(), await phone()];
    const flow = alice.transport.flowTo(to(home, transport))!;
    alice.transport.send(flow, options(transport));
    await home.messages.next();
    alice.transport.keepAlive(flow);
    await home.transport.close();
    expect(await alice.failures.next()).toEqual({ flow, why: 'the peer closed it' });
    expect(flow.open).toBe(false);
    expect(alice.transport.send(flow, options(transport))).toBe(false);
  });

  test('a peer that is not there, and one that speaks no SIP', async () => {
    const alice = await phone();
    const web = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void web.close());
    const { port } = web.address() as AddressInfo;
    const dead = alice.transport.flowTo({ transport, address: '127.0.0.1', port: 9 })!;
    expect(alice.transport.send(dead, options(transport))).toBe(true);
    expect(await alice.failures.next()).toEqual({ flow: dead, why: 'nothing listens there (ECONNREFUSED)' });
    const deaf = alice.transport.flowTo({ transport, address: '127.0.0.1', port })!;
    alice.transport.send(deaf, options(transport));
    const { flow, why } = await alice.failures.next();
    expect(flow).toBe(deaf);
    if (transport === 'ws') expect(why).toBe('no SIP over WebSocket is spoken there (HTTP 404)');
  });

  test('a handshake that does not end is given up, and so is what waits for it', async () => {
    const alice = await phone({ limits: { connectMs: 40, handshakeMs: 40, maxQueueBytes: 1000 } });
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const flow = alice.transport.flowTo({ transport, address: '127.0.0.1', port })!;
    alice.transport.keepAlive(flow);
    alice.transport.send(flow, options(transport));
    expect((await alice.failures.next()).why).toBe('not connected within 80 ms');
    const full = alice.transport.flowTo({ transport, address: '127.0.0.1', port })!;
    expect(alice.transport.send(full, options(transport, 'x'.repeat(2000)))).toBe(true);
    expect(alice.transport.send(full, options(transport))).toBe(false);
    expect((await alice.failures.next()).why).toMatch(/^the peer does not read/);
  });
});

describe('the certificate of a secure WebSocket', () => {
  test('of another name, or of nobody: nothing is sent', async () => {
    const [home, alice, stranger] = [await server(), await phone(), await phone({ authorities: [] })];
    const flow = alice.transport.flowTo(to(home, 'wss', 'other.example'))!;
    alice.transport.send(flow, options('WSS'));
    expect((await alice.failures.next()).why).toBe(
      'the certificate is for radio.example, not for other.example',
    );
    const unproven = stranger.transport.flowTo(to(home, 'wss', 'radio.example'))!;
    stranger.transport.send(unproven, options('WSS'));
    expect((await stranger.failures.next()).why).toMatch(/^the peer's certificate cannot be verified/);
  });

  test('with a wildcard is as good as for any web server', async () => {
    const wild = makeSelfSignedCertificate(['*.radio.example']);
    const home = await server({ certificate: wild });
    const alice = await phone({ authorities: [wild.certificatePem] });
    alice.transport.send(
      alice.transport.flowTo(to(home, 'wss', 'sip.radio.example'))!,
      options('WSS', 'good'),
    );
    expect(Buffer.from((await home.messages.next()).message.body).toString()).toBe('good');
  });
});

test('a server that chooses another subprotocol speaks no SIP', async () => {
  const alice = await phone();
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false });
  await new Promise<void>((resolve) => sockets.once('listening', resolve));
  onTestFinished(() => void sockets.close());
  const { port } = sockets.address() as AddressInfo;
  alice.transport.flowTo({ transport: 'ws', address: '127.0.0.1', port });
  expect((await alice.failures.next()).why).toBe('the WebSocket server there does not speak SIP');
});

test('over TLS a phone needs no listener of its own, and names its port of TCP', async () => {
  const [home, alice] = [await server(), await phone()];
  const flow = alice.transport.flowTo(to(home, 'tls', 'radio.example'))!;
  expect(flow.advertised).toEqual({ address: '127.0.0.1', port: alice.listener('tcp').port });
  alice.transport.send(flow, options('TLS'));
  const { message, flow: back } = await home.messages.next();
  home.transport.send(back, ok(message));
  expect((await alice.messages.next()).flow).toBe(flow);
});

test('who was not told to open a transport opens none without a listener', async () => {
  const [home, other] = [await server(), await station({ sipPort: 0 })];
  for (const transport of ['tls', 'ws', 'wss'] as const)
    expect(other.transport.flowTo(to(home, transport))).toBeUndefined();
});

describe('keep-alives over TCP (RFC 5626 §4.4.1)', () => {
  const limits = { pongMs: 80 };
  /** A server that answers so many of them. */
  const answering = async (
    times: number,
  ): Promise<{ readonly port: number; readonly pings: Queue<string> }> => {
    const pings = new Queue<string>('ping');
    const peer = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes: Buffer) => {
        pings.push(bytes.toString('latin1'));
        if (--times >= 0) socket.write('\r\n');
      });
    });
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void peer.close());
    return { port: (peer.address() as AddressInfo).port, pings };
  };

  test('who answered once and then no more is gone', async () => {
    const [alice, { port, pings }] = [await phone({ limits }), await answering(1)];
    const flow = alice.transport.flowTo({ transport: 'tcp', address: '127.0.0.1', port })!;
    alice.transport.keepAlive(flow);
    expect(await pings.next()).toBe('\r\n\r\n');
    // The answer is on its way: what comes behind it tells that it has come.
    while (flow.open) {
      alice.transport.keepAlive(flow);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await alice.failures.next()).toEqual({ flow, why: 'no answer to a keep-alive within 80 ms' });
  });

  test('who never answers any may be one of those that do not', async () => {
    const [alice, { port, pings }] = [await phone({ limits }), await answering(0)];
    const flow = alice.transport.flowTo({ transport: 'tcp', address: '127.0.0.1', port })!;
    for (let round = 0; round < 3; round++) {
      alice.transport.keepAlive(flow);
      await pings.next();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(flow.open).toBe(true);
  });
});

test('STUN goes out from the SIP port, and what comes back is handed out with its flow', async () => {
  const answer = Uint8Array.of(1, 1, 0, 0, 9, 9, 9, 9);
  const seen = new Queue<Uint8Array>('STUN request');
  const home = await server({
    stun: (bytes) => {
      seen.push(Uint8Array.from(bytes));
      return Uint8Array.from(answer);
    },
  });
  const heard = new Queue<{ readonly bytes: Uint8Array; readonly remotePort: number }>('STUN answer');
  const alice = await phone({
    stunReceived: (bytes, flow) =>
      heard.push({ bytes: Uint8Array.from(bytes), remotePort: flow.remote.port }),
  });
  const flow = alice.transport.flowTo(to(home, 'udp'))!;
  const request = Uint8Array.of(0, 1, 0, 0, 7, 7, 7, 7);
  alice.transport.sendStun(flow, Uint8Array.from(request));
  expect(await seen.next()).toEqual(request);
  expect(await heard.next()).toEqual({ bytes: answer, remotePort: home.listener('udp').port });
  alice.transport.sendStun(alice.transport.flowTo(to(home, 'tcp'))!, Uint8Array.from(request));
  expect(alice.transport.addressToward('127.0.0.1')).toBe('127.0.0.1');
  expect(alice.transport.addressToward('radio.example')).toBeUndefined();
});
