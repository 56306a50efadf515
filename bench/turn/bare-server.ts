/**
 * The TURN server of `@ringdown/turn` on the kernel's own calls, without the sockets of any runtime: what the protocol machine costs
 * by itself, and what an addon, or a loop of its own, would give. For the bench only: it knows one user, IPv4 and UDP. Runs under Bun.
 *
 *     bun bench/turn/bare-server.ts 3478
 */
import { nodeClock, nodeHashes, nodeRandom } from '@ringdown/net/ports';
import { type SocketAddress, TimingWheel } from '@ringdown/sans-io';
import { longTermKey } from '@ringdown/stun';
import { type RelaySockets, type TurnClientPath, TurnServer } from '@ringdown/turn';
import { DOMAIN, PASSWORD, userName } from '../accounts.ts';
import { Batch } from './load/batch.ts';
import { libc } from './load/libc.ts';
import { sockaddr } from './load/socket-address.ts';
import { openUdp, Readable } from './load/sockets.ts';

const ADDRESS = '127.0.0.1';
const TICK_MS = 50;

type Receive = (bytes: Uint8Array, from: Remote) => void;

const readable = new Readable();
const incoming = new Batch(32);
const outgoing = new Batch(64);
const sockets: { readonly fd: number; readonly receive: Receive }[] = [];

/** Somebody's address, once for all of its datagrams. */
class Remote implements TurnClientPath {
  readonly transport = 'udp';
  readonly remote: SocketAddress;
  readonly name: Uint8Array;

  constructor(remote: SocketAddress, name: Uint8Array) {
    this.remote = remote;
    this.name = name;
  }

  get local(): SocketAddress {
    return main.local;
  }

  send(bytes: Uint8Array): void {
    outgoing.add(main.fd, bytes, this.name);
  }

  close(): void {}
}

const remotes = new Map<number, Remote>();
const remoteOf = (name: Uint8Array): Remote => {
  const view = new DataView(name.buffer, name.byteOffset);
  const key = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  let remote = remotes.get(key);
  if (remote === undefined) {
    remote = new Remote({ address: name.slice(4, 8).join('.'), port: view.getUint16(2) }, name.slice());
    remotes.set(key, remote);
  }
  return remote;
};

/** Peers are few here: each is sent to by its one object. */
const names = new WeakMap<SocketAddress, Uint8Array>();
const nameOf = (to: SocketAddress): Uint8Array => {
  let name = names.get(to);
  if (name === undefined) {
    name = sockaddr(to);
    names.set(to, name);
  }
  return name;
};

const listen = (address: string, port: number, receive: Receive) => {
  const opened = openUdp(address, port);
  readable.watch(opened.fd, sockets.length);
  sockets.push({ fd: opened.fd, receive });
  return opened;
};

/** What is told after the call has returned. */
const later: (() => void)[] = [];
const relays: RelaySockets = {
  openUdp: ({ address, port }, user) =>
    later.push(() => {
      let opened: ReturnType<typeof listen>;
      try {
        opened = listen(address, port ?? 0, (bytes, from) => user.received(bytes, from.remote));
      } catch (error) {
        user.failed((error as Error).message);
        return;
      }
      const { fd, local } = opened;
      user.opened({
        local,
        send: (bytes, to) => void outgoing.add(fd, bytes, nameOf(to)),
        close: () => void libc.close(fd),
      });
    }),
};

const wheel = new TimingWheel(nodeClock.now(), { tickMs: TICK_MS });
const user = userName(0);
const key = longTermKey('MD5', { username: user, realm: DOMAIN, password: PASSWORD }, nodeHashes);
const known = { name: user, keys: { MD5: key, 'SHA-256': key } };
const NO_LIMIT = 1_000_000_000;
const server = new TurnServer(
  {
    realm: DOMAIN,
    relayAddresses: [{ address: ADDRESS }],
    allowedPeers: ['127.0.0.0/8'],
    usernameAnonymity: false,
    limits: {
      allocations: NO_LIMIT,
      allocationsPerUser: NO_LIMIT,
      allocationsPerAddress: NO_LIMIT,
      bitsPerSecond: NO_LIMIT * 1_000,
      packetsPerSecond: NO_LIMIT,
    },
  },
  {
    clock: nodeClock,
    timers: wheel,
    random: nodeRandom,
    hashes: nodeHashes,
    credentials: { find: (name) => (name === user ? known : undefined) },
    relays,
  },
);
const main = listen(ADDRESS, Number(process.argv[2]), (bytes, from) => server.received(from, bytes));

const read = (index: number): void => {
  const { fd, receive } = sockets[index]!;
  const got = incoming.receive(fd);
  for (let slot = 0; slot < got; slot += 1) {
    const at = incoming.at(slot);
    receive(incoming.data.subarray(at, at + incoming.lengthOf(slot)), remoteOf(incoming.nameOf(slot)));
  }
};

// Ends by a signal; no event loop runs.
for (;;) {
  readable.each(read, TICK_MS);
  for (const tell of later.splice(0)) tell();
  outgoing.flush();
  wheel.expire(nodeClock.now());
}
