import type { Socket } from 'node:net';
import {
  buildResponse,
  type FramingViolation,
  type SipMessage,
  SipRequest,
  type StreamEvent,
  StreamFramer,
  stampVia,
} from '@ringdown/sip';
import { nodeRandom } from '../random.ts';
import { nodeText } from '../text.ts';
import type { TransportLimits } from '../transport-options.ts';
import { streamBytes } from '../wire.ts';
import { Connection, type ConnectionEnds, type ConnectionUser, type Place } from './connection.ts';
import { endSoon } from './end-soon.ts';
import { socketFailure } from './socket-failure.ts';

const PING = Buffer.from('\r\n\r\n', 'latin1');
const PONG = Buffer.from('\r\n', 'latin1');
/** How long a peer may take to read what is left when we have said that we close. */
const LINGER_MS = 2000;
const KEEP_ALIVE_MS = 60_000;

/** A TCP or TLS connection with SIP messages on it. */
export class StreamConnection extends Connection {
  readonly #socket: Socket;
  readonly #limits: TransportLimits;
  readonly #framer: StreamFramer;
  readonly #openedAt = performance.now();
  /** What waits until the connection, and the certificate behind it, is there; undefined from then on. */
  #pending: Buffer[] | undefined;
  #pendingBytes = 0;
  #heardAt = this.#openedAt;
  /** When the message that is not complete yet began. */
  #partialSince: number | undefined = undefined;
  /** When we asked for a sign of life that has not come yet; and whether this peer gives any, as not every server does. */
  #askedAt: number | undefined = undefined;
  #answersPings = false;
  readonly #isOurs: boolean;
  #pinged = false;
  #progress = false;
  #failure = 'the peer closed it';

  /** @param opening whether the socket still connects: {@link ready} is called when it has. */
  constructor(
    socket: Socket,
    opening: boolean,
    ends: ConnectionEnds,
    limits: TransportLimits,
    user: ConnectionUser,
    place?: Place,
    serverName?: string,
  ) {
    super(ends, user, place, serverName);
    this.#socket = socket;
    this.#limits = limits;
    this.#pending = opening ? [] : undefined;
    this.#isOurs = opening;
    this.#framer = new StreamFramer(nodeText, limits, (event) => this.#take(event));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error: Error) => {
      this.#failure = socketFailure(error);
    });
    // The socket ends our side by itself; a peer that does not read the rest must not hold it for ever.
    socket.on('end', () => socket.setTimeout(LINGER_MS, () => socket.destroy()));
    socket.on('close', () => this.close(this.#failure));
  }

  /** The connection is there, and the peer is who it should be: what waited is sent. */
  ready(peerNames: readonly string[]): void {
    if (!this.open) return;
    this.peerNames = peerNames;
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    for (const bytes of pending) this.#socket.write(bytes);
  }

  override send(message: SipMessage): boolean {
    return this.open && this.#write(streamBytes(message));
  }

  override keepAlive(): void {
    if (!this.open || !this.#write(PING)) return;
    if (this.#isOurs) this.#askedAt ??= performance.now();
  }

  override overdue(now: number): string | undefined {
    const { connectMs, handshakeMs, partialMessageMs, idleMs, pongMs } = this.#limits;
    if (this.#pending !== undefined) {
      const allowed = this.transport === 'tls' ? connectMs + handshakeMs : connectMs;
      return now - this.#openedAt > allowed ? `not connected within ${allowed} ms` : undefined;
    }
    if (this.#partialSince !== undefined && now - this.#partialSince > partialMessageMs)
      return `a message that was not complete within ${partialMessageMs} ms`;
    if (this.#answersPings && this.#askedAt !== undefined && now - this.#askedAt > pongMs)
      return `no answer to a keep-alive within ${pongMs} ms`;
    return !this.kept && now - this.#heardAt > idleMs ? `silent for ${idleMs} ms` : undefined;
  }

  protected override shut(abruptly: boolean): void {
    this.#framer.close();
    if (abruptly) this.#socket.destroy();
    else endSoon(this.#socket);
  }

  #write(bytes: Buffer): boolean {
    const queued = this.#pending === undefined ? this.#socket.writableLength : this.#pendingBytes;
    if (queued > 0 && queued + bytes.length > this.#limits.maxQueueBytes) {
      this.close(`the peer does not read: ${queued} bytes wait for it`);
      return false;
    }
    if (this.#pending === undefined) this.#socket.write(bytes);
    else {
      this.#pending.push(bytes);
      this.#pendingBytes += bytes.length;
    }
    return true;
  }

  #receive(bytes: Buffer): void {
    if (!this.open) return;
    this.#heardAt = performance.now();
    if (this.#askedAt !== undefined && bytes.equals(PONG)) this.#answersPings = true;
    this.#askedAt = undefined;
    this.#progress = false;
    this.#framer.push(bytes);
    if (!this.#framer.partial) this.#partialSince = undefined;
    else if (this.#progress || this.#partialSince === undefined) this.#partialSince = this.#heardAt;
    if (this.#pinged && this.open) {
      // However many came at once: one answer says as much.
      this.#pinged = false;
      this.#write(PONG);
    }
  }

  #take(event: StreamEvent): void {
    this.#progress = true;
    if (event.kind === 'message') {
      const { message } = event;
      this.user.received(message instanceof SipRequest ? stampVia(message, this.remote) : message, this);
    } else if (event.kind === 'ping') this.#pinged = true;
    else this.#answerViolation(event);
  }

  #answerViolation({ status, why, request, goesOn }: FramingViolation): void {
    this.user.refused(this, request === undefined ? why : `${why} (answered ${status})`);
    if (request !== undefined)
      this.send(buildResponse(stampVia(request, this.remote), status, { toTag: nodeRandom.token(10) }));
    if (!goesOn) this.finish(why);
  }
}
