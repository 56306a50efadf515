/**
 * What registrations and calls cost the provider itself, without sockets, threads, log and database: the messages of the load
 * generators go through `net`'s reading and writing of datagrams, the time is virtual, and only what the provider does is counted.
 * For comparing one change with another: the figure hardly moves with the machine's other work.
 *
 *     node bench/in-memory.ts [--work registrations,calls,refusals] [--seconds 5]
 */
import { parseArgs } from 'node:util';
import { nodeHashes, nodeRandom, nodeText } from '@ringdown/net';
import {
  Authenticator,
  Domains,
  defaultRegistrarOptions,
  defaultScreeningLimits,
  FailureThrottle,
  FloodLimit,
  FlowTokens,
  Location,
  MemoryAccountStore,
  MemoryBindingStore,
  NonceCounts,
  Nonces,
  Overload,
  Provider,
  pipelines,
  Registrar,
  Routing,
  Screening,
} from '@ringdown/provider';
import { instant, TimingWheel, wallTime } from '@ringdown/sans-io';
import { computeHa1, isMalformed, type SocketAddress, type Transport } from '@ringdown/sip';
import { Datagrams } from '../packages/net/src/udp/datagrams.ts';
import { UdpFlow } from '../packages/net/src/udp/udp-flow.ts';
import type { UdpPort } from '../packages/net/src/udp/udp-port.ts';
import { messageBytes } from '../packages/net/src/wire.ts';
import { DOMAIN, FIRST_CALLEE, PAIRS, PASSWORD, USERS, userName } from './accounts.ts';
import { calls as calling, type Exchange, registrations as registering } from './load/in-memory.ts';

/** Pieces of work that are under way together, as in a closed loop. */
const TOGETHER = 64;
/** Virtual time goes on as if so many pieces were carried each second: so many transactions wait for their timers. */
const PER_SECOND = { registrations: 12_000, calls: 3_000, refusals: 30_000 };

let nowMs = 1_000;
const clock = { now: () => instant(nowMs), wallTime: () => wallTime(1_790_000_000_000 + nowMs) };
const local: SocketAddress = { address: '127.0.0.1', port: 5060 };
const outbox: { bytes: Buffer; remote: SocketAddress }[] = [];
const port: UdpPort = {
  local,
  open: true,
  buffers: undefined,
  send: (bytes, remote) => void outbox.push({ bytes, remote }),
  close: () => Promise.resolve(),
};
const advertise = (): SocketAddress => local;
const flowTo = (remote: SocketAddress): UdpFlow => new UdpFlow(port, remote, advertise);
const transport: Transport = {
  send: (flow, message) => {
    port.send(messageBytes(message), flow.remote);
    return true;
  },
  flowTo,
  keepAlive: () => undefined,
  flowOf: (key) => {
    const [, , , address = '', number] = key.split(' ');
    return flowTo({ address, port: Number(number) });
  },
};

/** Refuses every first request while it is on. */
const overload = {
  isStrained: false,
  turnsAway: () => true,
  refusal: [['Retry-After', '5']] as const,
};

function assemble(): Datagrams {
  const accounts = new MemoryAccountStore();
  const domain = accounts.addDomain({ name: DOMAIN, realm: DOMAIN, algorithms: ['MD5'] });
  for (let index = 0; index < USERS + PAIRS; index += 1) {
    const username = userName(index);
    const ha1 = computeHa1(nodeHashes, nodeText, username, domain.realm, PASSWORD);
    if (isMalformed(ha1)) throw new Error(ha1.why);
    accounts.add(DOMAIN, { username, authUsername: username, displayName: undefined, ha1 });
  }
  const domains = new Domains();
  domains.setDomains(accounts.domains());
  domains.setListeners({ addresses: [local], names: [] });
  const location = new Location(new MemoryBindingStore(), clock.wallTime());
  const key = nodeRandom.bytes(32);
  const flood = new FloodLimit({ answersPerSecond: 1e9, burst: 1e9 });
  const handle = pipelines({
    domains,
    screening: new Screening(domains, defaultScreeningLimits),
    authenticator: new Authenticator({
      hashes: nodeHashes,
      text: nodeText,
      random: nodeRandom,
      accounts,
      domains,
      nonces: new Nonces({ hashes: nodeHashes, random: nodeRandom }, key),
      counts: new NonceCounts(),
      throttle: new FailureThrottle(),
      flood,
      hasLiveRegistration: (address) => location.hasAddress(address),
    }),
    registrar: new Registrar(location, nodeText, domains, defaultRegistrarOptions),
    routing: new Routing(location, accounts, domains),
    presence: { publish: () => undefined, subscribe: () => undefined },
    admit: new Overload().admit,
    flood,
  });
  provider = new Provider(
    {
      wheel: new TimingWheel(clock.now(), { tickMs: 10 }),
      transport,
      dns: { query: () => undefined },
      mayReach: () => true,
      trusts: () => false,
      clock,
      random: nodeRandom,
      domains,
      location,
      tokens: new FlowTokens(nodeHashes, key),
      flood,
      overload,
      handle,
      observe: () => undefined,
    },
    { transports: ['udp'] },
  );
  return new Datagrams({ advertise, stun: undefined, report: undefined }, provider);
}

let provider: Provider;
const datagrams = assemble();
let countedNs = 0n;

/** Hands the provider what the phones sent, and them what it sends, until nobody says anything more. Counts the provider only. */
function settle(exchange: Exchange, sent: { text: string; port: number }[]): void {
  while (sent.length > 0) {
    const received = sent.map(({ text, port: from }) => ({
      bytes: Buffer.from(text, 'latin1'),
      remote: { address: '127.0.0.1', port: from },
    }));
    const began = process.hrtime.bigint();
    for (const { bytes, remote } of received) datagrams.receive(port, bytes, remote);
    provider.expire(clock.now());
    countedNs += process.hrtime.bigint() - began;
    sent = outbox.splice(0).flatMap(({ bytes }) => exchange.answer(bytes.toString('latin1')));
  }
}

function run(exchange: Exchange, seconds: number, perSecond: number): void {
  for (const phase of ['warm-up', 'counted'] as const) {
    const before = exchange.succeeded;
    const cpu = process.cpuUsage();
    countedNs = 0n;
    const rounds: number[] = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const own = countedNs;
      settle(
        exchange,
        Array.from({ length: TOGETHER }, () => exchange.start()),
      );
      nowMs += (TOGETHER * 1000) / perSecond;
      rounds.push(Number(countedNs - own) / 1000 / TOGETHER);
    }
    if (phase === 'warm-up') continue;
    const pieces = exchange.succeeded - before;
    const { user, system } = process.cpuUsage(cpu);
    rounds.sort((left, right) => left - right);
    console.log(
      `${exchange.name}: ${(Number(countedNs) / 1000 / pieces).toFixed(1)} µs each, median ${rounds[rounds.length >> 1]!.toFixed(1)}, ` +
        `best tenth ${rounds[Math.floor(rounds.length / 10)]!.toFixed(1)}; with the phones ${((user + system) / pieces).toFixed(1)} µs of CPU; ` +
        `${pieces} pieces, ${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MiB of heap`,
    );
  }
}

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'registrations,calls,refusals' },
    seconds: { type: 'string', default: '5' },
  },
});
const seconds = Number(values.seconds);
const work = values.work.split(',');
if (work.includes('registrations')) run(registering(0, USERS), seconds, PER_SECOND.registrations);
if (work.includes('calls')) {
  const callees = registering(FIRST_CALLEE, PAIRS);
  for (let index = 0; index < PAIRS; index += 1) settle(callees, [callees.start()]);
  run(calling(), seconds, PER_SECOND.calls);
}
if (work.includes('refusals')) {
  overload.isStrained = true;
  run(calling('refusal'), seconds, PER_SECOND.refusals);
}
