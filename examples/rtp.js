// One packet of G.722 from one session to another, over no network at all.

import { g722Codec, RtpSession } from '@ringdown/rtp';
import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';

const clock = { now: () => instant(0), wallTime: () => wallTime(0) };
const timers = new TimingWheel(instant(0));
const from = { address: '192.0.2.1', port: 4000 };
const payloadTypes = { 9: { clockRateHz: 8_000 } };
const codec = g722Codec();
const heard = [];
const wire = [];

const bob = new RtpSession(
  { payloadTypes },
  {
    clock,
    timers,
    random: seededRandom(2),
    deliver: (output) => {
      if (output.kind === 'packet') heard.push(codec.decode(output.packet.payload)[0].length);
    },
  },
);
const alice = new RtpSession(
  { payloadTypes, remote: { address: '192.0.2.2', port: 4000 } },
  {
    clock,
    timers,
    random: seededRandom(1),
    deliver: (output) => {
      if (output.kind === 'transmit') wire.push(output.bytes);
    },
  },
);
// A source counts from its second packet on; the first is not lost.
for (const timestamp of [0, 160]) {
  alice.send({ payloadType: 9, timestamp, payload: codec.encode([new Int16Array(320)]) });
}
for (const bytes of wire) bob.received(bytes, from);
console.log(JSON.stringify({ samples: heard, sendsTo: bob.remote }));
// prints: {"samples":[320,320],"sendsTo":{"address":"192.0.2.1","port":4000}}
