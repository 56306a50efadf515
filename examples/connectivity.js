// Two phones behind NATs find a way to each other and speak: what one tells is handed to the other, as signalling would.
import { createConnectivity } from '@ringdown/connectivity';
import { nodeHashes } from '@ringdown/net/ports';
import { simulate } from '@ringdown/simulator';
import { answerBinding } from '@ringdown/stun';

const world = simulate({ seed: 1 });
const { clock, timers, random } = world;
const stun = world.host('stun');
let answer;
stun.sockets.openUdp(
  { address: stun.address, port: 3478 },
  {
    opened: (socket) => {
      answer = (bytes, from) => socket.send(answerBinding(bytes, from), from);
    },
    failed: console.error,
    received: (bytes, from) => answer(bytes, from),
  },
);

const heard = [];
const phones = [];
for (const [index, nat] of ['full-cone', 'port-restricted'].entries()) {
  const host = world.host(`phone ${index}`, { nat });
  const other = () => phones[1 - index];
  phones.push(
    createConnectivity(
      {
        role: index === 0 ? 'controlling' : 'controlled',
        servers: [{ kind: 'stun', address: stun.address, port: 3478 }],
      },
      {
        ...{ sockets: host.sockets, timers, clock, random, hashes: nodeHashes },
        deliver: (output) => {
          if (output.kind === 'parameters') queueMicrotask(() => other().setRemote(output.parameters));
          else if (output.kind === 'candidate')
            queueMicrotask(() => other().addRemoteCandidate(output.candidate));
          else if (output.kind === 'gathered')
            queueMicrotask(() => other().endOfRemoteCandidates(output.ufrag));
          else if (output.kind === 'selected')
            phones[index].send(new TextEncoder().encode(`hello from ${index}`));
          else if (output.kind === 'data') heard.push(new TextDecoder().decode(output.bytes));
        },
      },
    ),
  );
}
for (const phone of phones) phone.start();
await world.run({ until: () => heard.length === 2, withinMs: 10_000 });
console.log(heard.sort().join(', '));
for (const phone of phones) phone.close();
// prints: hello from 0, hello from 1
