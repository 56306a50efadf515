// A server and a client in a simulated network: the client gets a relay, and a peer hears it from there.
import { nodeHashes } from '@ringdown/net/ports';
import { simulate } from '@ringdown/simulator';
import { longTermKey } from '@ringdown/stun';
import { createTurnClient, TurnServer } from '@ringdown/turn';

const world = simulate({ seed: 1 });
const [host, phone, peer] = ['server', 'phone', 'peer'].map((name) => world.host(name));
const { clock, timers, random } = world;
const credential = { username: 'alice', realm: 'example.org', password: 'secret' };
const alice = { name: 'alice', keys: { MD5: longTermKey('MD5', credential, nodeHashes) } };

const server = new TurnServer(
  { realm: 'example.org', relayAddresses: [{ address: host.address }], allowedPeers: ['203.0.113.0/24'] },
  {
    ...{ clock, timers, random, hashes: nodeHashes, relays: host.sockets },
    credentials: { find: (name) => (name === 'alice' ? alice : undefined) },
  },
);
let socket;
host.sockets.openUdp(
  { address: host.address, port: 3478 },
  {
    opened: (opened) => {
      socket = opened;
    },
    failed: console.error,
    received: (bytes, remote) => {
      const send = (answer) => socket.send(answer, remote);
      server.received({ transport: 'udp', local: socket.local, remote, send, close() {} }, bytes);
    },
  },
);
let heard;
peer.sockets.openUdp(
  { address: peer.address, port: 5004 },
  {
    opened() {},
    failed: console.error,
    received: (bytes, from) => {
      heard = `${new TextDecoder().decode(bytes)} from ${from.address === host.address ? 'the relay' : 'elsewhere'}`;
    },
  },
);
const client = createTurnClient(
  {
    server: { address: host.address, port: 3478, transport: 'udp' },
    credentials: { username: 'alice', password: 'secret' },
  },
  {
    ...{ sockets: phone.sockets, timers, random, hashes: nodeHashes },
    deliver: (output) => {
      if (output.kind === 'allocated') console.log(`${output.allocation.relayed.length} relay`);
    },
  },
);
client.allocate();
await world.run({ until: () => client.state === 'allocated', withinMs: 2_000 });
client.send(new TextEncoder().encode('hello'), { address: peer.address, port: 5004 });
await world.run({ until: () => heard !== undefined, withinMs: 2_000 });
console.log(heard);
// prints: 1 relay
// prints: hello from the relay
