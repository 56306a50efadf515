import type { Flow, SocketAddress } from '@ringdown/sip';

/**
 * A page knows neither its own address nor the server's: what stands here is of no use to others, and says so. A name under
 * `.invalid` is what RFC 7118 §5.1 asks for; the address is one of documentation (RFC 5737).
 */
const NOWHERE: SocketAddress = Object.freeze({ address: '192.0.2.1', port: 9 });

/** One message as a WebSocket carries it. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** One WebSocket to the server (RFC 7118). */
export class WebSocketFlow implements Flow {
  readonly transport: 'ws' | 'wss';
  readonly connection: string;
  readonly local: SocketAddress;
  readonly advertised: SocketAddress;
  readonly remote = NOWHERE;
  readonly peerNames: readonly string[] = Object.freeze([]);
  readonly socket: WebSocket;
  /** What waits until it has opened. */
  readonly waiting: Frame[] = [];
  /** Whether anything has come since a keep-alive was sent last; undefined where none is waited for. */
  heard: boolean | undefined = undefined;
  /** Whether the server answers keep-alives: not all do. */
  answers = false;
  /** Runs while an answer is waited for. */
  patience: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(socket: WebSocket, name: string) {
    this.socket = socket;
    this.transport = socket.url.startsWith('wss:') ? 'wss' : 'ws';
    this.connection = name;
    this.local = { address: `${name}.invalid`, port: this.transport === 'wss' ? 443 : 80 };
    this.advertised = this.local;
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN || this.socket.readyState === WebSocket.CONNECTING;
  }
}
