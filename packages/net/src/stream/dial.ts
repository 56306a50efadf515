import { connect, isIP, type Socket, type TcpSocketConnectOpts } from 'node:net';
import * as tls from 'node:tls';
import type { Destination } from '@ringdown/sip';
import type { Credentials } from '../tls/credentials.ts';
import { identityDefect, sipIdentities } from '../tls/sip-identities.ts';
import type { TransportLimits } from '../transport-options.ts';
import { numericLookup } from '../udp/numeric-lookup.ts';
import type { ConnectionEnds, ConnectionUser } from './connection.ts';
import { StreamConnection } from './stream-connection.ts';

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
): StreamConnection =>
  destination.transport === 'tls'
    ? dialTls(destination, ends, credentials, limits, user)
    : dialTcp(destination, ends, limits, user);

const dialTcp = (
  { address, port }: Destination,
  ends: ConnectionEnds,
  limits: TransportLimits,
  user: ConnectionUser,
): StreamConnection => {
  const socket: Socket = connect({
    host: address,
    port,
    localAddress: ends.local.address,
    lookup: numericLookup,
  });
  const connection = new StreamConnection(socket, true, ends, limits, user);
  socket.once('connect', () => connection.ready([]));
  return connection;
};

const dialTls = (
  { address, port, serverName }: Destination,
  ends: ConnectionEnds,
  credentials: Credentials,
  limits: TransportLimits,
  user: ConnectionUser,
): StreamConnection => {
  const wanted = serverName ?? address;
  const options: tls.ConnectionOptions & TcpSocketConnectOpts = {
    host: address,
    port,
    localAddress: ends.local.address,
    lookup: numericLookup,
    secureContext: credentials.client,
    // An address is no server name (RFC 6066 §3).
    servername: isIP(wanted) === 0 ? wanted : '',
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => {
      const defect = identityDefect(wanted, certificate);
      return defect === undefined ? undefined : new Error(defect);
    },
  };
  const socket = tls.connect(options);
  const connection = new StreamConnection(socket, true, ends, limits, user, undefined, serverName);
  socket.once('secureConnect', () => connection.ready(sipIdentities(socket.getPeerCertificate())));
  return connection;
};
