import { nodeClock, nodeHashes, nodeRandom, nodeText } from '@ringdown/net';
import {
  type Account,
  type Accounts,
  Authenticator,
  type BindingStore,
  createPresence,
  Domains,
  defaultPresenceOptions,
  defaultScreeningLimits,
  FailureThrottle,
  FloodLimit,
  FlowTokens,
  type HouseServices,
  type Incoming,
  Location,
  type MayReach,
  NonceCounts,
  Nonces,
  Overload,
  owns,
  type Presence,
  Provider,
  type ProviderEvent,
  pipelines,
  Registrar,
  Routing,
  Screening,
} from '@ringdown/provider';
import { TimingWheel } from '@ringdown/sans-io';
import {
  Authorization,
  type DnsPort,
  isMalformed,
  ProxyAuthorization,
  parseCredentials,
  type Transport,
} from '@ringdown/sip';
import type { Configuration } from './config/configuration.ts';
import { networks } from './network/networks.ts';

/** The grain of all timers: fine enough for the 200 ms of a 100 Trying. */
const TICK_MS = 10;

export interface AssemblyParts {
  readonly configuration: Configuration;
  readonly transport: Transport;
  readonly dns: DnsPort;
  readonly accounts: Accounts;
  readonly bindings: BindingStore;
  readonly keys: { readonly nonce: Uint8Array; readonly flowToken: Uint8Array };
  /** What the server answers itself. */
  readonly services: HouseServices;
  /** Where requests may be sent that no flow leads to. */
  readonly mayReach: MayReach;
  /** The name that other servers come back by over TLS. */
  readonly tlsName: () => string | undefined;
  readonly observe: (event: ProviderEvent) => void;
}

/** The provider and those of its parts that the server talks to. */
export interface Assembly {
  readonly provider: Provider;
  readonly domains: Domains;
  readonly location: Location;
  readonly presence: Presence;
  readonly overload: Overload;
  /** Ends what an account (`user@domain`) had: its bindings, publications and subscriptions. */
  forget(aor: string): void;
}

/** Puts the provider together; no socket is opened and no file read here. */
export const assemble = (parts: AssemblyParts): Assembly => {
  const { configuration, transport, accounts, keys } = parts;
  const domains = new Domains();
  const wheel = new TimingWheel(nodeClock.now(), { tickMs: TICK_MS });
  const location = new Location(parts.bindings, nodeClock.wallTime(), (aor) =>
    presence.registrationChanged(aor),
  );
  const presence = createPresence(defaultPresenceOptions, {
    accounts,
    owns: (account, uri) => owns(domains, account, uri),
    bindings: (aor) => location.find(aor, nodeClock.wallTime()),
    isOpen: (flow) => transport.flowOf(flow)?.open === true,
    timers: wheel,
    random: nodeRandom,
    text: nodeText,
    request: (request, flow, done) => provider.request(request, flow, done),
  });
  const isTrusted = networks(configuration.limits.trusted);
  const nonces = new Nonces({ hashes: nodeHashes, random: nodeRandom }, keys.nonce);
  const overload = new Overload({ answersChallenge: (incoming) => hasNonceOfOurs(incoming, nonces) });
  const flood = new FloodLimit();
  const { maxPerAccount: maxContacts, ...expiry } = configuration.bindings;
  const handle = pipelines({
    domains,
    screening: new Screening(domains, defaultScreeningLimits),
    authenticator: new Authenticator({
      hashes: nodeHashes,
      text: nodeText,
      random: nodeRandom,
      accounts,
      domains,
      nonces,
      counts: new NonceCounts(),
      throttle: new FailureThrottle(),
      flood,
      hasLiveRegistration: (address, account) =>
        isTrusted(address) ||
        location.hasAddress(address, account === undefined ? undefined : aorOf(account)),
    }),
    registrar: new Registrar(location, nodeText, domains, { ...expiry, maxContacts }),
    routing: new Routing(location, accounts, domains, parts.services),
    presence,
    admit: overload.admit,
    flood,
  });
  const provider: Provider = new Provider(
    {
      wheel,
      transport,
      dns: parts.dns,
      clock: nodeClock,
      random: nodeRandom,
      domains,
      location,
      tokens: new FlowTokens(nodeHashes, keys.flowToken),
      flood,
      mayReach: parts.mayReach,
      trusts: isTrusted,
      tlsName: parts.tlsName,
      overload,
      handle,
      observe: parts.observe,
    },
    { transports: ['udp', 'tcp', 'tls'] },
  );
  const forget = (aor: string): void => {
    location.set(aor, []);
    presence.forget(aor);
  };
  return { provider, domains, location, presence, overload, forget };
};

const aorOf = ({ username, domain }: Account): string => `${username}@${domain}`;

/** Whether credentials carry a nonce that we gave to that address: strangers can write the rest. */
const hasNonceOfOurs = ({ request, flow, wallTime }: Incoming, nonces: Nonces): boolean => {
  const written = request.get(ProxyAuthorization) ?? request.get(Authorization) ?? '';
  const credentials = parseCredentials(written);
  if (credentials === undefined || isMalformed(credentials)) return false;
  return nonces.check(credentials.nonce, flow.remote.address, wallTime) !== 'forged';
};
