import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stampAnswer, stampVia } from '../transport/received.ts';
import { To, tagOf } from './address.ts';
import { buildResponse } from './build.ts';
import { Authorization, CallId, ProxyAuthorization } from './fields.ts';
import { glance } from './glance.ts';
import { SipRequest } from './message.ts';
import { parseHead } from './parse.ts';

const SOURCE = { address: '203.0.113.9', port: 40_000 };

const request = (lines: readonly string[]): SipRequest => {
  const message = parseHead(`${lines.join('\r\n')}\r\n\r\n`);
  if (!(message instanceof SipRequest)) throw new Error('no request');
  return message;
};

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
const instead = (index: number, ...lines: string[]): SipRequest =>
  request([...INVITE.slice(0, index), ...lines, ...INVITE.slice(index + 1)]);

describe('a glance', () => {
  it('sees what it takes to refuse a request', () => {
    expect(glance(request(INVITE))).toMatchObject({
      via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
      callId: 'x@y',
      toTag: undefined,
      hasCredentials: false,
    });
  });

  it.each([
    ['t:<sip:bob@home.example>;tag=z', { toTag: 'z' }],
    ['to: <sip:bob@home.example;user=phone>;tag=a-b', { toTag: 'a-b' }],
  ])('sees the tag of %s', (line, seen) => {
    expect(glance(instead(4, line))).toMatchObject(seen);
  });

  it.each(['Authorization: Digest x', 'proxy-authorization: Digest x'])('sees %s', (line) => {
    expect(glance(instead(8, line))).toMatchObject({ hasCredentials: true });
  });

  it.each([
    ['a line that goes on', 8, ['User-Agent: some', ' body']],
    ['To twice', 4, [INVITE[4]!, 't: <sip:c@d>']],
    ['no To', 4, []],
    ['no Via', 1, []],
    ['two Vias in a line', 1, ['Via: SIP/2.0/UDP a, SIP/2.0/UDP b']],
    ['white space before a colon', 5, ['Call-ID : x']],
    ['a Call-ID of several words', 5, ['Call-ID: x y']],
    ['a line without a colon', 5, [INVITE[5]!, 'Contact']],
    ['a name before To’s address', 4, ['To: "B;tag=x" <sip:b@c>']],
    ['To without brackets', 4, ['To: sip:b@c;tag=x']],
    ['another parameter in To', 4, ['To: <sip:b@c>;x=y;tag=z']],
    ['TAG in To', 4, ['To: <sip:b@c>;TAG=z']],
    ['white space behind To', 4, ['To: <sip:b@c> ']],
  ] as const)('leaves to a reader: %s', (_, index, lines) => {
    expect(glance(instead(index, ...lines))).toBeUndefined();
  });

  it('tells what reading tells, and is good for the same answer', () => {
    const line = fc.constantFrom(
      ...INVITE.slice(1),
      ...['v: SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK2;received=1.2.3.4', 'VIA:SIP/2.0/UDP h', 'Via: ,'],
      ...['f: <sip:a@b>', 't: <sip:b@c>;tag=1', 'to:<sip:b@c>', 'To: <sip:b@c>', 'i:1', 'i: 1 2', 'c: x/y'],
      ...[
        'Authorization: Digest a',
        'PROXY-AUTHORIZATION: b',
        'Accept: a',
        'P-Any: c',
        'Foo',
        ' folded',
        'CSeq: 9 X',
      ],
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 9 }), fc.boolean(), (lines, isWhole) => {
        const read = request([...(isWhole ? INVITE : INVITE.slice(0, 1)), ...lines]);
        const seen = glance(read);
        if (seen === undefined) return;
        expect(seen.callId).toBe(read.get(CallId));
        expect(seen.toTag).toBe(tagOf(read.get(To)));
        expect(seen.hasCredentials).toBe(
          read.count(Authorization.header) + read.count(ProxyAuthorization.header) > 0,
        );
        const parts = { toTag: 'tag', headers: [['Retry-After', '5']] } as const;
        expect(stampAnswer(buildResponse(seen, 503, parts), SOURCE).head).toBe(
          buildResponse(stampVia(read, SOURCE), 503, parts).head,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
