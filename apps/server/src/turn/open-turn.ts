import { isIP } from 'node:net';
import {
  type Certificate,
  createLiveTimers,
  nodeClock,
  nodeHashes,
  nodeRandom,
  nodeSockets,
} from '@ringdown/net';
import type { Domain } from '@ringdown/provider';
import type { Configuration } from '../config/configuration.ts';
import type { Home } from '../home/home.ts';
import { keyFile } from '../home/key-file.ts';
import { openDnsLookup } from '../network/dns-lookup.ts';
import { stunServers } from '../network/stun-servers.ts';
import { tellFault } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';
import type { LiveAccounts } from '../stores/live-accounts.ts';
import { expiringCredentials } from './expiring.ts';
import { PublicAddress, type PublicAddressEvent } from './public-address.ts';
import { startTurnService, type TurnService } from './turn-service.ts';
import { turnUsers } from './turn-users.ts';

export interface TurnParts {
  readonly configuration: Configuration;
  readonly home: Home;
  /** The first of the home. */
  readonly domain: Domain;
  readonly certificate: Certificate;
  readonly accounts: LiveAccounts;
  readonly log: Log;
  /** The world turned out to see this machine at another address. */
  readonly advertisedChanged: () => void;
}

/** STUN and TURN of a home, and what the world reaches it at. */
export interface Turn {
  readonly service: TurnService;
  /** What is configured, else what was found out. */
  readonly advertised: string | undefined;
  close(): Promise<void>;
}

/** The grain of its timers: nothing of TURN is finer. */
const TICK_MS = 50;

/**
 * Starts STUN and TURN, and the search for the public address where none is configured.
 *
 * @throws Refusal where an address or port cannot be had
 */
export const openTurn = async (parts: TurnParts): Promise<Turn> => {
  const { configuration, home, domain, accounts, log } = parts;
  const { realm } = domain;
  const timers = createLiveTimers(nodeClock, { tickMs: TICK_MS, onFault: (error) => tellFault(log, error) });
  const lookup = openDnsLookup(configuration.dns);
  const service = await startTurnService({
    configuration,
    certificate: parts.certificate,
    domain,
    credentials: turnUsers(accounts, realm, expiringCredentials(home, realm, accounts)),
    timers,
    advertised: configuration.advertise,
    nonceKey: keyFile(home, 'turn-nonce'),
    log,
  });
  const found = new PublicAddress(
    {
      ask: configuration.stun.ask,
      resolve: (server) => stunServers([server], lookup).catch(() => []),
      observe: (event) => {
        tell(log, event, configuration.advertise);
        if (event.kind !== 'found' || isIP(configuration.advertise ?? '') !== 0) return;
        // A name is good for SIP; relays are told as addresses.
        service.setAdvertised(event.address);
        if (configuration.advertise === undefined) parts.advertisedChanged();
      },
    },
    { sockets: nodeSockets({ hosts: configuration.hosts }), timers, random: nodeRandom, hashes: nodeHashes },
  );
  found.start();
  return {
    service,
    get advertised() {
      return configuration.advertise ?? found.address;
    },
    close: async () => {
      found.close();
      lookup.close();
      await service.close();
      timers.close();
    },
  };
};

const tell = (log: Log, event: PublicAddressEvent, advertise: string | undefined): void => {
  if (event.kind === 'unknown') {
    if (advertise === undefined)
      log.warn({
        event: 'public address',
        why: `no STUN server told how the world sees ${event.local} (asked ${event.servers.join(', ')}): name the address with --advertise, or other servers in stun.ask`,
      });
    return;
  }
  const { address, local, server } = event;
  if (advertise === undefined || isIP(advertise) === 0 || advertise === address)
    log.info({ event: 'public address', address, local, server });
  else
    log.warn({
      event: 'public address',
      why: `the world sees ${local} as ${address} (says ${server}), not as the advertised ${advertise}: correct --advertise, or let the router forward that address`,
    });
};
