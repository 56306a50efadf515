// A request is read, and forwarded with two lines changed; all its other bytes stay.
import { edit, isMalformed, MaxForwards, parseMessage, SipRequest, Via } from '@ringdown/sip';

const text = [
  'OPTIONS sip:alice@radio.example SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK776',
  'Max-Forwards:   70',
  'From: <sip:bob@radio.example>;tag=1',
  'To: <sip:alice@radio.example>',
  'Call-ID: a84b4c76e66710',
  'CSeq: 1 OPTIONS',
  'X-Kept: as  it   is',
  '',
  '',
].join('\r\n');

const message = parseMessage(text, new TextEncoder().encode(text));
if (isMalformed(message) || !(message instanceof SipRequest)) throw new Error('it is a request');
const hops = message.get(MaxForwards);
if (typeof hops !== 'number') throw new Error('it has Max-Forwards');
const next = edit(message)
  .set(MaxForwards, String(hops - 1))
  .prepend(Via, 'SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1')
  .build();
console.log(
  `${next.method}, ${next.get(MaxForwards)} hops left, ${next.head.includes('X-Kept: as  it   is')}`,
);
// prints: OPTIONS, 69 hops left, true
