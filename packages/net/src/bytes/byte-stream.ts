import type { Socket } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import type { Place } from '../stream/connection.ts';
import { endSoon } from '../stream/end-soon.ts';
import { socketFailure } from '../stream/socket-failure.ts';

const KEEP_ALIVE_MS = 60_000;

export interface ByteStreamLimits {
  /** What waits to be written; what comes beyond it is not taken. */
  readonly maxQueueBytes: number;
  /** How long a stream that nobody said `keep` for may say nothing. */
  readonly idleMs: number;
}

/** Whom a stream tells what happens to it. */
export interface ByteStreamUser {
  /** A piece, however the network cut it. The bytes are the user's. */
  received(bytes: Buffer): void;
  /** What waited has been written. */
  drained?(): void;
  /** It ended; told once. */
  closed(why: string): void;
}

/** A connection over TCP or TLS whose bytes belong to somebody else's protocol. */
export class ByteStream {
  readonly transport: 'tcp' | 'tls';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  readonly #limits: ByteStreamLimits;
  readonly #place: Place | undefined;
  #failure = 'the peer closed it';
  #open = true;

  constructor(
    socket: Socket,
    transport: 'tcp' | 'tls',
    ends: { readonly local: SocketAddress; readonly remote: SocketAddress },
    limits: ByteStreamLimits,
    place?: Place,
  ) {
    this.transport = transport;
    this.local = ends.local;
    this.remote = ends.remote;
    this.#socket = socket;
    this.#limits = limits;
    this.#place = place;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  get open(): boolean {
    return this.#open;
  }

  /** What has been sent and not been taken by the kernel. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Begins to read. @param first what was read already, to find out whose stream it is */
  start(user: ByteStreamUser, first?: Buffer): void {
    const socket = this.#socket;
    const { idleMs } = this.#limits;
    socket.setTimeout(idleMs, () => this.close(`silent for ${idleMs} ms`));
    socket.on('error', (error: Error) => {
      this.#failure = socketFailure(error);
    });
    socket.on('close', () => {
      this.#open = false;
      user.closed(this.#failure);
    });
    socket.on('end', () => this.finish(this.#failure));
    socket.on('drain', () => user.drained?.());
    if (first !== undefined) user.received(first);
    // Bytes that come when we have said that we close are read, so that the end behind them is, and are nobody's.
    socket.on('data', (bytes: Buffer) => {
      if (this.#open) user.received(bytes);
    });
    socket.resume();
  }

  /** The peer is known: it may be silent as long as it likes, and its place is no stranger's. */
  keep(): void {
    this.#socket.setTimeout(0);
    this.#place?.keep();
  }

  /** Sends all of it or nothing. @returns false where too much waits, or it has ended. */
  send(bytes: Uint8Array): boolean {
    if (!this.#open || this.#socket.writableLength + bytes.length > this.#limits.maxQueueBytes) return false;
    this.#socket.write(bytes);
    return true;
  }

  /** Stops reading until `resume`: whoever hands the bytes on cannot take more. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes at once; what waits to be written is lost. */
  close(why: string): void {
    if (this.#open) this.#failure = why;
    this.#open = false;
    this.#socket.destroy();
  }

  /** Closes when all that was sent has been written; after a while in any case, whatever the peer still says. */
  finish(why: string): void {
    if (!this.#open) return;
    this.#failure = why;
    this.#open = false;
    endSoon(this.#socket);
  }
}
