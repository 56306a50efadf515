import { type AddressInfo, connect, createServer } from 'node:net';
import * as tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ByteStream,
  type ByteTransport,
  type ByteTransportOptions,
  connectBytes,
  createByteTransport,
  listenBytes,
} from '../src/index.ts';
import { nodeSockets } from '../src/sockets/node-sockets.ts';
import { makeSelfSignedCertificate } from '../src/tls/self-signed.ts';
import { Queue } from './queue.ts';
import { station } from './station.ts';

const certificate = makeSelfSignedCertificate(['127.0.0.1', 'turn.example']);
const STUN = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');

/** A server that sends back what it gets, in capitals. */
const shouting = async (options: Partial<ByteTransportOptions> = {}) => {
  const streams = new Queue<ByteStream>('stream');
  const ends = new Queue<string>('end of a stream');
  const transport = await createByteTransport(
    { hosts: ['127.0.0.1'], port: 0, tlsPort: 0, certificate, ...options },
    {
      datagram: (bytes, remote, port) => port.send(Buffer.from(bytes.toString().toUpperCase()), remote),
      accepted: (stream) => {
        stream.start({
          received: (bytes) => void stream.send(Buffer.from(bytes.toString().toUpperCase())),
          closed: (why) => ends.push(why),
        });
        streams.push(stream);
      },
    },
  );
  onTestFinished(() => transport.close());
  return { transport, streams, ends };
};

const portOf = ({ listeners }: ByteTransport, transport: string): number =>
  listeners.find((listener) => listener.transport === transport)?.port ?? 0;

describe('bytes over UDP, TCP and TLS', () => {
  test('UDP and TCP have one port, and what is sent comes back', async () => {
    const { transport } = await shouting();
    expect(portOf(transport, 'udp')).toBe(portOf(transport, 'tcp'));
    const answers = new Queue<string>('datagram');
    const sockets = nodeSockets({ loopback: true });
    sockets.openUdp(
      { address: '127.0.0.1' },
      {
        opened: (socket) => {
          onTestFinished(() => socket.close());
          socket.send(Buffer.from('hello'), { address: '127.0.0.1', port: portOf(transport, 'udp') });
        },
        failed: (why) => answers.push(why),
        received: (bytes, from) => answers.push(`${Buffer.from(bytes)} ${from.address}`),
      },
    );
    expect(await answers.next()).toBe('HELLO 127.0.0.1');
  });

  test('a client that goes on talking when we have said that we close is cut off, and told to nobody', async () => {
    const { transport, streams, ends } = await shouting();
    const socket = connect({ port: portOf(transport, 'tcp'), host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    const stream = await streams.next();
    stream.finish('enough');
    const talk = setInterval(() => socket.write('x'), 100);
    onTestFinished(() => clearInterval(talk));
    let told = 0;
    socket.on('data', () => told++);
    expect(await ends.next()).toBe('enough');
    expect(told).toBe(0);
  });

  test.each(['tcp', 'tls'] as const)('a client over %s', async (kind) => {
    const { transport, streams, ends } = await shouting();
    const answers = new Queue<string>('piece');
    const sockets = nodeSockets({ authorities: [certificate.certificatePem] });
    const stream = sockets.connect(
      {
        remote: { address: '127.0.0.1', port: portOf(transport, kind) },
        ...(kind === 'tls' ? { tls: { serverName: 'turn.example' } } : {}),
      },
      {
        opened: (socket) => answers.push(`open ${socket.local?.address}`),
        received: (bytes) => answers.push(Buffer.from(bytes).toString()),
        closed: (why) => answers.push(why),
      },
    );
    stream.send(Buffer.from('hello'));
    expect(await answers.next()).toBe('open 127.0.0.1');
    expect(await answers.next()).toBe('HELLO');
    const accepted = await streams.next();
    expect(accepted.transport).toBe(kind);
    accepted.finish('enough');
    expect(await answers.next()).toBe('the peer closed it');
    expect(await ends.next()).toBe('enough');
    expect(accepted.send(STUN)).toBe(false);
  });

  test.each([
    ['turn.example', 'open'],
    ['127.0.0.1', 'open'],
    ['other.example', "does not match certificate's altnames"],
    ['127.0.0.2', "127.0.0.2 is not in the cert's list"],
  ])('a TLS client asks for %s: %s', async (serverName, expected) => {
    const { transport } = await shouting();
    const answers = new Queue<string>('end');
    nodeSockets({ authorities: [certificate.certificatePem] }).connect(
      { remote: { address: '127.0.0.1', port: portOf(transport, 'tls') }, tls: { serverName } },
      { opened: () => answers.push('open'), received: () => {}, closed: (why) => answers.push(why) },
    );
    expect(await answers.next()).toContain(expected);
  });

  test('where nobody listens, the client is told why', async () => {
    const { transport } = await shouting();
    const port = portOf(transport, 'tcp');
    await transport.close();
    const answers = new Queue<string>('end');
    nodeSockets().connect(
      { remote: { address: '127.0.0.1', port } },
      { opened: () => answers.push('open'), received: () => {}, closed: (why) => answers.push(why) },
    );
    expect(await answers.next()).toBe('nothing listens there (ECONNREFUSED)');
  });

  test('a stream that says nothing is closed, unless it is kept', async () => {
    const { transport, streams, ends } = await shouting({ limits: { idleMs: 80 } });
    const kept = connect(portOf(transport, 'tcp'), '127.0.0.1');
    (await streams.next()).keep();
    const silent = connect(portOf(transport, 'tcp'), '127.0.0.1');
    expect(await ends.next()).toBe('silent for 80 ms');
    expect([kept.destroyed, kept.readyState]).toEqual([false, 'open']);
    kept.destroy();
    silent.destroy();
  });

  test('a peer that does not read gets no more than its queue', async () => {
    const { transport, streams } = await shouting({ limits: { maxQueueBytes: 100_000 } });
    const client = connect(portOf(transport, 'tcp'), '127.0.0.1').pause();
    onTestFinished(() => void client.destroy());
    const stream = await streams.next();
    const piece = Buffer.alloc(50_000);
    let taken = 0;
    while (taken < 1_000 && stream.send(piece)) taken++;
    expect(taken).toBeLessThan(1_000);
    expect(stream.queuedBytes).toBeLessThanOrEqual(100_000);
    expect(stream.open).toBe(true);
  });
});

describe('streams of peers', () => {
  test('are listened for, connected, and handed on both ways', async () => {
    const told = new Queue<string>('event');
    const listener = await new Promise<{ readonly port: number; close(): void }>((resolve, reject) => {
      let port = 0;
      const free = createServer().listen(0, '127.0.0.1', () => {
        ({ port } = free.address() as AddressInfo);
        free.close(() =>
          listenBytes(
            { address: '127.0.0.1', port },
            {
              opened: (opened) => resolve({ port, close: () => opened.close() }),
              failed: reject,
              accepted: (stream) => {
                told.push(`accepted from ${stream.remote.address}`);
                stream.start({
                  received: (bytes) => void stream.send(Buffer.from(bytes.toString().toUpperCase())),
                  closed: (why) => told.push(`ended: ${why}`),
                });
              },
            },
          ),
        );
      });
    });
    onTestFinished(() => listener.close());
    const remote = { address: '127.0.0.1', port: listener.port };
    const stream = await new Promise<ByteStream>((resolve, reject) => {
      connectBytes('127.0.0.1', remote, { opened: resolve, failed: reject });
    });
    const answers = new Queue<string>('piece');
    stream.start({ received: (bytes) => answers.push(bytes.toString()), closed: () => {} });
    stream.send(Buffer.from('hello'));
    expect(await told.next()).toBe('accepted from 127.0.0.1');
    expect(await answers.next()).toBe('HELLO');
    stream.finish('done');
    expect(await told.next()).toBe('ended: the peer closed it');
    const taken = new Promise((resolve) =>
      listenBytes(remote, { opened: resolve, failed: resolve, accepted: () => {} }),
    );
    expect(await taken).toBe('another program has that port (EADDRINUSE)');
    listener.close();
    const refused = await new Promise((resolve) => {
      connectBytes('127.0.0.1', remote, { opened: resolve, failed: resolve });
    });
    expect(refused).toBe('nothing listens there (ECONNREFUSED)');
  });

  test('that were given up before they opened tell nothing', async () => {
    const { transport } = await shouting();
    const dialled = connectBytes(
      '127.0.0.1',
      { address: '127.0.0.1', port: portOf(transport, 'tcp') },
      { opened: () => expect.unreachable(), failed: () => expect.unreachable() },
    );
    dialled.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('the HTTPS port', () => {
  const started = async (takes = true) => {
    const first = new Queue<string>('STUN stream');
    const { listener } = await station({
      httpsPort: 0,
      certificate,
      limits: { handshakeMs: 150 },
      ...(takes && {
        stunStream: (stream, bytes) => {
          first.push(`${stream.transport} ${bytes.toString('hex')}`);
          stream.start({ received: (more) => void stream.send(more), closed: () => {} }, bytes);
        },
      }),
    });
    const client = tls.connect({ port: listener('wss').port, host: '127.0.0.1', rejectUnauthorized: false });
    onTestFinished(() => void client.destroy());
    const answers = new Queue<string>('answer');
    client.on('data', (bytes: Buffer) => answers.push(bytes.toString('hex')));
    client.on('close', () => answers.push('closed'));
    client.on('error', () => {});
    return { client, first, answers };
  };

  test('speaks STUN with whom begins with STUN', async () => {
    const { client, first, answers } = await started();
    client.write(STUN);
    expect(await first.next()).toBe(`tls ${STUN.toString('hex')}`);
    expect(await answers.next()).toBe(STUN.toString('hex'));
  });

  test('closes such streams where nobody takes them', async () => {
    const { client, answers } = await started(false);
    client.write(STUN);
    expect(await answers.next()).toBe('closed');
  });

  test('closes who says nothing at all', async () => {
    const { answers } = await started();
    expect(await answers.next()).toBe('closed');
  });

  test('answers HTTP that comes in pieces, as before', async () => {
    const { client, answers } = await started();
    client.write('GET / HT');
    client.write('TP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(Buffer.from(await answers.next(), 'hex').toString()).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('gives up a request whose head never ends', async () => {
    const { client, answers } = await started();
    client.write('GET / HTTP/1.1\r\n');
    expect(Buffer.from(await answers.next(), 'hex').toString()).toMatch(/^HTTP\/1\.1 408 /);
  });
});
