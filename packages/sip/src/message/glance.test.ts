import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import { stampVia } from '../transport/received.ts';
import { To, tagOf } from './address.ts';
import { buildResponse } from './build.ts';
import { Authorization, CallId, ProxyAuthorization } from './fields.ts';
import { answerAtAGlance, type Glance, glance, textAt } from './glance.ts';
import { SipRequest } from './message.ts';
import { parseMessage } from './parse.ts';

const SOURCES = [
  { address: '203.0.113.9', port: 40_000 },
  { address: '192.0.2.1', port: 5_060 },
  { address: '2001:db8::1', port: 5_060 },
  { address: 'fe80::1%eth0', port: 9 },
];

const written = (lines: readonly string[]): Uint8Array => text.latin1Bytes(`${lines.join('\r\n')}\r\n\r\n`);

const INVITE = [
  'INVITE sip:bob@home.example SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
  'Max-Forwards: 70',
  'From: "A, B" <sip:alice@home.example>;tag=1',
  'To: <sip:bob@home.example>',
  'Call-ID: x@y',
  'CSeq: 1 INVITE',
  'Contact: <sip:alice@192.0.2.1>',
  'User-Agent: somebody',
  'Content-Length: 0',
];

/** Another line in the place of one, or none. */
const instead = (index: number, ...lines: string[]): Uint8Array =>
  written([...INVITE.slice(0, index), ...lines, ...INVITE.slice(index + 1)]);

const HEADERS = [['Retry-After', '5']] as const;
const START_LINE = 'SIP/2.0 503 Service Unavailable\r\n';

/** What a glance tells, in text. */
const told = ({ bytes, method, callId, toTag }: Glance) => ({
  method,
  callId: textAt(bytes, callId),
  toTag: textAt(bytes, toTag),
});

/** What is seen of a request without credentials. */
const seenOf = (bytes: Uint8Array): Glance => {
  const seen = glance(bytes);
  if (typeof seen !== 'object') throw new Error(`a glance tells ${seen}`);
  return seen;
};

/** The answer as a glance and as reading give it. */
const answers = (bytes: Uint8Array, source: { readonly address: string; readonly port: number }) => {
  const atAGlance = answerAtAGlance(seenOf(bytes), START_LINE, 'tag', HEADERS, source);
  const request = parseMessage(text.latin1(bytes), bytes);
  if (!(request instanceof SipRequest)) throw new Error('no request');
  return {
    atAGlance: atAGlance && text.latin1(atAGlance),
    read: buildResponse(stampVia(request, source), 503, { toTag: 'tag', headers: HEADERS }).head,
  };
};

describe('a glance', () => {
  it('sees what it takes to refuse a request', () => {
    const seen = { method: 'INVITE', callId: 'x@y', toTag: '' };
    expect(told(seenOf(written(INVITE)))).toEqual(seen);
  });

  it('needs no more than the head', () => {
    const body = text.latin1Bytes('v=0\r\nTo: x\r\n');
    expect(told(seenOf(Uint8Array.from([...written(INVITE), ...body])))).toMatchObject({ toTag: '' });
  });

  it.each([
    ['t:<sip:bob@home.example>;tag=z', { toTag: 'z' }],
    ['to: <sip:bob@home.example;user=phone>;tag=a-b', { toTag: 'a-b' }],
  ])('sees the tag of %s', (line, seen) => {
    expect(told(seenOf(instead(4, line)))).toMatchObject(seen);
  });

  it.each(['Authorization: Digest x', 'proxy-authorization: Digest x'])('sees %s', (line) => {
    expect(glance(instead(8, line))).toBe('has credentials');
  });

  it('sees what it takes to know an ACK, whatever credentials it has', () => {
    const ack = INVITE.map((line) => line.replace('INVITE', 'ACK'));
    ack.splice(2, 0, 'Proxy-Authorization: Digest x');
    expect(told(seenOf(written(ack)))).toEqual({ method: 'ACK', callId: 'x@y', toTag: '' });
  });

  it.each([
    ['a line that goes on', 8, ['User-Agent: some', ' body']],
    ['To twice', 4, [INVITE[4]!, 't: <sip:c@d>']],
    ['no To', 4, []],
    ['no Via', 1, []],
    ['white space before a colon', 5, ['Call-ID : x']],
    ['a Call-ID of several words', 5, ['Call-ID: x y']],
    ['a line without a colon', 5, [INVITE[5]!, 'Contact']],
    ['a name before To’s address', 4, ['To: "B;tag=x" <sip:b@c>']],
    ['To without brackets', 4, ['To: sip:b@c;tag=x']],
    ['another parameter in To', 4, ['To: <sip:b@c>;x=y;tag=z']],
    ['TAG in To', 4, ['To: <sip:b@c>;TAG=z']],
    ['white space behind To', 4, ['To: <sip:b@c> ']],
    ['another version', 0, ['INVITE sip:bob@home.example SIP/3.0']],
    ['no URI', 0, ['INVITE SIP/2.0']],
    ['a response', 0, ['SIP/2.0 200 OK']],
    ['a method that few have', 0, ['FETCH sip:bob@home.example SIP/2.0']],
    ['a method that begins nothing', 0, ['BYE sip:bob@home.example SIP/2.0']],
    ['LF alone', 8, ['User-Agent: a\nb']],
  ] as const)('leaves to a reader: %s', (_, index, lines) => {
    expect(glance(instead(index, ...lines))).toBeUndefined();
  });

  it('leaves to a reader what ends before its empty line', () => {
    const whole = written(INVITE);
    for (let length = 0; length < whole.length; length++)
      expect(glance(whole.subarray(0, length))).toBeUndefined();
  });

  it.each([
    'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    'SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1',
    'SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1',
    'SIP/2.0/UDP a.example',
    'SIP/2.0/UDP 192.0.2.1;rport',
    'SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1;alias',
    'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK;x=rport',
  ])('is good for the answer to a Via %s', (via) => {
    for (const source of SOURCES) {
      const { atAGlance, read } = answers(instead(1, `Via: ${via}`), source);
      expect(atAGlance).toBe(read);
    }
  });

  it.each([
    'SIP/2.0/UDP a, SIP/2.0/UDP b',
    'SIP/2.0/UDP a;received=192.0.2.1;rport',
    'SIP/2.0/UDP a;rport=5',
    'SIP/2.0/UDP a;RPORT',
    'SIP/2.0/UDP a;rport;rport',
    'SIP/2.0/UDP a ;rport',
    'SIP / 2.0 / UDP a;rport',
    'SIP/2.0/,UDP a;rport',
    'SIP/2.0/UDP;x a;rport',
    'SIP/2.0/UDP a;x=";rport"',
    '',
  ])('is good for no answer to a Via "%s"', (via) => {
    expect(answers(instead(1, `Via: ${via}`), SOURCES[0]!).atAGlance).toBeUndefined();
  });

  it('is good for long answers, too', () => {
    const vias = Array.from(
      { length: 100 },
      (_, index) => `Via: SIP/2.0/UDP a.example;branch=z9hG4bK${index}`,
    );
    const { atAGlance, read } = answers(instead(2, ...vias), SOURCES[0]!);
    expect(atAGlance).toBe(read);
  });

  it('tells what reading tells, and is good for the same answer', () => {
    const line = fc.constantFrom(
      ...INVITE.slice(1),
      ...['v: SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK2;received=1.2.3.4', 'VIA:SIP/2.0/UDP h', 'Via: ,'],
      ...['f: <sip:a@b>', 't: <sip:b@c>;tag=1', 'to:<sip:b@c>', 'To: <sip:b@c>', 'i:1', 'i: 1 2', 'c: x/y'],
      ...['Authorization: Digest a', 'PROXY-AUTHORIZATION: b', 'Accept: a', 'P-Any: c', 'Foo', ' folded'],
      'CSeq: 9 X',
    );
    const source = fc.constantFrom(...SOURCES);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 9 }), fc.boolean(), source, (lines, isWhole, source) => {
        const bytes = written([...(isWhole ? INVITE : INVITE.slice(0, 1)), ...lines]);
        const seen = glance(bytes);
        const read = parseMessage(text.latin1(bytes), bytes);
        if (seen === undefined || !(read instanceof SipRequest)) return;
        const hasCredentials = read.count(Authorization.header) + read.count(ProxyAuthorization.header) > 0;
        expect(seen === 'has credentials').toBe(hasCredentials);
        if (seen === 'has credentials') return;
        expect(told(seen)).toEqual({
          method: read.method,
          callId: read.get(CallId),
          toTag: tagOf(read.get(To)) ?? '',
        });
        const answer = answers(bytes, source);
        if (answer.atAGlance !== undefined) expect(answer.atAGlance).toBe(answer.read);
      }),
      { numRuns: 2_000 },
    );
  });
});
