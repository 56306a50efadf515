import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { WebSocketServer } from 'ws';
import { ByteStream } from '../bytes/byte-stream.ts';
import type { Credentials } from '../tls/credentials.ts';
import type { SipTransportOptions } from '../transport-options.ts';
import type { ListenerContext } from './sip-listener.ts';
import { listen, localOf, Places, remoteOf, type StreamListener } from './stream-listener.ts';
import { SUBPROTOCOL, WebSocketConnection } from './web-socket-connection.ts';

/** How long requests that are being answered may take when we stop. */
const LINGER_MS = 2000;

export interface HttpListenerContext extends ListenerContext {
  /** Serves what asks for no WebSocket; without one everything else is not found. */
  readonly httpHandler: RequestListener | undefined;
  /** Takes a connection to the HTTPS port that speaks STUN; without it they are closed. */
  readonly stunStream: SipTransportOptions['stunStream'];
}

/** Listens for HTTP and, on any path, SIP over WebSocket. */
export const listenHttp = (
  host: string,
  port: number,
  context: HttpListenerContext,
): Promise<StreamListener> => {
  const server = createServer(timeLimits(context));
  return listenWith(server, server, 'ws', host, port, context);
};

/**
 * The same over TLS. Clients that may use no other port than this speak STUN and TURN here: the first byte after the handshake
 * tells, as it does on a port that protocols share (RFC 7983).
 */
export const listenHttps = (
  host: string,
  port: number,
  context: HttpListenerContext,
  credentials: Credentials,
): Promise<StreamListener> => {
  const { handshakeMs: handshakeTimeout } = context.limits;
  const http = createServer(timeLimits(context));
  const server = tls.createServer({ ...credentials.server, handshakeTimeout });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  const listening = listenWith(server, http, 'wss', host, port, context, (places) => {
    server.on('secureConnection', (socket) => tellApart(socket, http, places, context));
  });
  // Its limits of time are kept from when it listens; it never does: its connections come from the other server.
  http.emit('listening');
  return listening;
};

/** RFC 7983: STUN's first byte is 0 to 3; a request of HTTP begins with a letter. */
const LAST_STUN_BYTE = 3;

const tellApart = (
  socket: tls.TLSSocket,
  http: Server,
  places: Places,
  context: HttpListenerContext,
): void => {
  const silent = setTimeout(() => socket.destroy(), context.limits.handshakeMs);
  socket.once('close', () => clearTimeout(silent));
  socket.on('error', () => {});
  socket.once('data', (first: Buffer) => {
    clearTimeout(silent);
    socket.pause();
    if (first[0]! > LAST_STUN_BYTE) {
      http.emit('connection', socket);
      socket.unshift(first);
      socket.resume();
      return;
    }
    const [local, remote, place] = [localOf(socket), remoteOf(socket), places.of(socket)];
    if (context.stunStream === undefined || local === undefined || remote === undefined || !place) {
      socket.destroy();
      return;
    }
    place.settle();
    const { maxQueueBytes, idleMs } = context.limits;
    const stream = new ByteStream(socket, 'tls', { local, remote }, { maxQueueBytes, idleMs }, place);
    context.stunStream(stream, first);
  });
};

const timeLimits = ({ limits: { handshakeMs } }: HttpListenerContext) => ({
  headersTimeout: handshakeMs,
  connectionsCheckingInterval: Math.max(100, handshakeMs / 4),
});

/** @param bound the server that has the port; `http` itself, or one whose connections it gets */
const listenWith = async (
  bound: NetServer,
  http: Server,
  transport: 'ws' | 'wss',
  host: string,
  port: number,
  context: HttpListenerContext,
  begin?: (places: Places) => void,
): Promise<StreamListener> => {
  const places = new Places(bound, transport, context.admission, context.report);
  begin?.(places);
  http.on('request', (request, response) => {
    places.of(request.socket)?.settle();
    if (context.httpHandler !== undefined) context.httpHandler(request, response);
    else response.writeHead(404).end();
  });
  acceptWebSockets(http, transport, places, context);
  const listener = await listen(bound, transport, host, port, places, context.report);
  return {
    ...listener,
    close: () => {
      const closed = listener.close();
      http.closeIdleConnections();
      const late = setTimeout(() => http.closeAllConnections(), LINGER_MS);
      return closed.finally(() => clearTimeout(late));
    },
  };
};

const acceptWebSockets = (
  server: Server,
  transport: 'ws' | 'wss',
  places: Places,
  context: HttpListenerContext,
): void => {
  const { maxHeadBytes, maxBodyBytes } = context.limits;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxHeadBytes + maxBodyBytes,
    handleProtocols: () => SUBPROTOCOL,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [local, remote] = [localOf(request.socket), remoteOf(request.socket)];
    const place = places.of(request.socket);
    if (local === undefined || remote === undefined || place === undefined) socket.destroy();
    else if (!offersSip(request)) refuseUpgrade(socket, 400);
    else {
      place.settle();
      const ends = { transport, local, remote, advertised: context.advertise(local, remote) };
      keepAlive(request.socket);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        context.accepted(new WebSocketConnection(webSocket, ends, context.limits, context.user, place));
      });
    }
  });
};

const offersSip = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .some((name) => name.trim().toLowerCase() === SUBPROTOCOL);

const refuseUpgrade = (socket: Duplex, status: number): void => {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n` +
      `This WebSocket speaks the subprotocol "${SUBPROTOCOL}" (RFC 7118).\n`,
  );
};

const keepAlive = (socket: Socket): void => {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
};
