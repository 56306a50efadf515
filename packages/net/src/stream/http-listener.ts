import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Credentials } from '../tls/credentials.ts';
import type { ListenerContext } from './sip-listener.ts';
import { listen, localOf, Places, remoteOf, type StreamListener } from './stream-listener.ts';
import { WebSocketConnection } from './web-socket-connection.ts';

/** How long requests that are being answered may take when we stop. */
const LINGER_MS = 2000;
/** The subprotocol of SIP over WebSocket (RFC 7118 §4.1). */
const SUBPROTOCOL = 'sip';

export interface HttpListenerContext extends ListenerContext {
  /** Serves what asks for no WebSocket; without one everything else is not found. */
  readonly httpHandler: RequestListener | undefined;
}

/** Listens for HTTP and, on any path, SIP over WebSocket. */
export const listenHttp = (
  host: string,
  port: number,
  context: HttpListenerContext,
): Promise<StreamListener> => listenWith(createServer(timeLimits(context)), 'ws', host, port, context);

/** The same over TLS. */
export const listenHttps = (
  host: string,
  port: number,
  context: HttpListenerContext,
  credentials: Credentials,
): Promise<StreamListener> => {
  const { handshakeMs: handshakeTimeout } = context.limits;
  const server = https.createServer({ ...credentials.server, ...timeLimits(context), handshakeTimeout });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return listenWith(server, 'wss', host, port, context);
};

const timeLimits = ({ limits: { handshakeMs } }: HttpListenerContext) => ({
  headersTimeout: handshakeMs,
  connectionsCheckingInterval: Math.max(100, handshakeMs / 4),
});

const listenWith = async (
  server: Server | https.Server,
  transport: 'ws' | 'wss',
  host: string,
  port: number,
  context: HttpListenerContext,
): Promise<StreamListener> => {
  const places = new Places(server, transport, context.admission, context.report);
  server.on('request', (request, response) => {
    places.of(request.socket)?.settle();
    if (context.httpHandler !== undefined) context.httpHandler(request, response);
    else response.writeHead(404).end();
  });
  acceptWebSockets(server, transport, places, context);
  const listener = await listen(server, transport, host, port, places, context.report);
  return {
    ...listener,
    close: () => {
      const closed = listener.close();
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), LINGER_MS);
      return closed.finally(() => clearTimeout(late));
    },
  };
};

const acceptWebSockets = (
  server: Server | https.Server,
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
