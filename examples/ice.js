// Two agents whose datagrams are carried by hand: they check, agree on a pair, and data could go.
import { createIceAgent, iceAttributeText, parseIceAttribute } from '@ringdown/ice';
import { nodeHashes } from '@ringdown/net/ports';
import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';

const wheel = new TimingWheel(instant(0));
let now = 0;
const clock = { now: () => instant(now), wallTime: () => wallTime(now) };
const waiting = [];
const agents = [];
const addresses = ['192.0.2.1', '192.0.2.2'];

for (const [index, role] of ['controlling', 'controlled'].entries()) {
  const local = { address: addresses[index], port: 40_000 };
  const other = () => agents[1 - index];
  const deliver = (output) => {
    if (output.kind === 'transmit') waiting.push(() => other().received('socket', output.bytes, local));
    else if (output.kind === 'candidate')
      waiting.push(() => other().addRemoteCandidate(parseIceAttribute(iceAttributeText(output)).candidate));
    else if (output.kind === 'gathered') waiting.push(() => other().endOfRemoteCandidates());
    else if (output.kind === 'selected') console.log(`${role}: ${output.pair.remote.address}`);
  };
  agents.push(
    createIceAgent(
      { role },
      { timers: wheel, clock, random: seededRandom(index + 1), hashes: nodeHashes, deliver },
    ),
  );
}
for (const [index, agent] of agents.entries()) {
  agent.setRemote(agents[1 - index].parameters);
  agent.addBase({ id: 'socket', component: 1, kind: 'host', address: addresses[index], port: 40_000 });
  agent.endOfBases();
}
for (; now < 5_000; now += 10) {
  wheel.expire(instant(now));
  while (waiting.length > 0) waiting.shift()();
}
// prints: controlled: 192.0.2.1
// prints: controlling: 192.0.2.2
