import type { SocketAddress, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import type { Allocation } from './allocation.ts';
import type { RelayStream, RelayStreamUser, TurnClientPath } from './ports.ts';
import type { RawStream } from './stream-clients.ts';

/** RFC 6062 §5.2, §5.4: for connecting, and then for the client to take what has connected. */
const PATIENCE_MS = 30_000;
const SECOND_MS = 1_000;

/** Told how a connection fares. */
export interface TcpConnectionUser {
  connected(connection: TcpConnection): void;
  /** Told once, whether it was connected or not. */
  over(connection: TcpConnection): void;
}

/** A peer data connection, and the client data connection that it is joined to (RFC 6062 §3). */
export class TcpConnection implements RelayStreamUser, RawStream, TimerTarget {
  readonly allocation: Allocation;
  readonly peer: SocketAddress;
  /** CONNECTION-ID, from when it is connected. */
  id: number | undefined = undefined;
  readonly #timers: Timers;
  readonly #queuedBytes: number;
  readonly #user: TcpConnectionUser;
  /** What the peer said before the client took it. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #attempt: RelayStream | undefined = undefined;
  #stream: RelayStream | undefined = undefined;
  #client: TurnClientPath | undefined = undefined;
  #patience: Timer;
  #breath: Timer | undefined = undefined;
  #isOver = false;

  constructor(
    allocation: Allocation,
    peer: SocketAddress,
    queuedBytes: number,
    timers: Timers,
    user: TcpConnectionUser,
  ) {
    this.allocation = allocation;
    this.peer = peer;
    this.#queuedBytes = queuedBytes;
    this.#timers = timers;
    this.#user = user;
    this.#patience = timers.start(this, 'patience', PATIENCE_MS);
  }

  /** It is connected, and waits for the client to take it. */
  get isPending(): boolean {
    return this.#stream !== undefined && this.#client === undefined && !this.#isOver;
  }

  /** Knows its stream before it has connected, so that it can be given up. */
  connecting(stream: RelayStream): void {
    this.#attempt = stream;
  }

  opened(stream: RelayStream): void {
    if (this.#isOver) {
      stream.close();
      return;
    }
    this.#stream = stream;
    stream.pause?.();
    this.#timers.stop(this.#patience);
    this.#patience = this.#timers.start(this, 'patience', PATIENCE_MS);
    this.#user.connected(this);
  }

  /** The client takes it: what it had already said goes to the peer, and what the peer said to the client. */
  join(client: TurnClientPath, rest: Uint8Array): void {
    this.#client = client;
    this.#timers.stop(this.#patience);
    for (const bytes of this.#early) this.received(bytes);
    this.#early = [];
    if (rest.length > 0) this.fromClient(rest);
    if (this.#breath === undefined && !this.#isFull(client)) this.#stream?.resume?.();
  }

  received(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const client = this.#client;
    if (client === undefined) {
      this.#early.push(bytes);
      this.#earlyBytes += bytes.length;
      if (this.#earlyBytes > this.#queuedBytes) this.end();
      return;
    }
    const mayGoOn = this.allocation.streamed(false, bytes.length);
    client.send(bytes);
    this.#slow(this.#stream, client, mayGoOn);
  }

  fromClient(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (this.#isOver || stream === undefined) return;
    const mayGoOn = this.allocation.streamed(true, bytes.length);
    stream.send(bytes);
    this.#slow(this.#client, stream, mayGoOn);
  }

  drained(): void {
    if (this.#breath === undefined) this.#client?.resume?.();
  }

  clientDrained(): void {
    if (this.#breath === undefined) this.#stream?.resume?.();
  }

  closed(): void {
    this.#stream = undefined;
    this.#attempt = undefined;
    this.end();
  }

  clientClosed(): void {
    this.#client = undefined;
    this.end();
  }

  /** Ends both sides. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.stop(this.#patience);
    if (this.#breath !== undefined) this.#timers.stop(this.#breath);
    (this.#stream ?? this.#attempt)?.close();
    this.#client?.close();
    this.#user.over(this);
  }

  timerFired(name: string): void {
    if (name === 'patience') {
      this.end();
      return;
    }
    this.#breath = undefined;
    if (!this.#isFull(this.#client)) this.#stream?.resume?.();
    if (!this.#isFull(this.#stream)) this.#client?.resume?.();
  }

  #isFull(target: TurnClientPath | RelayStream | undefined): boolean {
    return (target?.queuedBytes ?? 0) > this.#queuedBytes;
  }

  /** Reads no more of one side while the other is full, and of neither for a while where too much has gone past this second. */
  #slow(
    source: TurnClientPath | RelayStream | undefined,
    target: TurnClientPath | RelayStream,
    mayGoOn: boolean,
  ): void {
    if (this.#isFull(target)) {
      if (source?.pause === undefined) {
        this.end();
        return;
      }
      source.pause();
    }
    if (mayGoOn) return;
    this.#stream?.pause?.();
    this.#client?.pause?.();
    this.#breath ??= this.#timers.start(this, 'breath', SECOND_MS);
  }
}
