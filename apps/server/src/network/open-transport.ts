import {
  type Certificate,
  createSipTransport,
  ListenError,
  nodeClock,
  type SipTransport,
  type SipTransportOptions,
} from '@ringdown/net';
import type { TransportName, TransportUser } from '@ringdown/sip';
import { answerBinding } from '@ringdown/stun';
import type { Configuration } from '../config/configuration.ts';
import type { Health } from '../operations/health.ts';
import { operationsPages } from '../operations/http.ts';
import type { Log } from '../operations/log.ts';
import type { Metrics } from '../operations/metrics.ts';
import { advertisedAddress } from './advertised.ts';
import { listenRefusal } from './listen-refusal.ts';
import { tellTransport } from './tell-transport.ts';

export interface TransportParts {
  readonly configuration: Configuration;
  readonly certificate: Certificate;
  readonly authorities: readonly string[];
  readonly metrics: Metrics;
  readonly health: Health;
  readonly log: Log;
  readonly user: TransportUser;
  /** What the world reaches this machine at, as far as it is known. */
  readonly advertised: () => string | undefined;
  /** Takes a connection to the HTTPS port that speaks STUN. */
  readonly stunStream: SipTransportOptions['stunStream'];
  /** An address came or went while we run. */
  readonly addressesChanged: () => void;
}

/** Which option chooses the port of each transport. */
const PORT_OPTIONS: Readonly<Record<TransportName, string>> = {
  udp: '--sip-port',
  tcp: '--sip-port',
  tls: '--sips-port',
  ws: '--http-port',
  wss: '--https-port',
};

/**
 * Binds every listener that is configured; STUN and the operator's pages are served beside SIP.
 *
 * @throws Refusal where an address or port cannot be had
 */
export const openTransport = async (parts: TransportParts): Promise<SipTransport> => {
  const { configuration, metrics, log } = parts;
  const { ports, hosts, limits } = configuration;
  try {
    return await createSipTransport(
      {
        hosts,
        sipPort: ports.sip,
        sipsPort: ports.sips,
        httpPort: ports.http,
        httpsPort: ports.https,
        certificate: parts.certificate,
        authorities: parts.authorities,
        advertise: advertisedAddress(parts.advertised, () => nodeClock.now()),
        stun: answerBinding,
        stunStream: parts.stunStream,
        httpHandler: operationsPages({
          metrics,
          metricsAllow: configuration.metrics.allow,
          health: () => parts.health.why(),
        }),
        report: (event) => {
          tellTransport(log, event);
          if (event.kind === 'listening' || event.kind === 'not listening') parts.addressesChanged();
        },
        limits: { maxConnections: limits.connections, maxConnectionsPerSource: limits.connectionsPerAddress },
      },
      parts.user,
    );
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    throw listenRefusal(error, PORT_OPTIONS[error.transport]);
  }
};
