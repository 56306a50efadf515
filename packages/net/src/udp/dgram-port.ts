import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { numericLookup } from './numeric-lookup.ts';
import type { UdpBuffers, UdpPort, UdpPortOptions } from './udp-port.ts';

/** Opens a UDP port on node:dgram. Rejects with the system's error where the address or port cannot be had. */
export const openDgramPort = async ({
  address,
  port,
  bufferBytes,
  receive,
  gathers = true,
}: UdpPortOptions): Promise<UdpPort> => {
  const ipv6 = isIPv6(address);
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, lookup: numericLookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A datagram that the kernel refuses is lost like one that the network loses: the transactions send it again.
  socket.on('error', () => {});
  socket.on('message', receive);
  const local = { address, port: socket.address().port };
  return new DgramPort(socket, local, setBuffers(socket, bufferBytes), gathers ? MOST_WAITING : 1);
};

/** Asks for large buffers, for what does not fit is lost without a sign, and says what the kernel allowed. */
const setBuffers = (socket: Socket, bytes: number): UdpBuffers => {
  try {
    socket.setRecvBufferSize(bytes);
    socket.setSendBufferSize(bytes);
  } catch {
    // Some systems refuse instead of giving what they allow: then it stays at their default.
  }
  return { receiveBytes: socket.getRecvBufferSize(), sendBytes: socket.getSendBufferSize() };
};

interface Datagram {
  readonly bytes: Buffer;
  readonly remote: SocketAddress;
}

const MOST_QUEUED_BYTES = 8 * 1024 * 1024;

/** With so many waiting, they go at once: nothing waits longer than what libuv reads in one turn. */
const MOST_WAITING = 32;

/**
 * What is sent while datagrams are read goes out together when they have been: a send wakes the process that waits for it,
 * which costs more than the send itself, and woken once it finds all of them. Over a network it fills the card's queue likewise.
 */
class DgramPort implements UdpPort {
  readonly local: SocketAddress;
  readonly buffers: UdpBuffers;
  open = true;
  readonly #socket: Socket;
  readonly #mostWaiting: number;
  #waiting: Datagram[] = [];
  readonly #sendWaiting = (): void => this.#flush();

  constructor(socket: Socket, local: SocketAddress, buffers: UdpBuffers, mostWaiting: number) {
    this.#socket = socket;
    this.#mostWaiting = mostWaiting;
    this.local = local;
    this.buffers = buffers;
  }

  send(bytes: Buffer, remote: SocketAddress): void {
    if (remote.port === 0 || !this.open) return;
    const waiting = this.#waiting.push({ bytes, remote });
    if (waiting >= this.#mostWaiting) this.#flush();
    else if (waiting === 1) setImmediate(this.#sendWaiting);
  }

  close(): Promise<void> {
    if (!this.open) return Promise.resolve();
    this.#flush();
    this.open = false;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    // The kernel takes no more at present, and what libuv keeps for it has no bound of its own: the network would lose these, too.
    if (this.#socket.getSendQueueSize() > MOST_QUEUED_BYTES) return;
    for (const { bytes, remote } of waiting) this.#socket.send(bytes, remote.port, remote.address);
  }
}
