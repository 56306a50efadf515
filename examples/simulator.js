// Two phones behind NATs write to the addresses that a server saw: one pair of NATs lets them through, one does not.
import { endpointText, simulate } from '@ringdown/simulator';

const opened = (host, options, received = () => {}) =>
  new Promise((resolve, reject) => {
    host.sockets.openUdp(
      { address: host.address, ...options },
      { opened: resolve, failed: reject, received },
    );
  });

const meet = async (nat, otherNat) => {
  const world = simulate({ seed: 42 });
  const server = world.host('server');
  const seen = new Map();
  const heard = [];
  const play = async () => {
    await opened(server, { port: 3478 }, (bytes, from) => seen.set(bytes[0], from));
    const alice = world.host('alice', { nat, link: { latencyMs: 20 } });
    const bob = world.host('bob', { nat: otherNat, link: { latencyMs: 80 } });
    const sockets = [
      await opened(alice, {}, (_, from) => heard.push(`alice hears ${endpointText(from)}`)),
      await opened(bob, {}, (_, from) => heard.push(`bob hears ${endpointText(from)}`)),
    ];
    sockets.forEach((socket, index) => {
      socket.send(Uint8Array.of(index), { address: server.address, port: 3478 });
    });
    return sockets;
  };
  const playing = play();
  await world.run({ until: () => seen.size === 2, withinMs: 1000 });
  const sockets = await playing;
  for (let round = 0; round < 2; round++) {
    sockets.forEach((socket, index) => {
      socket.send(Uint8Array.of(9), seen.get(1 - index));
    });
    world.advance(500);
  }
  console.log(`${nat} and ${otherNat}: ${heard.length} datagrams came, ${world.clock.now()} ms`);
};

await meet('port-restricted', 'port-restricted');
await meet('port-restricted', 'symmetric');
// prints: port-restricted and port-restricted: 3 datagrams came, 1090 ms
// prints: port-restricted and symmetric: 0 datagrams came, 1090 ms
