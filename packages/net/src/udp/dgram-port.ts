import { createSocket, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { boundSocket } from './bound-socket.ts';
import { type NodeCalls, openNodeCalls } from './node-libc.ts';
import { numericLookup } from './numeric-lookup.ts';
import { type Reader, type ReceiveMany, receiveMany } from './receive-many.ts';
import { type Datagram, MOST_AT_ONCE, type SendMany, sendMany } from './send-many.ts';
import type { DatagramReceiver, UdpBuffers, UdpPort, UdpPortOptions } from './udp-port.ts';

/** What all ports have in common, where the kernel's own calls can be had. */
export interface DgramNative {
  readonly calls: NodeCalls;
  readonly send: SendMany;
  readonly receive: ReceiveMany;
}

/** @returns undefined where the kernel cannot be called. */
export const openDgramNative = async (): Promise<DgramNative | undefined> => {
  const calls = await openNodeCalls();
  return (
    calls && {
      calls,
      send: sendMany(calls.libc, calls.pointerTo),
      receive: receiveMany(calls.libc, calls.pointerTo),
    }
  );
};

/**
 * Opens a UDP port on node:dgram. One that gathers moves the datagrams of IPv4 by the kernel's own calls where they can be had:
 * many at once, in memory that is there already, which is most of what a datagram costs otherwise. Rejects with the system's error
 * where the address or port cannot be had.
 *
 * @param native those calls; undefined: node:dgram alone
 */
export const openDgramPort = async (
  options: UdpPortOptions,
  native: DgramNative | undefined,
): Promise<UdpPort> => {
  const { address, port, bufferBytes, gathers = true } = options;
  const own =
    native !== undefined && gathers && isIPv4(address)
      ? { ...native, fd: boundSocket(native.calls, address, port) }
      : undefined;
  const ipv6 = isIPv6(address);
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, lookup: numericLookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(own === undefined ? { address, port } : { fd: own.fd }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A datagram that the kernel refuses is lost like one that the network loses: the transactions send it again.
  socket.on('error', () => {});
  const local = { address, port: socket.address().port };
  return new DgramPort(socket, local, setBuffers(socket, bufferBytes), options, own);
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

const MOST_QUEUED_BYTES = 8 * 1024 * 1024;

/** What is read at most before the timers and the other sockets have their turn, besides what Node reads of itself: 32, at a higher price. */
const MOST_READ = 512;

/**
 * What is sent while datagrams are read goes out together when they have been: a send wakes the process that waits for it,
 * which costs more than the send itself, and woken once it finds all of them. Over a network it fills the card's queue likewise.
 */
class DgramPort implements UdpPort, Reader {
  readonly local: SocketAddress;
  readonly buffers: UdpBuffers;
  readonly receive: DatagramReceiver;
  readonly borrows: boolean;
  open = true;
  readonly #socket: Socket;
  readonly #native: (DgramNative & { readonly fd: number }) | undefined;
  readonly #mostWaiting: number;
  #waiting: Datagram[] = [];
  readonly #sendWaiting = (): void => this.#flush();
  /** How many more may be read in this turn of the event loop. */
  #mayRead = MOST_READ;
  readonly #nextTurn = (): void => {
    this.#mayRead = MOST_READ;
  };

  constructor(
    socket: Socket,
    local: SocketAddress,
    buffers: UdpBuffers,
    { receive, gathers = true, borrows = false }: UdpPortOptions,
    native: (DgramNative & { readonly fd: number }) | undefined,
  ) {
    this.receive = receive;
    this.borrows = borrows;
    this.#socket = socket;
    this.#native = native;
    this.#mostWaiting = gathers ? MOST_AT_ONCE : 1;
    this.local = local;
    this.buffers = buffers;
    if (native === undefined) socket.on('message', receive);
    else
      socket.on('message', (bytes, remote) => {
        receive(bytes, remote);
        this.#read(native);
      });
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

  /** Reads what came behind the datagram that Node has handed over. */
  #read({ fd, receive: receiveMany }: DgramNative & { readonly fd: number }): void {
    if (this.#mayRead === 0 || !this.open) return;
    if (this.#mayRead === MOST_READ) setImmediate(this.#nextTurn);
    // At least the one that Node has read, so that the next turn is asked for once.
    this.#mayRead -= Math.max(1, receiveMany(fd, this.#mayRead, this));
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    // The kernel takes no more at present, and what libuv keeps for it has no bound of its own: the network would lose these, too.
    if (this.#socket.getSendQueueSize() > MOST_QUEUED_BYTES) return;
    for (let sent = 0; sent < waiting.length; ) {
      const taken = this.#native?.send(this.#native.fd, waiting, sent) ?? 0;
      sent += taken;
      if (taken > 0) continue;
      const { bytes, remote } = waiting[sent]!;
      this.#socket.send(bytes, remote.port, remote.address);
      sent++;
    }
  }
}
