import { Malformed } from '@ringdown/stun';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../candidate.ts';
import { type IceAttribute, iceAttributeText, parseIceAttribute } from './ice-attribute.ts';
import { iceDescriptionLines, readIceDescription } from './ice-description.ts';
import { parseTrickleFragment, trickleFragmentText } from './trickle-fragment.ts';

const ICE_CHARS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];
const word = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...ICE_CHARS), minLength, maxLength });
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.uuid().map((id) => `${id}.local`),
  fc.constant('host.example.com'),
);
const port = fc.integer({ min: 0, max: 65_535 });
const transportAddress = fc.record({ address, port });
const extension = fc.tuple(
  fc.constantFrom('generation', 'network-id', 'network-cost', 'x-made-up'),
  fc.string({ unit: fc.constantFrom(...ICE_CHARS, '-', ':', '"'), minLength: 1, maxLength: 12 }),
);
const candidate: fc.Arbitrary<Candidate> = fc.record(
  {
    foundation: word(1, 32),
    component: fc.integer({ min: 1, max: 256 }),
    transport: fc.constantFrom('udp', 'tcp', 'dccp'),
    priority: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    address,
    port,
    type: fc.constantFrom('host', 'srflx', 'prflx', 'relay'),
    related: transportAddress,
    tcpType: fc.constantFrom('active', 'passive', 'so'),
    ufrag: word(4, 256),
    extensions: fc.array(extension, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ['foundation', 'component', 'transport', 'priority', 'address', 'port', 'type'] },
);
const attribute: fc.Arbitrary<IceAttribute> = fc.oneof(
  fc.record({ kind: fc.constant('candidate'), candidate }),
  fc.record({
    kind: fc.constant('remote-candidates'),
    candidates: fc.array(fc.record({ component: fc.integer({ min: 1, max: 256 }), address, port }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
  fc.record({ kind: fc.constantFrom('ice-lite', 'ice-mismatch', 'end-of-candidates') }),
  fc.record({ kind: fc.constant('ice-ufrag'), ufrag: word(4, 256) }),
  fc.record({ kind: fc.constant('ice-pwd'), pwd: word(22, 256) }),
  fc.record({
    kind: fc.constant('ice-options'),
    options: fc.array(fc.constantFrom('ice2', 'trickle', 'rtp+ecn', 'renomination'), { minLength: 1 }),
  }),
  fc.record({ kind: fc.constant('ice-pacing'), pacingMs: fc.integer({ min: 1, max: 10_000 }) }),
) as fc.Arbitrary<IceAttribute>;

describe('an attribute of ICE', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(attribute, (one) => {
        expect(parseIceAttribute(iceAttributeText(one))).toEqual(one);
        expect(parseIceAttribute(`a=${iceAttributeText(one)}`)).toEqual(one);
      }),
    );
  });

  test('from anybody is a value, malformed or not', () => {
    const names = ['candidate', 'remote-candidates', 'ice-ufrag', 'ice-pwd', 'ice-options', 'ice-pacing'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, value) => {
        const parsed = parseIceAttribute(`${name}:${value}`);
        if (!(parsed instanceof Malformed)) expect(parsed?.kind).toBe(name);
      }),
    );
  });

  test('that another made by changing a character of a right one is a value, too', () => {
    fc.assert(
      fc.property(candidate, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (one, at, character) => {
        const text = iceAttributeText({ kind: 'candidate', candidate: one });
        const place = at % text.length;
        parseIceAttribute(text.slice(0, place) + character + text.slice(place + 1));
      }),
    );
  });

  test.each<[string, Partial<Candidate>]>([
    [
      'a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host',
      { foundation: '1', component: 1, transport: 'udp', priority: 2_130_706_431, port: 8998, type: 'host' },
    ],
    [
      'a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998',
      { type: 'srflx', related: { address: '203.0.113.141', port: 8998 } },
    ],
    [
      'candidate:842163049 1 udp 1677729535 2001:db8::7 49203 typ srflx raddr :: rport 0 generation 0 ufrag sXPT network-cost 999',
      {
        address: '2001:db8::7',
        ufrag: 'sXPT',
        related: { address: '::', port: 0 },
        extensions: [
          ['generation', '0'],
          ['network-cost', '999'],
        ],
      },
    ],
    [
      'candidate:3 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0',
      { transport: 'tcp', tcpType: 'active', port: 9 },
    ],
    [
      'candidate:1 1 udp 2113937151 8cdb5a5b-7a7a-4b6a-8b0e-2a5e5a0d5f3f.local 50413 typ host',
      { address: '8cdb5a5b-7a7a-4b6a-8b0e-2a5e5a0d5f3f.local' },
    ],
  ])('reads %s', (line, expected) => {
    expect(parseIceAttribute(line)).toMatchObject({ kind: 'candidate', candidate: expected });
  });

  test.each([
    ['candidate:', 'fewer than eight words'],
    ['candidate:1 1 UDP 1 192.0.2.1 1 host typ', 'fewer than eight words'],
    ['candidate:1 0 UDP 1 192.0.2.1 1 typ host', 'a component'],
    ['candidate:1 257 UDP 1 192.0.2.1 1 typ host', 'a component'],
    ['candidate:1 1 UDP 0 192.0.2.1 1 typ host', 'a priority'],
    ['candidate:1 1 UDP 4294967296 192.0.2.1 1 typ host', 'a priority'],
    ['candidate:1 1 UDP 1e3 192.0.2.1 1 typ host', 'a priority'],
    ['candidate:1 1 UDP 1 192.0.2.1 65536 typ host', 'a port'],
    ['candidate:1 1 UDP 1 192.0.2.1 -1 typ host', 'a port'],
    ['candidate:1 1 UDP 1 <script> 1 typ host', 'an address'],
    ['candidate:1 1 UDP 1 192.0.2.1 1 typ quantum', 'a type that nobody knows'],
    ['candidate:1 1 UDP 1 192.0.2.1 1 typ host generation', 'has no value'],
    ['candidate:1 1 UDP 1 192.0.2.1 1 typ srflx raddr 10.0.0.1 rport x', 'a related port'],
    ['candidate:1 1 TCP 1 192.0.2.1 1 typ host tcptype slow', 'a tcptype'],
    ['candidate:a=b 1 UDP 1 192.0.2.1 1 typ host', 'a foundation'],
    [`candidate:${'1'.repeat(33)} 1 UDP 1 192.0.2.1 1 typ host`, 'a foundation'],
    [`candidate:1 1 UDP 1 192.0.2.1 1 typ host${' a b'.repeat(100)}`, 'without end'],
    ['ice-ufrag:abc', 'an ice-ufrag'],
    ['ice-pwd:tooshort', 'an ice-pwd'],
    ['ice-ufrag:ab:c', 'an ice-ufrag'],
    ['ice-pacing:0', 'an ice-pacing'],
    ['ice-lite:yes', 'ice-lite with a value'],
    ['remote-candidates:1 192.0.2.1', 'no list'],
    ['ice-options:', 'no tokens'],
  ])('%s is malformed', (line, why) => {
    const parsed = parseIceAttribute(line);
    expect(parsed).toBeInstanceOf(Malformed);
    expect((parsed as Malformed).why).toContain(why);
  });

  test.each(['a=rtpmap:0 PCMU/8000', 'm=audio 9 RTP/AVP 0', 'toString', 'constructor:x', ''])(
    '"%s" is none',
    (line) => {
      expect(parseIceAttribute(line)).toBeUndefined();
    },
  );
});

const ufrag = '9uB6';
const pwd = 'YH75Fviy6338Vbrhrlp8Yh';

describe('a description', () => {
  test('of a stream counts more than that of the session; what is malformed is told', () => {
    const description = readIceDescription(
      [
        'a=ice-ufrag:9uB6',
        'a=candidate:1 1 UDP 1 192.0.2.1 1 typ host',
        'a=candidate:nonsense',
        'a=sendrecv',
      ],
      ['a=ice-ufrag:other', `a=ice-pwd:${pwd}`, 'a=ice-lite', 'a=ice-options:ice2 trickle'],
    );
    expect(description.parameters).toEqual({ ufrag, pwd, options: ['ice2', 'trickle'], lite: true });
    expect(description.candidates.length).toBe(1);
    expect(description.malformed.length).toBe(1);
    expect([description.ended, description.mismatch]).toEqual([false, false]);
  });

  test('without password is of a peer that does not speak ICE', () => {
    expect(readIceDescription(['a=ice-ufrag:9uB6']).parameters).toBeUndefined();
  });

  test('is read as it was written', () => {
    fc.assert(
      fc.property(
        word(4, 20),
        word(22, 40),
        fc.array(candidate),
        fc.boolean(),
        (name, key, candidates, ended) => {
          const parameters = { ufrag: name, pwd: key, options: ['ice2'], lite: false, pacingMs: 20 };
          const read = readIceDescription(iceDescriptionLines({ parameters, candidates, ended }));
          expect(read).toMatchObject({ parameters, candidates, ended, malformed: [] });
        },
      ),
    );
  });
});

describe('a fragment (RFC 8840 §9)', () => {
  const example = `a=group:BUNDLE 1\r
a=ice-options:trickle ice2\r
a=ice-ufrag:9uB6\r
a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r
m=audio 9 RTP/AVP 0\r
a=mid:1\r
a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 5000 typ host\r
a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998\r
a=end-of-candidates\r
m=video 9 RTP/AVP 0\r
a=mid:2\r
a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 5002 typ host\r
`;

  test('is read stream by stream', () => {
    const { session, media } = parseTrickleFragment(example);
    expect(session.parameters).toMatchObject({ ufrag, pwd });
    expect(media.map(({ media: kind, mid }) => [kind, mid])).toEqual([
      ['audio', '1'],
      ['video', '2'],
    ]);
    expect(media.map(({ description }) => [description.candidates.length, description.ended])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(media[1]?.description.parameters).toMatchObject({ ufrag, pwd });
  });

  test('is read as it was written', () => {
    const { media } = parseTrickleFragment(example);
    const written = trickleFragmentText(
      { ufrag, pwd },
      media.map(({ media: kind, mid = '', description: { candidates, ended } }) => ({
        media: kind,
        mid,
        candidates,
        ended,
      })),
    );
    const again = parseTrickleFragment(written);
    expect(again.session.parameters).toMatchObject({ ufrag, pwd });
    expect(again.media.map(({ description }) => description.candidates)).toEqual(
      media.map(({ description }) => description.candidates),
    );
  });

  test('may be anything', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void parseTrickleFragment(`m=${text}\r\na=candidate:${text}`)),
    );
  });
});
