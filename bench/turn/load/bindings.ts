/**
 * STUN Binding requests (RFC 8489) from many clients; prints one line of JSON. Runs under Bun.
 *
 *     bun bench/turn/load/bindings.ts --server-port 3478 --server-pid 123 --window 8
 */
import { parseArgs } from 'node:util';
import { Batch } from './batch.ts';
import { count } from './counted.ts';
import { answerTo, binding } from './requests.ts';
import { hostOf, sockaddr } from './socket-address.ts';
import { openUdp, Readable } from './sockets.ts';

const { values } = parseArgs({
  options: {
    'server-port': { type: 'string' },
    'server-pid': { type: 'string' },
    clients: { type: 'string', default: '64' },
    'per-second': { type: 'string' },
    window: { type: 'string', default: '8' },
    'warm-up-ms': { type: 'string', default: '1000' },
    'count-ms': { type: 'string', default: '2000' },
  },
});
const CLIENT_NETWORK = 4;
const BATCH = 32;
const BURST = 64;
const LOST_MS = 400;
const LINGER_MS = 300;

interface Client {
  readonly fd: number;
  readonly request: Uint8Array;
  underWay: number;
  heardAt: number;
}

const perSecond = values['per-second'] === undefined ? undefined : Number(values['per-second']);
const most = Number(values.window);
const server = sockaddr({ address: '127.0.0.1', port: Number(values['server-port']) });
const readable = new Readable();
const incoming = new Batch(BATCH);
const outgoing = new Batch(BATCH);
const clients = Array.from({ length: Number(values.clients) }, (_, index): Client => {
  const { fd } = openUdp(hostOf(CLIENT_NETWORK, index + 1));
  readable.watch(fd, index);
  return { fd, request: binding(), underWay: 0, heardAt: performance.now() };
});

let counting = false;
let sent = 0;
let answered = 0;
let lost = 0;
let wrong = 0;

const send = (client: Client): void => {
  outgoing.add(client.fd, client.request, server);
  client.underWay += 1;
  if (counting) sent += 1;
};

const read = (index: number): void => {
  const client = clients[index]!;
  const got = incoming.receive(client.fd);
  for (let slot = 0; slot < got; slot += 1) {
    const at = incoming.at(slot);
    // A success response; one of the first is looked at as a whole.
    const isSuccess = incoming.data[at] === 0x01 && incoming.data[at + 1] === 0x01;
    if (!isSuccess || (answered === 0 && !isAnswer(client, slot))) wrong += 1;
    answered += 1;
    client.underWay = Math.max(0, client.underWay - 1);
  }
  client.heardAt = performance.now();
};

const isAnswer = (client: Client, slot: number): boolean => {
  const at = incoming.at(slot);
  const bytes = incoming.data.slice(at, at + incoming.lengthOf(slot));
  return answerTo(client.request, bytes)?.kind === 'success';
};

const keepFull = (now: number): void => {
  for (const client of clients) {
    if (client.underWay > 0 && now - client.heardAt > LOST_MS) {
      lost += client.underWay;
      client.underWay = 0;
      client.heardAt = now;
    }
    while (client.underWay < most) send(client);
  }
};

let next = 0;
const paced = (sinceMs: number, rate: number): void => {
  const due = Math.min(BURST, Math.floor((sinceMs * rate) / 1000) - next);
  for (let index = 0; index < due; index += 1) {
    send(clients[next % clients.length]!);
    next += 1;
  }
};

const begin = performance.now();
const countFrom = begin + Number(values['warm-up-ms']);
const end = countFrom + Number(values['count-ms']);
let counted = count(Number(values['server-pid']));
for (let now = begin; now < end; now = performance.now()) {
  if (!counting && now >= countFrom) {
    counting = true;
    answered = 0;
    lost = 0;
    counted = count(Number(values['server-pid']));
  }
  if (perSecond === undefined) keepFull(now);
  else paced(now - begin, perSecond);
  outgoing.flush();
  readable.each(read);
}
const sample = counted();
const carried = answered;
const linger = performance.now() + LINGER_MS;
while (performance.now() < linger) readable.each(read, 20);
if (wrong > 0) throw new Error(`${wrong} answers were no success responses`);
console.log(
  JSON.stringify({
    ...sample,
    sent,
    carried,
    lost: perSecond === undefined ? lost : Math.max(0, sent - answered),
  }),
);
process.exit(0);
