import { connect, createServer, isIPv6, type Socket } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { socketFailure } from '../stream/socket-failure.ts';
import { localOf, remoteOf } from '../stream/stream-listener.ts';
import { ByteStream } from './byte-stream.ts';

/** Streams to and from peers whom nobody here knows: plain TCP, whose limits are those of whoever relays. */
const limits = Object.freeze({ maxQueueBytes: 1024 * 1024, idleMs: 3_600_000 });
const CONNECT_MS = 30_000;
/** Peers that wait to be accepted. */
const BACKLOG = 16;

/** Told exactly one of `opened` and `failed` first. */
export interface ByteListenerUser {
  opened(listener: { close(): void }): void;
  failed(why: string): void;
  /** To be started, or closed. */
  accepted(stream: ByteStream): void;
}

/** Listens for TCP at one address and port. */
export const listenBytes = (local: SocketAddress, user: ByteListenerUser): void => {
  const server = createServer((socket) => {
    const [own, remote] = [localOf(socket), remoteOf(socket)];
    if (own === undefined || remote === undefined) socket.destroy();
    else {
      socket.pause();
      user.accepted(new ByteStream(socket, 'tcp', { local: own, remote }, limits));
    }
  });
  let opened = false;
  server.on('error', (error) => {
    if (!opened) user.failed(socketFailure(error));
  });
  const at = { host: local.address, port: local.port, ipv6Only: isIPv6(local.address), backlog: BACKLOG };
  server.listen(at, () => {
    opened = true;
    user.opened({ close: () => void server.close() });
  });
};

/** Told exactly one of `opened` and `failed`. */
export interface ByteDialUser {
  /** To be started, or closed. */
  opened(stream: ByteStream): void;
  failed(why: string): void;
}

/** Connects from an address of ours, from whatever port. @returns what gives it up before it has opened */
export const connectBytes = (
  localAddress: string,
  remote: SocketAddress,
  user: ByteDialUser,
): { close(): void } => {
  const socket: Socket = connect({ host: remote.address, port: remote.port, localAddress });
  let told = false;
  const fail = (why: string): void => {
    if (!told) user.failed(why);
    told = true;
    socket.destroy();
  };
  socket.setTimeout(CONNECT_MS, () => fail(`not connected within ${CONNECT_MS} ms`));
  socket.once('error', (error) => fail(socketFailure(error)));
  socket.once('connect', () => {
    const local = localOf(socket);
    if (told || local === undefined) return;
    told = true;
    socket.setTimeout(0);
    socket.pause();
    user.opened(new ByteStream(socket, 'tcp', { local, remote }, limits));
  });
  return {
    close: () => {
      told = true;
      socket.destroy();
    },
  };
};
