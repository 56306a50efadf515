import { connect, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { TransportName } from '@ringdown/sip';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeSelfSignedCertificate } from '../src/tls/self-signed.ts';
import { Queue } from './queue.ts';
import { ok, options, type Station, station, wire } from './station.ts';

const certificate = makeSelfSignedCertificate(['127.0.0.1']);

/** Short ones, and far apart from each other. */
const limits = {
  partialMessageMs: 150,
  handshakeMs: 300,
  connectMs: 300,
  idleMs: 1_200,
  webSocketPingMs: 60_000,
};

const started = () => station({ sipPort: 0, sipsPort: 0, httpPort: 0, httpsPort: 0, certificate, limits });

const raw = async ({ listener }: Station, transport: TransportName): Promise<Socket> => {
  const { port } = listener(transport);
  const socket = connect({ host: '127.0.0.1', port });
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
};

const secured = async ({ listener }: Station, transport: TransportName): Promise<Socket> => {
  const { port } = listener(transport);
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
};

const open = (server: Station, transport: TransportName): Promise<Socket> =>
  transport === 'tls' || transport === 'wss' ? secured(server, transport) : raw(server, transport);

/** Writes a byte every few milliseconds until the other side has had enough. @returns for how long it had not */
const drips = async (socket: Socket, bytes: Buffer): Promise<number> => {
  const ends = new Queue<string>('end of the connection');
  socket.on('error', () => {});
  socket.on('close', () => ends.push('closed'));
  socket.resume();
  onTestFinished(() => void socket.destroy());
  const startedAt = performance.now();
  let written = 0;
  const drip = setInterval(() => {
    if (socket.writable) socket.write(bytes.subarray(written % bytes.length, (written++ % bytes.length) + 1));
  }, 10);
  try {
    expect(await ends.next()).toBe('closed');
  } finally {
    clearInterval(drip);
  }
  return performance.now() - startedAt;
};

/** Never complete: its header goes on and on. */
const ENDLESS = Buffer.from(`OPTIONS sip:a SIP/2.0\r\nSubject: ${'x'.repeat(20_000)}`, 'latin1');
const UPGRADE = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}`, 'latin1');
/** A fragment of a text message with a byte of payload, masked with zeros, that is followed by others without end. */
const FRAGMENT = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x78]);
const FIRST_FRAGMENT = Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x78]);

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n';

/** A peer that says what it has to say is served all the time. */
const livelyPeer = async (server: Station) => {
  const socket = await raw(server, 'tcp');
  const texts = new Queue<string>('bytes');
  socket.on('data', (bytes) => texts.push(bytes.toString('latin1')));
  onTestFinished(() => void socket.destroy());
  return async () => {
    socket.write(wire(options('TCP 10.0.0.1')));
    const { message, flow } = await server.messages.next();
    server.transport.send(flow, ok(message));
    expect(await texts.next()).toMatch(/^SIP\/2\.0 200 /);
  };
};

describe('a peer that drips', () => {
  test.each(['tcp', 'tls'] as const)('a message over %s is closed in time', async (transport) => {
    const server = await started();
    const served = await livelyPeer(server);
    await served();
    const took = await drips(await open(server, transport), ENDLESS);
    expect(took).toBeGreaterThan(limits.partialMessageMs - 20);
    expect((await server.failures.next()).why).toBe('a message that was not complete within 150 ms');
    await served();
    expect(server.transport.connections).toBe(1);
  });

  test.each(['tls', 'wss'] as const)(
    'its TLS handshake at the port of %s is closed in time',
    async (transport) => {
      const server = await started();
      const socket = await raw(server, transport);
      // A ClientHello that says to be long.
      const took = await drips(
        socket,
        Buffer.from([0x16, 3, 1, 0x20, 0, 1, 0, 0x1f, 0xfc, 3, 3, ...Array(4_000).fill(0)]),
      );
      expect(took).toBeGreaterThan(limits.handshakeMs - 20);
      await (await livelyPeer(server))();
    },
  );

  test.each(['ws', 'wss'] as const)(
    'its request for a WebSocket over %s is closed in time',
    async (transport) => {
      const server = await started();
      const took = await drips(await open(server, transport), UPGRADE);
      expect(took).toBeGreaterThan(limits.handshakeMs - 20);
      await (await livelyPeer(server))();
    },
  );

  test.each(['ws', 'wss'] as const)('fragments over %s counts as silent', async (transport) => {
    const server = await started();
    const socket = await open(server, transport);
    socket.write(HANDSHAKE);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(FIRST_FRAGMENT);
    const took = await drips(socket, FRAGMENT);
    expect(took).toBeGreaterThan(limits.idleMs - 100);
    expect((await server.failures.next()).why).toBe('silent for 1200 ms');
    expect(server.transport.connections).toBe(0);
  });
});
