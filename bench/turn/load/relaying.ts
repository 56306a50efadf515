/**
 * Clients and their peers, both ways through one server, or straight to each other; prints one line of JSON. Runs under Bun.
 *
 *     bun bench/turn/load/relaying.ts --framing channels --server-port 3478 --server-pid 123 --per-second 20000
 *     bun bench/turn/load/relaying.ts --framing direct --per-second 20000
 *     bun bench/turn/load/relaying.ts --framing indications --server-port 3478 --server-pid 123 --window 4
 *
 * With `--per-second` it sends at that rate, come what may; with `--window` every flow always has so many packets under way.
 */
import { parseArgs } from 'node:util';
import type { SocketAddress } from '@ringdown/sans-io';
import { Batch } from './batch.ts';
import { count, quantile } from './counted.ts';
import {
  bare,
  dataIn,
  type Framing,
  flowOf,
  numberOf,
  stamp,
  type Template,
  template,
  timeOf,
} from './payload.ts';
import { Asker, openRelay } from './session.ts';
import { hostOf, sockaddr } from './socket-address.ts';
import { openUdp, Readable } from './sockets.ts';

const { values } = parseArgs({
  options: {
    framing: { type: 'string', default: 'channels' },
    'server-port': { type: 'string', default: '0' },
    'server-pid': { type: 'string', default: '0' },
    clients: { type: 'string', default: '200' },
    'per-second': { type: 'string' },
    window: { type: 'string' },
    'warm-up-ms': { type: 'string', default: '1000' },
    'count-ms': { type: 'string', default: '2000' },
  },
});
const framing = values.framing as Framing;
const perSecond = values['per-second'] === undefined ? undefined : Number(values['per-second']);
const window = Number(values.window ?? '0');
const clients = Number(values.clients);

/** Another one each time: what the load before has left behind at a port of a host is not ours. */
const CLIENT_NETWORK = 16 + (process.pid % 200);
const PEER_NETWORK = 2;
/** As many hosts as peers are at; each has one socket. */
const PEERS = 8;
const BATCH = 64;
/** At most so many are sent before answers are read again. */
const BURST = 64;
const FIRST_CHANNEL = 0x4000;
/** In a closed loop what has not come by then is lost, and another takes its place. */
const LOST_MS = 400;
const LINGER_MS = 400;
/** Times that are kept. */
const MOST_TIMES = 2_000_000;

/** One direction between one client and its peer. */
interface Flow {
  readonly fd: number;
  readonly template: Template;
  readonly to: Uint8Array;
  sent: number;
  /** Numbers from here on are counted. */
  countedFrom: number;
  received: number;
  underWay: number;
  heardAt: number;
}

const peers = Array.from({ length: PEERS }, (_, index) => openUdp(hostOf(PEER_NETWORK, index + 1)));
const server: SocketAddress = { address: '127.0.0.1', port: Number(values['server-port']) };
const asker = new Asker(sockaddr(server));
const readable = new Readable();
const fds: number[] = [];

const watch = (fd: number): void => {
  readable.watch(fd, fds.length);
  fds.push(fd);
};

const flow = (fd: number, what: Template, to: SocketAddress): Flow => ({
  fd,
  template: what,
  to: sockaddr(to),
  sent: 0,
  countedFrom: 0,
  received: 0,
  underWay: 0,
  heardAt: 0,
});

/** Even ones go to peers, odd ones come from them. */
const flows: Flow[] = [];
for (const peer of peers) watch(peer.fd);
for (let index = 0; index < clients; index += 1) {
  const peer = peers[index % PEERS]!;
  const client = openUdp(hostOf(CLIENT_NETWORK, index + 1));
  const channel = FIRST_CHANNEL + (index % 0x1000);
  const relayed =
    framing === 'direct'
      ? client.local
      : openRelay(asker, client.fd, peer.local, framing === 'channels' ? channel : undefined);
  watch(client.fd);
  flows.push(
    flow(client.fd, template(framing, channel, peer.local), framing === 'direct' ? peer.local : server),
    flow(peer.fd, bare(), relayed),
  );
}
/** In the order of their sockets, so that one call sends for all flows of a peer. */
const bySocket = [...flows.keys()].sort((a, b) => flows[a]!.fd - flows[b]!.fd || a - b);

const incoming = new Batch(BATCH);
const outgoing = new Batch(BATCH);
const times = [new Float64Array(MOST_TIMES), new Float64Array(MOST_TIMES)] as const;
const timed = [0, 0];
let counting = false;
let receivedInTime = 0;

const send = (number: number, now: number): void => {
  const one = flows[number]!;
  const at = outgoing.add(one.fd, one.template.message, one.to);
  stamp(outgoing.view, at + one.template.dataAt, number, one.sent, now);
  one.sent += 1;
  one.underWay += 1;
};

const take = (slot: number, now: number): void => {
  const at = dataIn(incoming.data, incoming.at(slot), incoming.lengthOf(slot));
  if (at < 0) return;
  const number = flowOf(incoming.view, at);
  const one = flows[number]!;
  one.underWay = Math.max(0, one.underWay - 1);
  one.heardAt = now;
  if (numberOf(incoming.view, at) < one.countedFrom) return;
  one.received += 1;
  if (!counting) return;
  receivedInTime += 1;
  const way = number & 1;
  if (timed[way]! < MOST_TIMES) times[way]![timed[way]!++] = now - timeOf(incoming.view, at);
};

const read = (index: number): void => {
  const fd = fds[index]!;
  for (;;) {
    const got = incoming.receive(fd);
    const now = performance.now();
    for (let slot = 0; slot < got; slot += 1) take(slot, now);
    if (got < BATCH) return;
  }
};

let next = 0;
const paced = (sinceMs: number, rate: number): void => {
  const due = Math.min(BURST, Math.floor((sinceMs * rate) / 1000) - next);
  for (let index = 0; index < due; index += 1) {
    // Flow after flow, but not the two of a client one after the other.
    send((next * 2 + Math.floor(next / clients)) % flows.length, performance.now());
    next += 1;
  }
  outgoing.flush();
};

let lostInLoop = 0;
const closed = (now: number): void => {
  for (const number of bySocket) {
    const one = flows[number]!;
    if (one.underWay > 0 && now - one.heardAt > LOST_MS) {
      if (counting) lostInLoop += one.underWay;
      one.underWay = 0;
      one.heardAt = now;
    }
    while (one.underWay < window) send(number, now);
  }
  outgoing.flush();
};

const reset = (): void => {
  for (const one of flows) {
    one.countedFrom = one.sent;
    one.received = 0;
  }
  counting = true;
};

const begin = performance.now();
const countFrom = begin + Number(values['warm-up-ms']);
const end = countFrom + Number(values['count-ms']);
for (const one of flows) one.heardAt = begin;
let counted = count(Number(values['server-pid']));
for (let now = begin; now < end; now = performance.now()) {
  if (!counting && now >= countFrom) {
    reset();
    counted = count(Number(values['server-pid']));
  }
  if (perSecond === undefined) closed(now);
  else paced(now - begin, perSecond);
  readable.each(read);
}
const sample = counted();
counting = false;
const sentInTime = flows.reduce((sum, { sent, countedFrom }) => sum + sent - countedFrom, 0);
const linger = performance.now() + LINGER_MS;
while (performance.now() < linger) readable.each(read, 20);

const [up, down] = times.map((all, way) => all.subarray(0, timed[way]).sort());
console.log(
  JSON.stringify({
    ...sample,
    sent: sentInTime,
    carried: receivedInTime,
    lost:
      perSecond === undefined
        ? lostInLoop
        : sentInTime - flows.reduce((sum, { received }) => sum + received, 0),
    toPeerMs: { p50: quantile(up!, 0.5), p99: quantile(up!, 0.99) },
    fromPeerMs: { p50: quantile(down!, 0.5), p99: quantile(down!, 0.99) },
  }),
);
process.exit(0);
