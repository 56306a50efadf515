import { connect, isIP, type Socket, type TcpSocketConnectOpts } from 'node:net';
import * as tls from 'node:tls';
import { type Destination, formatHost } from '@ringdown/sip';
import { WebSocket } from 'ws';
import type { Credentials } from '../tls/credentials.ts';
import { identityDefect, sipIdentities } from '../tls/sip-identities.ts';
import type { TransportLimits } from '../transport-options.ts';
import { numericLookup } from '../udp/numeric-lookup.ts';
import type { Connection, ConnectionEnds, ConnectionUser } from './connection.ts';
import { StreamConnection } from './stream-connection.ts';
import { SUBPROTOCOL, WebSocketConnection } from './web-socket-connection.ts';

/**
 * Opens a connection from `ends.local`'s address. Over TLS the peer's certificate must be trusted and prove the name that
 * was asked for, before anything is sent (RFC 5922 §7.3).
 */
export const dial = (
  destination: Destination,
  ends: ConnectionEnds,
  credentials: Credentials,
  limits: TransportLimits,
  user: ConnectionUser,
): Connection => {
  switch (destination.transport) {
    case 'wss':
    case 'ws':
      return dialWebSocket(destination, ends, credentials, limits, user);
    case 'tls': {
      const socket = openTls(destination, ends, credentials, identityDefect);
      const { serverName } = destination;
      const connection = new StreamConnection(socket, true, ends, limits, user, undefined, serverName);
      socket.once('secureConnect', () => connection.ready(sipIdentities(socket.getPeerCertificate())));
      return connection;
    }
    default: {
      const socket = openTcp(destination, ends);
      const connection = new StreamConnection(socket, true, ends, limits, user);
      socket.once('connect', () => connection.ready([]));
      return connection;
    }
  }
};

/** The server is asked for by its name, as others may share its port, and by the path that servers of SIP alone have. */
const dialWebSocket = (
  destination: Destination,
  ends: ConnectionEnds,
  credentials: Credentials,
  limits: TransportLimits,
  user: ConnectionUser,
): WebSocketConnection => {
  const { transport, address, port, serverName } = destination;
  const isSecure = transport === 'wss';
  let opened: tls.TLSSocket | undefined;
  const openSecure = (): tls.TLSSocket => {
    opened = openTls(destination, ends, credentials, webDefect);
    return opened;
  };
  const socket = new WebSocket(`${transport}://${formatHost(serverName ?? address)}:${port}/`, SUBPROTOCOL, {
    createConnection: () => (isSecure ? openSecure() : openTcp(destination, ends)),
    perMessageDeflate: false,
    maxPayload: limits.maxHeadBytes + limits.maxBodyBytes,
  });
  const connection = new WebSocketConnection(socket, ends, limits, user, undefined, serverName);
  socket.once('open', () =>
    connection.ready(opened === undefined ? [] : sipIdentities(opened.getPeerCertificate())),
  );
  return connection;
};

const openTcp = ({ address, port }: Destination, { local }: ConnectionEnds): Socket =>
  connect({ host: address, port, localAddress: local.address, lookup: numericLookup });

type Judge = (wanted: string, certificate: tls.PeerCertificate) => string | undefined;

const openTls = (
  { address, port, serverName }: Destination,
  { local }: ConnectionEnds,
  credentials: Credentials,
  judge: Judge,
): tls.TLSSocket => {
  const wanted = serverName ?? address;
  const options: tls.ConnectionOptions & TcpSocketConnectOpts = {
    host: address,
    port,
    localAddress: local.address,
    lookup: numericLookup,
    secureContext: credentials.client,
    // An address is no server name (RFC 6066 §3).
    servername: isIP(wanted) === 0 ? wanted : '',
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => {
      const defect = judge(wanted, certificate);
      return defect === undefined ? undefined : new Error(defect);
    },
  };
  return tls.connect(options);
};

/** A WebSocket is reached as the web is: what proves a server there, a wildcard say, is enough (RFC 7118 §7, RFC 9110 §4.3.4). */
const webDefect: Judge = (wanted, certificate) => {
  const defect = identityDefect(wanted, certificate);
  return defect === undefined || tls.checkServerIdentity(wanted, certificate) === undefined
    ? undefined
    : defect;
};
