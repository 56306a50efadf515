import { createSipTransport, ListenError, type SipTransport, type SipTransportOptions } from '@ringdown/net';
import type { TransportName, TransportUser } from '@ringdown/sip';
import { LOOK_MS } from './moves.ts';
import type { NodePlatformOptions } from './node-options.ts';

const EVERYWHERE = ['0.0.0.0', '::'] as const;

/** A phone talks to one server, and to few others. */
const limits: SipTransportOptions['limits'] = Object.freeze({
  maxConnections: 64,
  maxConnectionsPerSource: 16,
  maxHalfOpen: 16,
  maxHalfOpenPerSource: 4,
  // Connections that we have opened are looked after by keep-alives (RFC 5626 §4.4).
  idleMs: Number.POSITIVE_INFINITY,
  addressesMs: LOOK_MS,
  udpBufferBytes: 256 * 1024,
});

/** A machine without IPv6, or without IPv4, has no socket of that family. */
const isMissingFamily = (error: unknown): boolean =>
  error instanceof ListenError && ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(error.code);

/**
 * The SIP transport of a phone: it listens for UDP and TCP where those may be spoken, and opens the rest.
 *
 * @throws ListenError where a port cannot be had
 */
export const openNodeTransport = async (
  { addresses, sipPort = 0, authorities }: NodePlatformOptions,
  transports: readonly TransportName[],
  stunReceived: NonNullable<SipTransportOptions['stunReceived']>,
  user: TransportUser,
): Promise<SipTransport> => {
  const listens = transports.includes('udp') || transports.includes('tcp');
  const open = (hosts: readonly string[]): Promise<SipTransport> =>
    createSipTransport(
      {
        hosts,
        ...(listens && { sipPort }),
        opens: transports,
        authorities,
        advertise: (local) => local,
        stunReceived,
        measuresQueue: false,
        limits,
      },
      user,
    );
  if (addresses !== undefined) return open(addresses);
  try {
    return await open(EVERYWHERE);
  } catch (error) {
    if (!isMissingFamily(error)) throw error;
    const { address } = error as ListenError;
    return open(EVERYWHERE.filter((host) => host.includes(':') !== address.includes(':')));
  }
};
