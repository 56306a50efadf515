import type { Random, Text } from '@ringdown/sans-io';
import {
  type Destination,
  type Flow,
  Malformed,
  parseMessage,
  type SipMessage,
  SipRequest,
  stampVia,
  type Transport,
  type TransportUser,
} from '@ringdown/sip';
import { type Frame, WebSocketFlow } from './web-socket-flow.ts';

/** The subprotocol of SIP (RFC 7118 §4.1). */
const SUBPROTOCOL = 'sip';
/** What waits to be written; beyond it the server does not read, and the connection is given up. */
const MOST_BUFFERED_BYTES = 1_048_576;
/** So long one that was opened anew is not doubted again. */
const TRUSTED_MS = 10_000;
/** A server that is not there is given up after so long; browsers themselves wait for minutes. */
const CONNECT_MS = 10_000;
/** A server that answers keep-alives and is silent for so long after one is not there any more (RFC 5626 §4.4.1). */
const PONG_MS = 10_000;
const REPLACED = 'another connection has taken its place';
const CR = 0x0d;

export interface WebSocketTransport extends Transport {
  /** Whether a WebSocket is open. */
  readonly isOpen: boolean;
  /**
   * The network may be another one, and browsers find out after minutes that a WebSocket leads nowhere: another one is opened
   * beside it, and takes its place as soon as it is there, which is told as a move: that the first is over then is no failure of
   * the server's. Resolves when it has, or when there is no other: with whether it has.
   */
  renew(): Promise<boolean>;
  close(): void;
}

export interface WebSocketUser extends TransportUser {
  /** Another WebSocket leads to the server from now on. */
  moved(why: string): void;
}

/** SIP over the one WebSocket that leads to the server, whatever address is asked for. It is opened when it is needed. */
export const createWebSocketTransport = (
  url: string,
  { random, text }: { readonly random: Random; readonly text: Text },
  user: WebSocketUser,
): WebSocketTransport => {
  let current: WebSocketFlow | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const received = (flow: WebSocketFlow, data: string | ArrayBuffer): void => {
    const bytes = typeof data === 'string' ? text.utf8Bytes(data) : new Uint8Array(data);
    const isKeepAlive = bytes.length <= 4 && (bytes.length === 0 || bytes[0] === CR);
    if (isKeepAlive && flow.heard !== undefined) flow.answers = true;
    if (flow.heard === false) flow.heard = true;
    // Keep-alives, asked for and answered (RFC 7118 §6).
    if (isKeepAlive) return;
    const message = parseMessage(text.latin1(bytes), bytes);
    if (message instanceof Malformed) return;
    user.messageReceived(message instanceof SipRequest ? stampVia(message, flow.remote) : message, flow);
  };

  const connect = (): WebSocketFlow => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    const flow = new WebSocketFlow(socket, random.token(12));
    let hasOpened = false;
    const patience = setTimeout(() => socket.close(), CONNECT_MS);
    socket.onopen = () => {
      hasOpened = true;
      clearTimeout(patience);
      for (const frame of flow.waiting.splice(0)) socket.send(frame);
    };
    socket.onmessage = ({ data }) => received(flow, data as string | ArrayBuffer);
    socket.onclose = () => {
      clearTimeout(patience);
      clearTimeout(flow.patience);
      if (current === flow) current = undefined;
      const why = hasOpened ? 'the connection to the server has ended' : `nobody speaks SIP at ${url}`;
      user.flowFailed(flow, { why });
    };
    return flow;
  };

  const take = (next: WebSocketFlow, before: WebSocketFlow): boolean => {
    if (current !== before) {
      next.socket.close();
      return false;
    }
    current = next;
    clearTimeout(before.patience);
    before.socket.onclose = null;
    before.socket.close();
    user.moved(REPLACED);
    user.flowFailed(before, { why: REPLACED });
    return true;
  };

  /** Gives up a WebSocket that is open for the browser alone: to close it properly would wait for who is not there. */
  const abandon = (flow: WebSocketFlow): void => {
    const { socket } = flow;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    if (current === flow) current = undefined;
    user.flowFailed(flow, { why: `the server has not answered a keep-alive for ${PONG_MS} ms` });
  };

  const ask = (flow: WebSocketFlow): void => {
    if (!write(flow, '\r\n\r\n') || flow.heard === false) return;
    flow.heard = false;
    flow.patience = setTimeout(() => {
      const { heard } = flow;
      flow.heard = undefined;
      if (heard === false && flow.answers && flow.open) abandon(flow);
    }, PONG_MS);
  };

  const renew = async (): Promise<boolean> => {
    const before = current;
    const now = performance.now();
    if (before?.socket.readyState !== WebSocket.OPEN || now - renewedAt < TRUSTED_MS) return false;
    renewedAt = now;
    const next = connect();
    return new Promise((resolve) => {
      next.socket.addEventListener('close', () => {
        renewedAt = Number.NEGATIVE_INFINITY; // none is there to be trusted
        resolve(false);
      });
      next.socket.addEventListener('open', () => resolve(take(next, before)));
    });
  };

  const write = (flow: WebSocketFlow, frame: Frame): boolean => {
    const { socket, waiting } = flow;
    if (socket.readyState === WebSocket.CONNECTING) waiting.push(frame);
    else if (socket.readyState !== WebSocket.OPEN) return false;
    else if (socket.bufferedAmount > MOST_BUFFERED_BYTES) {
      socket.close();
      return false;
    } else socket.send(frame);
    return true;
  };

  const flowTo = ({ transport }: Destination): Flow | undefined => {
    if (current?.open !== true) current = connect();
    return current.transport === transport ? current : undefined;
  };

  return {
    get isOpen() {
      return current?.socket.readyState === WebSocket.OPEN;
    },
    send: (flow: Flow, message: SipMessage) =>
      flow instanceof WebSocketFlow && write(flow, frameOf(message, text)),
    flowTo,
    keepAlive: (flow) => {
      if (flow instanceof WebSocketFlow) ask(flow);
    },
    renew,
    flowOf: (key) => (current !== undefined && key.includes(current.connection) ? current : undefined),
    close: () => {
      const flow = current;
      current = undefined;
      if (flow === undefined) return;
      clearTimeout(flow.patience);
      flow.socket.onclose = null;
      flow.socket.close();
    },
  };
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A text frame where the message is UTF-8, as nearly all are; a binary one otherwise (RFC 7118 §5). */
const frameOf = (message: SipMessage, text: Text): Frame => {
  const bytes = new Uint8Array(message.head.length + message.body.length);
  bytes.set(text.latin1Bytes(message.head));
  bytes.set(message.body, message.head.length);
  try {
    return strict.decode(bytes);
  } catch {
    return bytes;
  }
};
