import {
  type Certificate,
  createSipTransport,
  ListenError,
  nodeClock,
  type SipTransport,
  type TransportEvent,
} from '@ringdown/net';
import { formatHost, type TransportName, type TransportUser } from '@ringdown/sip';
import { answerBinding } from '@ringdown/stun';
import type { Configuration } from '../config/configuration.ts';
import type { Health } from '../operations/health.ts';
import { operationsPages } from '../operations/http.ts';
import type { Log } from '../operations/log.ts';
import type { Metrics } from '../operations/metrics.ts';
import { Refusal } from '../refusal.ts';
import { advertisedAddress } from './advertised.ts';

export interface TransportParts {
  readonly configuration: Configuration;
  readonly certificate: Certificate;
  readonly authorities: readonly string[];
  readonly metrics: Metrics;
  readonly health: Health;
  readonly log: Log;
  readonly user: TransportUser;
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
        advertise: advertisedAddress(configuration.advertise, () => nodeClock.now()),
        stun: answerBinding,
        httpHandler: operationsPages({
          metrics,
          metricsAllow: configuration.metrics.allow,
          health: () => parts.health.why(),
        }),
        report: (event) => {
          tell(log, event);
          if (event.kind === 'listening' || event.kind === 'not listening') parts.addressesChanged();
        },
        limits: { maxConnections: limits.connections, maxConnectionsPerSource: limits.connectionsPerAddress },
      },
      parts.user,
    );
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const option = error.code === 'EADDRNOTAVAIL' ? '--host' : PORT_OPTIONS[error.transport];
    throw new Refusal(`${error.message.replace(/^C/, 'c').replace(/ \([A-Z]+\)\.$/, '')} (${option})`);
  }
};

const tell = (log: Log, event: TransportEvent): void => {
  switch (event.kind) {
    case 'refused': {
      const { transport, remote, why } = event;
      log.info({
        event: 'refused',
        source: `${transport}:${formatHost(remote.address)}:${remote.port}`,
        why,
      });
      break;
    }
    case 'listening':
    case 'not listening': {
      const { transport, address, port } = event.listener;
      log.info({ event: event.kind, listener: `${transport}:${address}:${port}` });
      break;
    }
    case 'cannot listen':
      log.error({ event: event.kind, why: event.error.message });
      break;
    case 'cannot accept':
      log.error({ event: event.kind, why: event.why });
      break;
  }
};
