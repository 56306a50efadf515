import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { answersQuery, type DnsQuery, isTruncated } from './dns-message.ts';

/** What came of asking one server once: its answer on the wire, or why there is none. */
export type ExchangeResult =
  | { readonly kind: 'answered'; readonly message: Buffer }
  | { readonly kind: 'failed'; readonly failure: 'timeout' | 'server failure' };

/** Ends an exchange without a result. */
export type Abandon = () => void;

/**
 * Asks one server once over UDP, from a socket of its own and so from a port that nobody can guess; only what that server
 * answers to this question counts. An answer that was cut short is asked for again over TCP, within the same time.
 */
export const exchange = (
  server: SocketAddress,
  query: DnsQuery,
  timeoutMs: number,
  done: (result: ExchangeResult) => void,
): Abandon => {
  let abandon: Abandon = () => undefined;
  let isOver = false;
  const end = (result?: ExchangeResult): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    abandon();
    if (result !== undefined) done(result);
  };
  const timer = setTimeout(() => end({ kind: 'failed', failure: 'timeout' }), timeoutMs);
  abandon = overUdp(server, query, (result) => {
    if (result.kind === 'failed' || !isTruncated(result.message)) end(result);
    else {
      abandon();
      abandon = overTcp(server, query, end);
    }
  });
  return () => end();
};

const refused: ExchangeResult = Object.freeze({ kind: 'failed', failure: 'server failure' });

const overUdp = (server: SocketAddress, query: DnsQuery, done: (result: ExchangeResult) => void): Abandon => {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  let isOpen = true;
  socket.on('error', () => done(refused));
  socket.on('message', (message) => {
    if (isOpen && answersQuery(message, query)) done({ kind: 'answered', message });
  });
  // A connected socket gets datagrams from its server only, and learns where nobody listens there. Where no route leads there,
  // that is told here, and not as an event.
  socket.connect(server.port, server.address, (error?: Error | null) => {
    if (!isOpen) return;
    if (error) done(refused);
    else socket.send(query.bytes);
  });
  return () => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
  };
};

/** Each message has two bytes of length before it (RFC 1035 §4.2.2). */
const LENGTH_BYTES = 2;

const overTcp = (server: SocketAddress, query: DnsQuery, done: (result: ExchangeResult) => void): Abandon => {
  const socket = connect(server.port, server.address);
  let received = Buffer.alloc(0);
  socket.on('error', () => done(refused));
  socket.on('close', () => done(refused));
  socket.on('connect', () => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(query.bytes.length);
    socket.write(Buffer.concat([length, query.bytes]));
  });
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < LENGTH_BYTES) return;
    const end = LENGTH_BYTES + received.readUInt16BE(0);
    if (received.length < end) return;
    const message = received.subarray(LENGTH_BYTES, end);
    done(answersQuery(message, query) && !isTruncated(message) ? { kind: 'answered', message } : refused);
  });
  return () => {
    socket.destroy();
  };
};
