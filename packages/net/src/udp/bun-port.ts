import type { SocketAddress } from '@ringdown/sip';
import { beat } from '../pulse.ts';
import { setBunBuffers } from './bun-buffers.ts';
import { openBunCalls } from './bun-libc.ts';
import { BunTurns } from './bun-turns.ts';
import { type Datagram, MOST_AT_ONCE, type SendMany, sendMany } from './send-many.ts';
import type { UdpBuffers, UdpPort, UdpPortOptions } from './udp-port.ts';

/** The part of Bun's UDP socket that is used here. */
export interface BunUdpSocket {
  readonly port: number;
  readonly fd: number;
  /** @returns false where the kernel has no room: `drain` is called when it has. */
  send(bytes: Uint8Array, port: number, address: string): boolean;
  close(): void;
}

interface BunUdpOptions {
  readonly hostname: string;
  readonly port: number;
  readonly binaryType: 'buffer';
  readonly socket: {
    data(socket: BunUdpSocket, bytes: Buffer, port: number, address: string): void;
    drain(socket: BunUdpSocket): void;
    error(): void;
  };
}

/** The part of Bun that is used here. */
export interface BunRuntime {
  udpSocket(options: BunUdpOptions): Promise<BunUdpSocket>;
}

/** How many datagrams wait for a kernel that takes no more; those behind are lost, as on a network. */
const MAX_WAITING = 4096;

/** What all ports have in common, where the kernel's own calls can be had. */
export interface BunNative {
  readonly send: SendMany;
  readonly turns: Pick<BunTurns, 'join' | 'leave' | 'received'>;
}

let shared: Promise<BunNative | undefined> | undefined;

const openNative = async (): Promise<BunNative | undefined> => {
  const calls = await openBunCalls();
  return calls && { send: sendMany(calls.libc, calls.ptr), turns: new BunTurns(calls) };
};

/** Opens a UDP port on Bun's own sockets, which cost less per datagram than its node:dgram. */
export const openBunPort = async (
  { address, port, bufferBytes, receive, gathers = true }: UdpPortOptions,
  bun: BunRuntime,
  native?: BunNative,
): Promise<UdpPort> => {
  shared ??= openNative();
  const calls = native ?? (await shared);
  let opened: BunPort | undefined;
  const socket = await bun.udpSocket({
    hostname: address,
    port,
    binaryType: 'buffer',
    socket: {
      data: (_, bytes, from, host) => {
        receive(bytes, { address: host, port: from });
        opened?.turn();
        beat();
      },
      drain: () => opened?.drain(),
      error: () => {},
    },
  });
  const buffers = await setBunBuffers(socket.fd, bufferBytes);
  if (!address.includes(':')) calls?.turns.join(socket.fd, receive);
  const local = { address, port: socket.port };
  opened = new BunPort(socket, local, buffers, calls, gathers ? MOST_AT_ONCE : 1);
  return opened;
};

/**
 * What is sent while datagrams are read goes out together when they have been, as in `DgramPort`: the process that waits for it
 * is woken once. Those that the kernel does not take wait until it has room.
 */
class BunPort implements UdpPort {
  readonly local: SocketAddress;
  readonly buffers: UdpBuffers | undefined;
  open = true;
  readonly #socket: BunUdpSocket;
  readonly #fd: number;
  readonly #native: BunNative | undefined;
  readonly #mostWaiting: number;
  #waiting: Datagram[] = [];
  #received = 0;
  /** The kernel takes no more at present. */
  #full = false;
  readonly #sendWaiting = (): void => {
    if (!this.#full) this.#flush();
  };

  constructor(
    socket: BunUdpSocket,
    local: SocketAddress,
    buffers: UdpBuffers | undefined,
    native: BunNative | undefined,
    mostWaiting: number,
  ) {
    this.#socket = socket;
    this.#fd = socket.fd;
    this.#native = native;
    this.#mostWaiting = mostWaiting;
    this.local = local;
    this.buffers = buffers;
  }

  send(bytes: Buffer, remote: SocketAddress): void {
    if (remote.port === 0 || !this.open || this.#waiting.length >= MAX_WAITING) return;
    const waiting = this.#waiting.push({ bytes, remote });
    if (this.#full) return;
    if (waiting >= this.#mostWaiting) this.#flush();
    else if (waiting === 1) setImmediate(this.#sendWaiting);
  }

  /** A datagram has been received. Where they come without end, what they are answered does not wait for it. */
  turn(): void {
    this.#native?.turns.received(this.#fd);
    this.#received = (this.#received + 1) % MOST_AT_ONCE;
    if (this.#received === 0) this.#sendWaiting();
  }

  /** The kernel has room again. */
  drain(): void {
    this.#flush();
  }

  close(): Promise<void> {
    if (this.open) {
      this.#flush();
      this.open = false;
      this.#waiting = [];
      this.#native?.turns.leave(this.#fd);
      this.#socket.close();
    }
    return Promise.resolve();
  }

  #flush(): void {
    const waiting = this.#waiting;
    let sent = 0;
    while (sent < waiting.length) {
      const taken = this.#native?.send(this.#fd, waiting, sent) ?? 0;
      if (taken === 0 && !this.#taken(waiting[sent]!)) break;
      sent += Math.max(1, taken);
    }
    this.#waiting = sent === waiting.length ? [] : waiting.slice(sent);
    this.#full = this.#waiting.length > 0;
  }

  /**
   * Bun's sockets hear of ICMP errors, and the kernel tells one with the next call, whomever that sends to: without a
   * second try each datagram to a phone that is gone would cost another phone one of its own.
   *
   * @returns false where there is no room: what cannot be sent at all counts as sent, and is lost.
   */
  #taken(datagram: Datagram): boolean {
    try {
      return this.#sent(datagram);
    } catch {
      return this.#takenAtLast(datagram);
    }
  }

  #takenAtLast(datagram: Datagram): boolean {
    try {
      return this.#sent(datagram);
    } catch {
      return true;
    }
  }

  #sent({ bytes, remote }: Datagram): boolean {
    return this.#socket.send(bytes, remote.port, remote.address);
  }
}
