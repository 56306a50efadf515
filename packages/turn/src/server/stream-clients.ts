import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { Malformed } from '@ringdown/stun';
import { isClassicChannel } from '../attributes/channel-data.ts';
import { LARGEST_FRAME_BYTES, StreamFramer } from '../attributes/framer.ts';
import type { TurnClientPath } from './ports.ts';

/** Enough for any request; those who have nothing allocated send nothing else. */
const REQUEST_BYTES = 2_048;
/** Who sends more of them has no need of a relay: thousands in one piece would keep all others waiting. */
const STRANGERS_MESSAGES = 32;

/** What a stream of a client's is joined to when it has become raw (RFC 6062 §5.4). */
export interface RawStream {
  fromClient(bytes: Uint8Array): void;
  /** The client's stream has ended. */
  clientClosed(): void;
  /** What was queued for the client has gone. */
  clientDrained(): void;
}

export interface StreamClientsUser {
  received(client: TurnClientPath, frame: Uint8Array): void;
  /** Whether it has an allocation: only then it may stay idle, and send much. */
  isServed(client: TurnClientPath): boolean;
  /** It was closed from here. */
  closed(client: TurnClientPath): void;
}

/** The streams of clients: messages found in them, until they become raw. */
export class StreamClients {
  readonly #streams = new Map<TurnClientPath, StreamClient>();
  readonly #idleMs: number;
  readonly #timers: Timers;
  readonly #user: StreamClientsUser;

  constructor(idleMs: number, timers: Timers, user: StreamClientsUser) {
    this.#idleMs = idleMs;
    this.#timers = timers;
    this.#user = user;
  }

  accept(client: TurnClientPath): void {
    this.#of(client);
  }

  received(client: TurnClientPath, bytes: Uint8Array): void {
    if (!this.#of(client).received(bytes)) this.close(client);
  }

  /** From its last message on the stream is raw. @returns what has come of that already */
  makeRaw(client: TurnClientPath, raw: RawStream): Uint8Array | undefined {
    return this.#streams.get(client)?.makeRaw(raw);
  }

  drained(client: TurnClientPath): void {
    this.#streams.get(client)?.raw?.clientDrained();
  }

  /** It has ended by itself. */
  ended(client: TurnClientPath): void {
    const stream = this.#streams.get(client);
    if (stream === undefined) return;
    this.#streams.delete(client);
    stream.end();
  }

  close(client: TurnClientPath): void {
    if (!this.#streams.has(client)) return;
    this.ended(client);
    client.close();
    this.#user.closed(client);
  }

  closeAll(): void {
    for (const client of [...this.#streams.keys()]) this.close(client);
  }

  #of(client: TurnClientPath): StreamClient {
    const known = this.#streams.get(client);
    if (known !== undefined) return known;
    const stream = new StreamClient(client, this.#idleMs, this.#timers, this.#user, () => this.close(client));
    this.#streams.set(client, stream);
    return stream;
  }
}

class StreamClient implements TimerTarget {
  raw: RawStream | undefined = undefined;
  readonly #client: TurnClientPath;
  readonly #framer = new StreamFramer(REQUEST_BYTES, isClassicChannel);
  readonly #idleMs: number;
  readonly #timers: Timers;
  readonly #user: StreamClientsUser;
  readonly #giveUp: () => void;
  #timer: Timer;
  #unserved = 0;
  #isOver = false;

  constructor(
    client: TurnClientPath,
    idleMs: number,
    timers: Timers,
    user: StreamClientsUser,
    giveUp: () => void,
  ) {
    this.#client = client;
    this.#idleMs = idleMs;
    this.#timers = timers;
    this.#user = user;
    this.#giveUp = giveUp;
    this.#timer = timers.start(this, 'idle', idleMs);
  }

  /** @returns false where it is no TURN any more */
  received(bytes: Uint8Array): boolean {
    if (this.raw !== undefined) {
      this.raw.fromClient(bytes);
      return true;
    }
    this.#framer.push(bytes);
    while (!this.#isOver) {
      const isServed = this.#user.isServed(this.#client);
      this.#framer.limitBytes = isServed ? LARGEST_FRAME_BYTES : REQUEST_BYTES;
      const frame = this.#framer.next();
      if (frame === undefined) break;
      if (frame instanceof Malformed) return false;
      this.#unserved = isServed ? 0 : this.#unserved + 1;
      if (this.#unserved > STRANGERS_MESSAGES) return false;
      this.#user.received(this.#client, frame);
    }
    return true;
  }

  makeRaw(raw: RawStream): Uint8Array {
    this.raw = raw;
    return this.#framer.rest();
  }

  timerFired(): void {
    if (this.raw === undefined && !this.#user.isServed(this.#client)) this.#giveUp();
    else this.#timer = this.#timers.start(this, 'idle', this.#idleMs);
  }

  end(): void {
    this.#isOver = true;
    this.#timers.stop(this.#timer);
    this.raw?.clientClosed();
  }
}
