import { isUtf8 } from 'node:buffer';
import { parseMessage, type SipMessage, SipRequest, stampVia } from '@ringdown/sip';
import type { WebSocket } from 'ws';
import type { TransportLimits } from '../transport-options.ts';
import { messageBytes, withoutSurplus } from '../wire.ts';
import { Connection, type ConnectionEnds, type ConnectionUser, type Place } from './connection.ts';
import { socketFailure } from './socket-failure.ts';

/** The subprotocol of SIP over WebSocket (RFC 7118 §4.1). */
export const SUBPROTOCOL = 'sip';

const LINGER_MS = 2000;
const GOING_AWAY = 1001;
const PONG = Buffer.from('\r\n', 'latin1');
const CR = 0x0d;

/** A WebSocket with one SIP message in each of its messages (RFC 7118 §5). */
export class WebSocketConnection extends Connection {
  readonly #socket: WebSocket;
  readonly #limits: TransportLimits;
  readonly #openedAt = performance.now();
  /** What waits until the WebSocket is there; undefined from then on. */
  #pending: Buffer[] | undefined;
  #pendingBytes = 0;
  #heardAt = this.#openedAt;
  #pingedAt = this.#heardAt;
  /** Whether the peer has said anything since it was pinged last. */
  #answered = true;
  #failure = 'the peer closed it';

  constructor(
    socket: WebSocket,
    ends: ConnectionEnds,
    limits: TransportLimits,
    user: ConnectionUser,
    place?: Place,
    serverName?: string,
  ) {
    super(ends, user, place, serverName);
    this.#socket = socket;
    this.#limits = limits;
    this.#pending = socket.readyState === socket.CONNECTING ? [] : undefined;
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('pong', () => {
      this.#answered = true;
    });
    socket.on('error', (error: Error) => {
      this.#failure = webSocketFailure(error);
    });
    socket.on('close', () => this.close(this.#failure));
  }

  /** The WebSocket is there, and the peer is who it should be: what waited is sent. */
  ready(peerNames: readonly string[]): void {
    if (!this.open) return;
    this.peerNames = peerNames;
    this.#heardAt = performance.now();
    this.#pingedAt = this.#heardAt;
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    for (const bytes of pending) this.#write(bytes);
  }

  override send(message: SipMessage): boolean {
    return this.open && this.#write(messageBytes(message));
  }

  override keepAlive(): void {
    if (this.open && this.#pending === undefined) this.#socket.ping();
  }

  override overdue(now: number): string | undefined {
    const { idleMs, webSocketPingMs, connectMs, handshakeMs } = this.#limits;
    if (this.#pending !== undefined) {
      const allowed = connectMs + handshakeMs;
      return now - this.#openedAt > allowed ? `not connected within ${allowed} ms` : undefined;
    }
    if (!this.kept && now - this.#heardAt > idleMs) return `silent for ${idleMs} ms`;
    if (now - this.#pingedAt < webSocketPingMs) return undefined;
    if (!this.#answered) return `no answer to a ping within ${webSocketPingMs} ms`;
    this.#answered = false;
    this.#pingedAt = now;
    this.#socket.ping();
    return undefined;
  }

  protected override shut(abruptly: boolean): void {
    if (abruptly) this.#socket.terminate();
    else {
      this.#socket.close(GOING_AWAY);
      setTimeout(() => this.#socket.terminate(), LINGER_MS).unref();
    }
  }

  #write(bytes: Buffer): boolean {
    const queued = this.#pending === undefined ? this.#socket.bufferedAmount : this.#pendingBytes;
    if (queued > 0 && queued + bytes.length > this.#limits.maxQueueBytes) {
      this.close(`the peer does not read: ${queued} bytes wait for it`);
      return false;
    }
    if (this.#pending !== undefined) {
      this.#pending.push(bytes);
      this.#pendingBytes += bytes.length;
      return true;
    }
    // A text message must be UTF-8, or the peer closes (RFC 6455 §8.1); a SIP message need not be.
    this.#socket.send(bytes, { binary: !isUtf8(bytes) });
    return true;
  }

  #receive(data: Buffer): void {
    if (!this.open) return;
    this.#heardAt = performance.now();
    this.#answered = true;
    if (data[0] === CR && data.length <= 4) {
      if (data.length === 4) this.#write(PONG);
      return;
    }
    const message = parseMessage(data.toString('latin1'), data);
    if (message instanceof SipRequest)
      this.user.received(withoutSurplus(stampVia(message, this.remote)), this);
    else if ('status' in message) this.user.received(withoutSurplus(message), this);
    else this.user.refused(this, message.why);
  }
}

/** What a server without SIP says to the handshake, in words for people. */
const webSocketFailure = (error: Error): string => {
  const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
  if (status !== undefined) return `no SIP over WebSocket is spoken there (HTTP ${status})`;
  return error.message === 'Server sent no subprotocol'
    ? 'the WebSocket server there does not speak SIP'
    : socketFailure(error);
};
