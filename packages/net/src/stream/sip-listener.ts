import { createServer, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { Credentials } from '../tls/credentials.ts';
import { sipIdentities } from '../tls/sip-identities.ts';
import type { Advertise, SipTransportOptions, TransportLimits } from '../transport-options.ts';
import type { Admission } from './admission.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import { StreamConnection } from './stream-connection.ts';
import { listen, localOf, Places, remoteOf, type StreamListener } from './stream-listener.ts';

/** What every listener needs for the connections that it accepts. */
export interface ListenerContext {
  readonly limits: TransportLimits;
  readonly admission: Admission;
  readonly advertise: Advertise;
  readonly user: ConnectionUser;
  readonly report: SipTransportOptions['report'];
  /** Takes a connection that is ready. */
  readonly accepted: (connection: Connection) => void;
}

/** Listens for SIP over TCP. */
export const listenTcp = (host: string, port: number, context: ListenerContext): Promise<StreamListener> => {
  const server = createServer();
  const places = new Places(server, 'tcp', context.admission, context.report);
  server.on('connection', (socket) => accept(socket, 'tcp', places, context, []));
  return listen(server, 'tcp', host, port, places, context.report);
};

/**
 * Listens for SIP over TLS. Clients are asked for a certificate and need none; what a trusted one proves is in the flow's
 * `peerNames` (RFC 5922 §7.4).
 */
export const listenTls = (
  host: string,
  port: number,
  context: ListenerContext,
  credentials: Credentials,
): Promise<StreamListener> => {
  const server = tls.createServer({
    ...credentials.server,
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: context.limits.handshakeMs,
  });
  const places = new Places(server, 'tls', context.admission, context.report);
  server.on('secureConnection', (socket) => {
    accept(socket, 'tls', places, context, provenNames(socket));
  });
  server.on('tlsClientError', (error, socket) => {
    const remote = remoteOf(socket);
    if (remote !== undefined)
      context.report?.({
        kind: 'refused',
        transport: 'tls',
        remote,
        why: `no TLS handshake: ${error.message}`,
      });
    socket.destroy();
  });
  return listen(server, 'tls', host, port, places, context.report);
};

/** The SIP domains of a client's certificate, where it is trusted. */
const provenNames = (socket: tls.TLSSocket): string[] =>
  socket.authorized ? sipIdentities(socket.getPeerCertificate()) : [];

const accept = (
  socket: Socket,
  transport: 'tcp' | 'tls',
  places: Places,
  context: ListenerContext,
  peerNames: readonly string[],
): void => {
  const [local, remote] = [localOf(socket), remoteOf(socket)];
  const place = places.of(socket);
  if (local === undefined || remote === undefined || place === undefined) {
    socket.destroy();
    return;
  }
  place.settle();
  const ends = { transport, local, remote, advertised: context.advertise(local, remote) };
  const connection = new StreamConnection(socket, false, ends, context.limits, context.user, place);
  connection.ready(peerNames);
  context.accepted(connection);
};
