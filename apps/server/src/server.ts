import {
  type Driver,
  drive,
  everyMs,
  type Listener,
  nodeClock,
  nodeRandom,
  type SipTransport,
} from '@ringdown/net';
import { type BindingStore, type Domain, MemoryBindingStore } from '@ringdown/provider';
import { bareHost, type SocketAddress, type TransportUser } from '@ringdown/sip';
import { type Assembly, assemble } from './assembly.ts';
import { type EstablishedDomain, establishDomain } from './commands/domain.ts';
import type { Configuration } from './config/configuration.ts';
import { type Home, openHome } from './home/home.ts';
import { keyFile } from './home/key-file.ts';
import { lockForServing } from './home/serve-lock.ts';
import { loadAuthorities, loadCertificate, watchCertificate } from './network/certificates.ts';
import { openTransport } from './network/open-transport.ts';
import { ownAddresses } from './network/own-addresses.ts';
import { provenName } from './network/proven-name.ts';
import { type Reach, reachOf } from './network/reach.ts';
import { openResolver } from './network/resolver.ts';
import { guarded, guardedOr } from './operations/guarded.ts';
import { Health } from './operations/health.ts';
import { journal } from './operations/journal.ts';
import type { Log } from './operations/log.ts';
import { createMetrics } from './operations/metrics.ts';
import { HOUSE } from './services/house-flow.ts';
import { HouseTransport } from './services/house-transport.ts';
import { openServices } from './services/services.ts';
import { LiveAccounts } from './stores/live-accounts.ts';
import { SqliteAccountStore } from './stores/sqlite-account-store.ts';
import { SqliteBindingStore } from './stores/sqlite-binding-store.ts';
import { openTurn } from './turn/open-turn.ts';

/** How often it is looked how long messages wait. */
const LOOK_MS = 20;

/** What is there once all is put together. */
interface Started {
  readonly assembly: Assembly;
  readonly driver: Driver;
  queueDelayMs(): number;
}

/** A provider that runs. */
export interface RunningServer {
  readonly home: Home;
  readonly domain: EstablishedDomain;
  /** How many accounts that domain has. */
  readonly accounts: number;
  /** Every bound address of SIP. */
  readonly listeners: readonly Listener[];
  /** Every bound address of STUN and TURN. */
  readonly turnListeners: readonly Listener[];
  /** A name of this machine that its certificate proves. */
  readonly tlsName: string | undefined;
  /** The names that the server itself answers under. */
  readonly services: readonly string[];
  /** Ends in good order: nothing new is taken, what is written behind is written. */
  stop(): Promise<void>;
}

/**
 * Starts a provider as configured.
 *
 * @throws Refusal where the home, a file or a port cannot be had
 */
export const startServer = async (configuration: Configuration, log: Log): Promise<RunningServer> => {
  const home = openHome(configuration.home);
  const lock = lockForServing(home);
  const ending: (() => void | Promise<void>)[] = [() => lock.release()];
  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const one of ending.reverse()) await one();
  };
  const stop = (): Promise<void> => {
    stopping ??= end();
    return stopping;
  };
  try {
    return { ...(await run(configuration, home, log, ending)), home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const run = async (
  configuration: Configuration,
  home: Home,
  log: Log,
  ending: (() => void | Promise<void>)[],
): Promise<Omit<RunningServer, 'home' | 'stop'>> => {
  const warn = (event: string) => (why: string) => log.warn({ event, why });
  const fails = (event: string) => (why: string) => {
    warn(event)(why);
    health.note(`${event}: ${why}`);
  };
  const health: Health = new Health(
    () => nodeClock.now(),
    () => started?.queueDelayMs() ?? 0,
  );
  const store = new SqliteAccountStore(home.accountsFile);
  ending.push(() => store.close());
  const domain = establishDomain(store, configuration.domain, nodeRandom);

  const bindings: BindingStore = configuration.bindings.durable
    ? new SqliteBindingStore({ file: home.bindingsFile, onTrouble: fails('bindings') })
    : new MemoryBindingStore();
  ending.push(() => bindings.close());
  const accounts = new LiveAccounts({
    file: home.accountsFile,
    // A changed password or a removed account ends its bindings and relays at once.
    onChange: ({ username, domain }) => {
      assembly.forget(`${username}@${domain}`);
      turn.service.forget(`${username}@${domain}`);
    },
    onDomains: (domains) => assembly.domains.setDomains(domains),
    settled: () => bindings.flush(),
    onTrouble: fails('accounts'),
  });
  ending.push(() => accounts.close());

  const reach = reachOf(configuration);
  const metrics = createMetrics();
  const certificate = await loadCertificate(
    configuration,
    home,
    certificateNames(configuration, store.domains()),
  );
  let tlsName = provenName(configuration, certificate);
  const resolver = openResolver(
    configuration.dns,
    guarded(log, (id, answer) => {
      assembly.provider.dnsAnswered(id, answer);
      driver.wake();
    }),
  );
  ending.push(() => resolver.close());
  const turn = await openTurn({
    configuration,
    home,
    domain: store.domains()[0] ?? domain.domain,
    certificate,
    accounts,
    log,
    advertisedChanged: () => {
      if (started !== undefined) listen(transport, started.assembly, reach, configuration, turn.advertised);
    },
  });
  ending.push(() => turn.close());
  // Sockets are bound one after the other: what comes before all is put together is lost, and sent again.
  let started: Started | undefined;
  const take = guarded<Parameters<TransportUser['messageReceived']>>(log, (message, flow) => {
    started?.assembly.provider.messageReceived(message, flow);
    started?.driver.wake();
  });
  const transport: SipTransport = await openTransport({
    configuration,
    certificate,
    authorities: loadAuthorities(configuration),
    metrics,
    health,
    log,
    advertised: () => turn.advertised,
    stunStream: (stream, first) => turn.service.accept(stream, first),
    addressesChanged: () => {
      if (started !== undefined) listen(transport, started.assembly, reach, configuration, turn.advertised);
    },
    user: {
      glanceAt: guardedOr(log, undefined, (bytes, flow) =>
        started === undefined ? 'go on' : started.assembly.provider.glanceAt(bytes, flow),
      ),
      isDoneWith: guardedOr(
        log,
        false,
        (request, flow) => started?.assembly.provider.isDoneWith(request, flow) ?? false,
      ),
      messageReceived: take,
      flowFailed: guarded(log, (flow, failure) => {
        started?.assembly.provider.flowFailed(flow, failure);
        started?.driver.wake();
      }),
    },
  });
  ending.push(() => transport.close());

  const house = new HouseTransport(transport, take);
  const services = openServices({
    configuration,
    transport: house,
    domain: store.domains()[0]?.name ?? domain.domain.name,
    network: () => ({ addresses: transport.addresses, advertised: turn.advertised }),
    isStrained: () => started?.assembly.overload.isStrained === true,
    log,
  });
  ending.push(() => services.close());
  const tell = journal(log, metrics.tally);
  const assembly: Assembly = assemble({
    configuration,
    transport: house,
    dns: resolver,
    accounts,
    bindings,
    services: services.find,
    mayReach: reach.mayReach,
    tlsName: () => tlsName,
    keys: { nonce: keyFile(home, 'nonce'), flowToken: keyFile(home, 'flow-token') },
    observe: (event) => {
      // A phone that has proved who it is may be silent as long as it likes.
      if (event.kind === 'answered' && event.status === 200 && event.request.method === 'REGISTER')
        transport.keep(event.flow);
      tell(event);
    },
  });
  assembly.domains.setDomains(store.domains());
  listen(transport, assembly, reach, configuration, turn.advertised);
  const { provider } = assembly;
  const driver = drive(
    { deadline: () => provider.deadline(), expire: guarded(log, (now) => provider.expire(now)) },
    nodeClock,
  );
  started = { assembly, driver, queueDelayMs: () => transport.queueDelayMs };
  ending.push(() => {
    driver.stop();
    assembly.provider.close();
  });
  accounts.watch();
  metrics.watch({
    bindings: () => assembly.location.size,
    accounts: () => store.count(),
    transactions: () => assembly.provider.transactionCount,
    presence: () => assembly.presence.counts,
    storeBacklog: () => bindings.backlog,
    connections: () => transport.connections,
    serviceCalls: () => services.calls,
  });
  metrics.watchTurn(turn.service);
  ending.push(
    everyMs(LOOK_MS, () => {
      const { delayMs, isMeasured } = transport.lookAtQueue();
      assembly.overload.observe(delayMs, nodeClock.now(), isMeasured);
    }),
  );
  ending.push(
    watchCertificate(
      configuration,
      certificate,
      (renewed) => {
        try {
          transport.reloadCertificates(renewed);
          tlsName = provenName(configuration, renewed);
          turn.service.reloadCertificates(renewed);
          log.info({ event: 'certificate', file: configuration.tls.certificate });
        } catch (error) {
          warn('certificate')(error instanceof Error ? error.message : String(error));
        }
      },
      warn('certificate'),
    ),
  );
  ending.push(() => services.leave());
  ending.push(() => health.stopping());
  return {
    domain,
    accounts: store.count(domain.domain.name),
    listeners: transport.listeners,
    turnListeners: turn.service.listeners,
    tlsName,
    services: services.names.filter((name) => accounts.byAddress(name, domain.domain.name) === undefined),
  };
};

/** Tells the provider where it is: wildcards stand for the addresses of the machine at present. */
const listen = (
  transport: SipTransport,
  { domains }: Assembly,
  reach: Reach,
  { names }: Configuration,
  advertise: string | undefined,
): void => {
  const ports = new Set(transport.listeners.map(({ port }) => port));
  const bound: SocketAddress[] = [];
  for (const { address, port } of transport.listeners) {
    if (address !== '0.0.0.0' && address !== '::') bound.push({ address, port });
    else for (const own of transport.addresses) bound.push({ address: own, port });
  }
  if (advertise !== undefined) for (const port of ports) bound.push({ address: bareHost(advertise), port });
  domains.setListeners({ addresses: [...bound, HOUSE], names });
  reach.setOwn(
    ownAddresses(advertise),
    bound.map(({ address }) => address),
  );
};

const certificateNames = (
  { advertise, names, hosts }: Configuration,
  domains: readonly Domain[],
): readonly string[] => [
  ...domains.map(({ name }) => name),
  ...names,
  ...(advertise === undefined ? [] : [advertise]),
  ...hosts.filter((host) => host !== '0.0.0.0' && host !== '::'),
  'localhost',
];
