/**
 * Allocations with a long-term credential; prints one line of JSON. Runs under Bun.
 *
 * Without `--keep` they come and go: Allocate 401, Allocate 200, Refresh of lifetime 0, each from another host, so many at a time.
 * With `--keep N` it makes N, each with a channel, says so in a line, and holds them until its input ends.
 *
 *     bun bench/turn/load/allocations.ts --server-port 3478 --server-pid 123 --window 16
 *     bun bench/turn/load/allocations.ts --server-port 3478 --keep 2000
 */
import { parseArgs } from 'node:util';
import { Batch } from './batch.ts';
import { count } from './counted.ts';
import { libc } from './libc.ts';
import { allocate, allocateUnsigned, answerTo, release } from './requests.ts';
import { Asker, openRelay } from './session.ts';
import { hostOf, sockaddr } from './socket-address.ts';
import { openUdp, Readable } from './sockets.ts';

const { values } = parseArgs({
  options: {
    'server-port': { type: 'string' },
    'server-pid': { type: 'string', default: '0' },
    window: { type: 'string', default: '16' },
    keep: { type: 'string' },
    'first-host': { type: 'string', default: '0' },
    'warm-up-ms': { type: 'string', default: '1000' },
    'count-ms': { type: 'string', default: '2000' },
  },
});
const COMING_NETWORK = 5;
const STAYING_NETWORK = 6;
const PEER = { address: '127.2.0.1', port: 9 };
const GIVE_UP_MS = 1_000;
const server = sockaddr({ address: '127.0.0.1', port: Number(values['server-port']) });

if (values.keep !== undefined) {
  const asker = new Asker(server);
  const first = Number(values['first-host']);
  for (let index = 0; index < Number(values.keep); index += 1)
    openRelay(asker, openUdp(hostOf(STAYING_NETWORK, first + index)).fd, PEER, 0x4000);
  console.log('made');
  process.stdin.on('end', () => process.exit(0)).resume();
} else comeAndGo();

/** One allocation on its way: what was asked last. */
interface Coming {
  readonly fd: number;
  readonly startedAt: number;
  step: 'first' | 'signed' | 'release';
  asked: Uint8Array;
  nonce: string;
}

function comeAndGo(): void {
  const readable = new Readable();
  const incoming = new Batch(4);
  const outgoing = new Batch(4);
  const coming = new Map<number, Coming>();
  const refusals: Record<string, number> = {};
  let host = 0;
  let succeeded = 0;
  let lost = 0;

  const ask = (one: Coming, request: Uint8Array): void => {
    one.asked = request;
    outgoing.add(one.fd, request, server);
    outgoing.flush();
  };
  const start = (now: number): void => {
    host += 1;
    const { fd } = openUdp(hostOf(COMING_NETWORK, host & 0xffff));
    readable.watch(fd, fd);
    const one: Coming = { fd, startedAt: now, step: 'first', asked: new Uint8Array(0), nonce: '' };
    coming.set(fd, one);
    ask(one, allocateUnsigned());
  };
  const end = (one: Coming): void => {
    coming.delete(one.fd);
    libc.close(one.fd);
  };
  const read = (fd: number): void => {
    const one = coming.get(fd);
    if (one === undefined || incoming.receive(fd) === 0) return;
    // What is asked next keeps nothing of the batch: texts are copied out of it.
    const answer = answerTo(one.asked, incoming.data.slice(0, incoming.lengthOf(0)));
    if (answer === undefined) return;
    if (one.step === 'first' && answer.kind === 'refused' && answer.nonce !== undefined) {
      one.step = 'signed';
      one.nonce = answer.nonce;
      ask(one, allocate(one.nonce));
    } else if (one.step === 'signed' && answer.kind === 'success') {
      one.step = 'release';
      ask(one, release(one.nonce));
    } else {
      if (one.step === 'release' && answer.kind === 'success') succeeded += 1;
      else if (answer.kind === 'refused') refusals[answer.code] = (refusals[answer.code] ?? 0) + 1;
      end(one);
    }
  };

  const begin = performance.now();
  const countFrom = begin + Number(values['warm-up-ms']);
  const until = countFrom + Number(values['count-ms']);
  let counted: ReturnType<typeof count> | undefined;
  for (let now = begin; now < until; now = performance.now()) {
    if (counted === undefined && now >= countFrom) {
      succeeded = 0;
      lost = 0;
      counted = count(Number(values['server-pid']));
    }
    for (const one of coming.values()) {
      // Oldest first.
      if (now - one.startedAt < GIVE_UP_MS) break;
      lost += 1;
      end(one);
    }
    while (coming.size < Number(values.window)) start(now);
    readable.each(read);
  }
  console.log(JSON.stringify({ ...counted!(), sent: succeeded + lost, carried: succeeded, lost, refusals }));
  process.exit(0);
}
