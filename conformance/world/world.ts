import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import { type DnsAnswer, type DnsQuestion, type DnsRecord, type TransportName, Zone } from '@ringdown/sip';
import { MemoryAccountStore } from '../../packages/provider/src/accounts/memory-account-store.ts';
import { Domains } from '../../packages/provider/src/domains.ts';
import type { ProviderEvent } from '../../packages/provider/src/events.ts';
import type { Authenticator } from '../../packages/provider/src/identity/authenticate.ts';
import { owns } from '../../packages/provider/src/identity/ownership.ts';
import type { Incoming, Verdict } from '../../packages/provider/src/incoming.ts';
import type { StoredBinding } from '../../packages/provider/src/location/binding-store.ts';
import { Location } from '../../packages/provider/src/location/location.ts';
import { MemoryBindingStore } from '../../packages/provider/src/location/memory-binding-store.ts';
import { type PresenceHandlers, pipelines } from '../../packages/provider/src/pipelines.ts';
import { FloodLimit } from '../../packages/provider/src/policy/flood.ts';
import type { PendingLimits } from '../../packages/provider/src/policy/pending-relays.ts';
import { createPresence, defaultPresenceOptions } from '../../packages/provider/src/presence/presence.ts';
import { Provider, type ProviderParts } from '../../packages/provider/src/provider.ts';
import { FlowTokens } from '../../packages/provider/src/proxy/flow-token.ts';
import { Routing } from '../../packages/provider/src/proxy/routing.ts';
import { defaultRegistrarOptions, Registrar } from '../../packages/provider/src/registrar/registrar.ts';
import { defaultScreeningLimits, Screening } from '../../packages/provider/src/screening.ts';
import { testHashes, testText } from '../../tools/testing/hashes.ts';
import { believing } from './identity.ts';
import { Network, SERVER_ADDRESS } from './network.ts';
import { Phone, type PhoneOptions } from './phone.ts';

export interface WorldOptions {
  /** The provider's domains; the first is what its address stands for. */
  readonly domains?: readonly string[];
  readonly users?: readonly string[];
  /** What the DNS knows, or who answers for it. */
  readonly dns?: readonly DnsRecord[] | ((question: DnsQuestion) => DnsAnswer);
  /** Transports that the provider opens flows with, in its order of preference. */
  readonly transports?: readonly TransportName[];
  readonly authenticator?: Pick<Authenticator, 'authenticate'>;
  readonly pending?: Partial<PendingLimits>;
  /** What is turned away before anything is spent on it. */
  readonly admit?: (incoming: Incoming) => Incoming | Verdict;
  /** Where requests may be sent that no flow leads to. Default: everywhere. */
  readonly mayReach?: ProviderParts['mayReach'];
  /** Addresses whose word on who calls is believed. Default: none. */
  readonly trusts?: ProviderParts['trusts'];
  /** A name of the provider's that its certificate proves. */
  readonly tlsName?: string;
  /** Whether it knows who is there. Default: it does not. */
  readonly presence?: boolean;
  /** What is turned away before it is read. */
  readonly overload?: NonNullable<ProviderParts['overload']>;
}

const STARTS_AT = Date.UTC(2026, 0, 1);

/**
 * A provider in memory, and phones around it. Time moves only by {@link passes}; everything that is under way arrives at
 * once.
 *
 * @example
 * const world = new World({ users: ['alice', 'bob'] });
 * const alice = world.phone('alice');
 * const bob = world.phone('bob');
 * bob.registers();
 * const call = alice.calls('bob');
 * bob.takes('INVITE').answers(200);
 * call.statuses; // [200]
 */
export class World {
  readonly network = new Network();
  readonly events: ProviderEvent[] = [];
  readonly accounts = new MemoryAccountStore();
  readonly domains = new Domains();
  readonly location: Location;
  readonly tokens: FlowTokens;
  readonly provider: Provider;
  readonly domain: string;
  private readonly resolve: (question: DnsQuestion) => DnsAnswer | undefined;
  private registrationChanged: (aor: string) => void = () => undefined;
  private nowMs = 0;
  private hosts = 9;

  constructor(options: WorldOptions = {}) {
    const names = options.domains ?? ['home.example'];
    this.domain = names[0]!;
    for (const name of names) this.accounts.addDomain({ name, realm: name, algorithms: ['MD5'] });
    for (const user of options.users ?? []) this.addUser(user);
    this.domains.setDomains(this.accounts.domains());
    const addresses = [5060, 5061].map((port) => ({ address: SERVER_ADDRESS, port }));
    this.domains.setListeners({ addresses, names: options.tlsName === undefined ? [] : [options.tlsName] });
    const { dns = [] } = options;
    const zone = typeof dns === 'function' ? undefined : new Zone(dns);
    this.resolve = typeof dns === 'function' ? dns : (question) => zone!.answer(question);
    this.location = new Location(new MemoryBindingStore(), wallTime(STARTS_AT), (aor) =>
      this.registrationChanged(aor),
    );
    this.tokens = new FlowTokens(testHashes, new Uint8Array(32).fill(7));
    this.provider = this.assemble(options);
    this.network.attach(this.provider);
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.nowMs;
  }

  addUser(username: string, domain = this.domain): void {
    const ha1 = { MD5: '', 'SHA-256': '', 'SHA-512-256': '' };
    this.accounts.add(domain, { username, authUsername: username, displayName: undefined, ha1 });
  }

  /** A new phone, at an address of its own. */
  phone(user: string, options: PhoneOptions = {}): Phone {
    return new Phone(this, user, { address: `198.51.100.${++this.hosts}`, ...options });
  }

  /** Lets time pass: timers fire when they are due, and what they send arrives. */
  passes(milliseconds: number): void {
    this.network.settle();
    const end = this.nowMs + milliseconds;
    for (;;) {
      const deadline = this.provider.deadline();
      if (deadline === undefined || deadline > end) break;
      this.nowMs = Math.max(this.nowMs, deadline);
      this.provider.expire(instant(this.nowMs));
      this.network.settle();
    }
    this.nowMs = end;
  }

  /** Where a user of the first domain is registered. */
  bindingsOf(username: string): readonly StoredBinding[] {
    return this.location.find(`${username}@${this.domain}`, wallTime(STARTS_AT + this.nowMs));
  }

  /** The reasons that the provider gave for what it refused or threw away. */
  get reasons(): string[] {
    return this.events.flatMap((event) => ('why' in event && event.why !== undefined ? [event.why] : []));
  }

  private assemble({
    transports = ['udp', 'tcp', 'tls'],
    authenticator,
    admit,
    overload,
    pending,
    mayReach = () => true,
    trusts = () => false,
    tlsName,
    presence = false,
  }: WorldOptions): Provider {
    const { domains, accounts, location, tokens } = this;
    const flood = new FloodLimit();
    const wheel = new TimingWheel(instant(0), { tickMs: 10 });
    const handle = pipelines({
      domains,
      screening: new Screening(domains, defaultScreeningLimits),
      authenticator: authenticator ?? believing(accounts),
      registrar: new Registrar(location, testText, domains, defaultRegistrarOptions),
      routing: new Routing(location, accounts, domains),
      presence: presence ? this.presence(wheel) : { publish: () => undefined, subscribe: () => undefined },
      admit: admit ?? ((incoming) => incoming),
      flood,
    });
    return new Provider(
      {
        wheel,
        transport: this.network,
        dns: { query: (question) => this.network.later(() => this.answer(question)) },
        clock: { now: () => instant(this.nowMs), wallTime: () => wallTime(STARTS_AT + this.nowMs) },
        random: seededRandom(1),
        domains,
        location,
        tokens,
        flood,
        mayReach,
        trusts,
        tlsName: () => tlsName,
        ...(overload && { overload }),
        handle,
        observe: (event) => this.events.push(event),
      },
      { transports, ...(pending && { pending }) },
    );
  }

  private presence(timers: TimingWheel): PresenceHandlers {
    const presence = createPresence(defaultPresenceOptions, {
      timers,
      random: seededRandom(2),
      text: testText,
      accounts: this.accounts,
      owns: (account, uri) => owns(this.domains, account, uri),
      bindings: (aor) => this.location.find(aor, wallTime(STARTS_AT + this.nowMs)),
      isOpen: (flow) => this.network.flowOf(flow)?.open === true,
      request: (request, flow, done) => this.provider.request(request, flow, done),
    });
    this.registrationChanged = (aor) => presence.registrationChanged(aor);
    return presence;
  }

  private answer(question: DnsQuestion): void {
    const answer = this.resolve(question) ?? { kind: 'failed', failure: 'no such name' };
    this.provider.dnsAnswered(question.id, answer);
  }
}
