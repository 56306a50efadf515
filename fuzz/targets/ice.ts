import { parseIceAttribute, parseTrickleFragment, readIceDescription } from '@ringdown/ice';
import { LoneAgent, PEER, peerCandidate } from '../../packages/ice/scenarios/lone-agent.ts';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 8_000));

/** Lines of descriptions, and checks. */
const LINES = [
  'candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host',
  'candidate:2 1 udp 1694498815 198.51.100.1 45664 typ srflx raddr 10.0.0.1 rport 8998 generation 0 ufrag x',
  'candidate:3 1 TCP 1518280447 192.0.2.1 9 typ host tcptype active',
  'candidate:4 1 UDP 2122260223 e5a1b2.local 54321 typ host',
  'ice-ufrag:8hhY',
  'ice-pwd:asd88fgpdd777uzjYhagZg',
  'ice-options:trickle ice2',
  'end-of-candidates',
  'remote-candidates:1 192.0.2.3 45664 2 192.0.2.3 45665',
].map(latin1);
const DATAGRAMS = [
  '000100582112a442b7e7a701bc34d686fa87dfae002400046e0001ff802900080932ff9b151263b36',
  '010100182112a442b7e7a701bc34d686fa87dfae0020000800012eb25e12a443',
].map((hex) => Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)));

/** Whatever a peer signals, and whatever strangers send: no throw, no growth, no answer larger than what was asked. */
export const iceTarget: Target = {
  name: 'ice',
  generate: (random) =>
    Array.from({ length: 1 + below(random, 10) }, () =>
      mutate(pick(random, random.fraction() < 0.5 ? LINES : DATAGRAMS), random, LINES),
    ),
  check: (inputs) => {
    const lines = inputs.map((bytes) => text(bytes));
    readIceDescription(lines, lines);
    parseTrickleFragment(lines.join('\r\n'));
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    for (const [index, bytes] of inputs.entries()) {
      const attribute = parseIceAttribute(lines[index]!);
      if (attribute?.kind === 'candidate') lone.agent.addRemoteCandidate(attribute.candidate);
      const before = lone.sent.length;
      lone.agent.received('a', bytes, index % 2 === 0 ? PEER : { address: '203.0.113.9', port: 9 });
      for (const { message } of lone.sent.slice(before))
        must(
          message.class === 'request' || message.bytes.length <= bytes.length + 60,
          `${bytes.length} bytes were answered by ${message.bytes.length}`,
        );
    }
    lone.world.advance(60_000);
    must(lone.agent.pairs().length <= 100, `${lone.agent.pairs().length} pairs`);
    lone.agent.close();
    must(lone.world.waiting <= 1, `${lone.world.waiting} things wait though the agent is closed`);
  },
};
