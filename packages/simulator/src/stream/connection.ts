import type { SocketAddress, StreamSocket, StreamSocketUser } from '@ringdown/sans-io';
import type { Event } from '../clock/event-queue.ts';
import type { VirtualTime } from '../clock/virtual-time.ts';
import type { Segment } from './segment.ts';

/** What a connection stands on. */
export interface StreamPath {
  readonly time: VirtualTime;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly giveUpMs: number;
  send(segment: Segment): void;
  /** It is over: the host forgets it. */
  over(): void;
}

type Piece = Extract<Segment, { sequence: number }>;

/** Most bytes of one piece: a segment on an Ethernet, about. */
const PIECE_BYTES = 1400;
/** Pieces under way at a time: the window. */
const WINDOW = 32;
/** Retransmission timeouts in milliseconds (RFC 6298 §2, but with the least that systems use). */
const RTO = Object.freeze({ first: 1000, least: 200, most: 8000 });

/** One end of a stream: in order, without loss, or closed. */
export class Connection implements StreamSocket {
  readonly remote: SocketAddress;
  readonly tls: { readonly serverName: string } | undefined;
  readonly #path: StreamPath;
  readonly #user: StreamSocketUser;
  readonly #isCaller: boolean;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  /** Its user has closed it; what was sent before is still on its way. */
  #isClosing = false;
  readonly #waiting: ((sequence: number) => Piece)[] = [];
  readonly #flying = new Map<number, Piece>();
  #nextSequence = 0;
  /** Pieces that came before one that is still missing. */
  readonly #held = new Map<number, Piece>();
  #missing = 0;
  #timer: Event | undefined;
  #rto: number = RTO.first;
  #backoff = 1;
  /** When the handshake began, and since when nothing was acknowledged. */
  #openedAt: number;
  #silentSince: number;

  constructor(
    path: StreamPath,
    user: StreamSocketUser,
    role: 'caller' | 'listener',
    tls?: { readonly serverName: string },
  ) {
    this.#path = path;
    this.#user = user;
    this.#isCaller = role === 'caller';
    this.remote = path.remote;
    this.tls = tls;
    this.#openedAt = path.time.now();
    this.#silentSince = this.#openedAt;
    this.#greet();
    this.#wait();
  }

  get local(): SocketAddress | undefined {
    return this.#isCaller && this.#state === 'opening' ? undefined : this.#path.local;
  }

  /** Its user has closed it. */
  get isClosed(): boolean {
    return this.#isClosing;
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosing || this.#state === 'closed') return;
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.slice(start, start + PIECE_BYTES);
      this.#waiting.push((sequence) => ({ kind: 'data', sequence, bytes: piece }));
    }
    this.#pump();
  }

  /** What was sent before still arrives. The user is told nothing more. */
  close(): void {
    if (this.#isClosing || this.#state === 'closed') return;
    this.#isClosing = true;
    if (this.#state === 'opening' && this.#isCaller) {
      this.#finish();
      return;
    }
    this.#waiting.push((sequence) => ({ kind: 'fin', sequence }));
    this.#pump();
  }

  /** What came from the other end. */
  receive(segment: Segment): void {
    switch (segment.kind) {
      case 'syn':
        if (!this.#isCaller) this.#path.send({ kind: 'syn-ack' });
        return;
      case 'syn-ack':
        this.#path.send({ kind: 'ack', missing: this.#missing, got: -1 });
        if (this.#isCaller) this.#opened();
        return;
      case 'ack':
        this.#acknowledged(segment.missing, segment.got);
        return;
      case 'rst':
        this.#end(segment.why);
        return;
      default:
        this.#piece(segment);
    }
  }

  #greet(): void {
    if (this.#isCaller) this.#path.send({ kind: 'syn', serverName: this.tls?.serverName });
    else this.#path.send({ kind: 'syn-ack' });
  }

  #opened(): void {
    if (this.#state !== 'opening') return;
    const roundTripMs = this.#path.time.now() - this.#openedAt;
    if (this.#backoff === 1) this.#rto = Math.max(RTO.least, 2 * roundTripMs);
    this.#state = 'open';
    this.#progress();
    if (this.#isCaller) this.#user.opened(this);
    this.#pump();
  }

  #acknowledged(missing: number, got: number): void {
    if (!this.#isCaller) this.#opened();
    const before = this.#flying.size;
    this.#flying.delete(got);
    for (const sequence of this.#flying.keys()) if (sequence < missing) this.#flying.delete(sequence);
    if (this.#flying.size < before) this.#progress();
    if (this.#isClosing && this.#flying.size === 0 && this.#waiting.length === 0) this.#finish();
    else this.#pump();
  }

  #piece(piece: Piece): void {
    if (this.#state === 'opening' && this.#isCaller) return;
    if (piece.sequence >= this.#missing) this.#held.set(piece.sequence, piece);
    const ready: Piece[] = [];
    for (let next = this.#held.get(this.#missing); next !== undefined; next = this.#held.get(this.#missing)) {
      this.#held.delete(this.#missing++);
      ready.push(next);
    }
    this.#path.send({ kind: 'ack', missing: this.#missing, got: piece.sequence });
    this.#opened();
    for (const next of ready) {
      if (next.kind === 'fin') this.#end('closed by the other end');
      else if (this.#state === 'open' && !this.#isClosing) this.#user.received(next.bytes.slice());
    }
  }

  #pump(): void {
    if (this.#state !== 'open') return;
    if (this.#flying.size === 0) this.#silentSince = this.#path.time.now();
    while (this.#flying.size < WINDOW) {
      const make = this.#waiting.shift();
      if (make === undefined) break;
      const piece = make(this.#nextSequence++);
      this.#flying.set(piece.sequence, piece);
      this.#path.send(piece);
    }
    if (this.#flying.size > 0 && this.#timer === undefined) this.#wait();
  }

  #progress(): void {
    this.#backoff = 1;
    this.#silentSince = this.#path.time.now();
    this.#rest();
    if (this.#flying.size > 0) this.#wait();
  }

  #wait(): void {
    this.#timer = this.#path.time.later(Math.min(this.#rto * this.#backoff, RTO.most), () => {
      this.#timer = undefined;
      this.#again();
    });
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#path.time.cancel(this.#timer);
    this.#timer = undefined;
  }

  #again(): void {
    if (this.#path.time.now() - this.#silentSince >= this.#path.giveUpMs) {
      this.#end('timed out');
      return;
    }
    this.#backoff *= 2;
    if (this.#state === 'opening') this.#greet();
    for (const piece of this.#flying.values()) this.#path.send(piece);
    this.#wait();
  }

  #end(why: string): void {
    const isToBeTold = !this.#isClosing && this.#state !== 'closed';
    this.#finish();
    if (isToBeTold) this.#user.closed(why);
  }

  #finish(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#rest();
    this.#waiting.length = 0;
    this.#flying.clear();
    this.#held.clear();
    this.#path.over();
  }
}
