import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  Content,
  Crypto,
  connectionOf,
  EbuAcip,
  Extmap,
  ebuAcipProfile,
  Fingerprint,
  Fmtp,
  formatsOf,
  Group,
  type GroupValue,
  get,
  getAll,
  Label,
  Malformed,
  Maxptime,
  MediaClk,
  Mid,
  Msid,
  matchedParameters,
  OfferAnswer,
  opusParameters,
  Ptime,
  parseSdp,
  Rtcp,
  RtcpFeedback,
  RtpMap,
  type SessionDescription,
  Setup,
  Ssrc,
  SsrcGroup,
  sdpLimits,
  TlsId,
  TsRefclk,
  telephoneEvents,
  writeSdp,
} from './index.ts';

const folder = new URL('../vectors/', import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.sdp'))
  .map((name) => [name, readFileSync(new URL(name, folder), 'utf8').replaceAll(/\r?\n/g, '\r\n')] as const);

const parsed = (text: string): SessionDescription => {
  const description = parseSdp(text);
  if (description instanceof Malformed) throw new Error(description.why);
  return description;
};

const ATTRIBUTES: readonly Attribute<unknown>[] = [
  Content,
  Crypto,
  EbuAcip,
  Extmap,
  Fingerprint,
  Fmtp,
  Group,
  Label,
  Maxptime,
  MediaClk,
  Mid,
  Msid,
  Ptime,
  Rtcp,
  RtcpFeedback,
  RtpMap,
  Setup,
  Ssrc,
  SsrcGroup,
  TlsId,
  TsRefclk,
] as readonly Attribute<unknown>[];

/** Everything that reads a peer's text. */
const readAll = (text: string): void => {
  const description = parseSdp(text);
  if (description instanceof Malformed) return;
  for (const section of [description, ...description.media]) {
    for (const attribute of ATTRIBUTES) {
      get(section, attribute);
      getAll(section, attribute);
    }
    ebuAcipProfile(section);
  }
  for (const media of description.media) {
    connectionOf(description, media);
    for (const format of formatsOf(media)) {
      opusParameters(format.parameters);
      telephoneEvents(format.parameters);
      matchedParameters(format, format);
    }
  }
  const phone = new OfferAnswer({
    origin: { sessionId: '1', address: '192.0.2.1' },
    media: [
      {
        media: 'audio',
        codecs: [{ name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' }],
        telephoneEvents: '0-15',
        security: ['none'],
      },
    ],
    bundle: true,
  });
  if (phone.receiveOffer(description).kind === 'considered')
    phone.answer([{ transport: { address: '192.0.2.1', port: 4_000 } }]);
  const caller = new OfferAnswer({
    origin: { sessionId: '1', address: '192.0.2.1' },
    media: [
      {
        media: 'audio',
        codecs: [{ name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' }],
        security: ['none'],
      },
    ],
  });
  caller.offer([{ transport: { address: '192.0.2.1', port: 4_000 } }]);
  caller.receiveAnswer(description);
};

describe('a description of a real peer', () => {
  it.each(vectors)('%s is written as it was read', (_, text) => {
    expect(writeSdp(parsed(text))).toBe(text);
  });

  it.each(vectors)('%s may end its lines with LF or CR alone', (_, text) => {
    expect(parseSdp(text.replaceAll('\r\n', '\n'))).toEqual(parsed(text));
    expect(parseSdp(text.replaceAll('\r\n', '\r'))).toEqual(parsed(text));
  });
});

describe('reading a description', () => {
  const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';

  it('keeps attributes that nobody knows, in their order', () => {
    const { attributes, media } = parsed(
      `${head}a=x-one:1:2\r\na=x-two\r\nm=audio 9 RTP/AVP 0\r\na=x-one: 3\r\n`,
    );
    expect(attributes).toEqual([
      { name: 'x-one', value: '1:2' },
      { name: 'x-two', value: undefined },
    ]);
    expect(media[0]?.attributes).toEqual([{ name: 'x-one', value: ' 3' }]);
  });

  it('keeps every digit of o=, which NTP makes longer than a number', () => {
    const text =
      'v=0\r\no=- 18446744073709551615 18446744073709551614 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\n';
    expect(parsed(text).origin).toMatchObject({
      sessionId: '18446744073709551615',
      sessionVersion: '18446744073709551614',
      addressType: 'IP6',
    });
    expect(writeSdp(parsed(text))).toBe(text);
  });

  it('reads multicast, pairs of ports, and bandwidths that sdp-transform does not know', () => {
    const { media } = parsed(
      `${head}m=audio 5004/2 RTP/AVP 98\r\nc=IN IP4 239.69.1.2/32/2\r\nb=X-YZ:128\r\na=ptime:0.125\r\n`,
    );
    expect(media[0]).toMatchObject({
      port: 5_004,
      ports: 2,
      connections: [{ address: '239.69.1.2', ttl: 32, addresses: 2 }],
      bandwidth: [{ type: 'X-YZ', value: 128 }],
    });
    expect(get(media[0]!, Ptime)).toBe(0.125);
  });

  it.each([
    ['', 'v='],
    ['v=1\r\no=- 1 1 IN IP4 192.0.2.1\r\n', 'v='],
    ['v=0\r\ns=-\r\n', 'o='],
    ['v=0\r\no=- one 1 IN IP4 192.0.2.1\r\n', 'o='],
    ['v=0\r\no=- NaN Infinity IN IP4 192.0.2.1\r\n', 'o='],
    ['v=0\r\no=- 1 1 IN IP5 192.0.2.1\r\n', 'o='],
    [`${head}c=IN IP4\r\n`, 'c='],
    [`${head}c=IN IP4 192.0.2.1/1/2/3\r\n`, 'c='],
    [`${head}b=AS\r\n`, 'b='],
    [`${head}m=audio 70000 RTP/AVP 0\r\n`, 'm='],
    [`${head}m=audio 9/0 RTP/AVP 0\r\n`, 'm='],
    [`${head}m=audio nine RTP/AVP 0\r\n`, 'm='],
    [`${head}m=audio 9\r\n`, 'm='],
    [`${head}one line without a type\r\n`, 'type=value'],
    [`${head}a=x\0y\r\n`, 'NUL'],
    [`${head}a=${'x'.repeat(sdpLimits.maxLineLength)}\r\n`, 'characters'],
    [`${head}${'a=x\r\n'.repeat(sdpLimits.maxLines)}`, 'lines'],
    [`${head}${'m=audio 9 RTP/AVP 0\r\n'.repeat(sdpLimits.maxMedia + 1)}`, 'media'],
    [`${head}${'a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n'.repeat(1_990)}`, 'characters'],
  ])('tells what is wrong with %j', (text, what) => {
    const description = parseSdp(text);
    expect(description).toBeInstanceOf(Malformed);
    expect((description as Malformed).why).toContain(what);
    expect((description as Malformed).clause).toContain('RFC 8866');
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), readAll));
    const word = fc.constantFrom(
      ...[
        'a=',
        'm=',
        'c=',
        'o=',
        'v=0',
        '\n',
        ' ',
        ':',
        '/',
        '=',
        ';',
        '0',
        '9',
        '-1',
        'IN IP4',
        'NaN',
        'Infinity',
      ],
      ...[
        'audio',
        'RTP/AVP',
        '__proto__',
        'constructor',
        '\u2028',
        '*',
        'inline:',
        ...ATTRIBUTES.map(({ name }) => name),
      ],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) =>
        readAll(`${head}m=audio 9 RTP/AVP 0\n${words.join('')}`),
      ),
    );
  });

  it('never throws, however a real one is spoilt', () => {
    const text = fc.constantFrom(...vectors.map(([, one]) => one));
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.nat(60),
        fc.string({ unit: 'binary', maxLength: 8 }),
        (one, at, length, by) => {
          const place = at % one.length;
          readAll(one.slice(0, place) + by + one.slice(place + length));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes no long time over what is made to take long', () => {
    const fills = [
      ' ',
      ':',
      '/',
      '=',
      ';',
      ',',
      '-',
      '0',
      'a',
      'a ',
      '[x]',
      '0-255,',
      'a=1;',
      ': ',
      '\t',
      '==',
    ];
    const names = [
      ...ATTRIBUTES.map(({ name }) => name),
      'fmtp:0',
      'rtpmap:0',
      'rtcp:1 IN',
      'candidate',
      'ssrc:1',
    ];
    const start = performance.now();
    for (const name of names) {
      const lines = fills.map((fill) => `a=${name}:`.padEnd(2_000, fill));
      readAll(`${head}m=audio 9 RTP/AVP 0 8\n${[...lines, ...lines].join('\n')}`.slice(0, 64_000));
    }
    const most = `${head}m=audio 9 RTP/AVP ${'0 '.repeat(900)}\n${'a=fmtp:0 a=1;b\n'.repeat(1_900)}`;
    for (let round = 0; round < 10; round += 1) readAll(most);
    // 1.3 MB of the worst; a pattern that goes back over its line would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('writing a description', () => {
  it('refuses line ends in a value', () => {
    const description = parsed('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n');
    for (const name of ['a\r\na=b', 'a\nb', 'a\rb', 'a\0b'])
      expect(() => writeSdp({ ...description, name })).toThrow(TypeError);
  });

  it('is the inverse of reading', () => {
    const token = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    const value = fc.option(fc.stringMatching(/^[\x20-\x7e]{1,40}$/), { nil: undefined });
    const attributes = fc.array(fc.record({ name: token, value }), { maxLength: 5 });
    const connection = fc.oneof(
      fc.record({ addressType: fc.constant('IP4' as const), address: fc.ipV4() }),
      fc.record({
        addressType: fc.constant('IP6' as const),
        address: fc.ipV6(),
        addresses: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({
        addressType: fc.constant('IP4' as const),
        address: fc.ipV4(),
        ttl: fc.integer({ min: 1, max: 255 }),
      }),
    );
    const bandwidth = fc.array(fc.record({ type: token, value: fc.nat() }), { maxLength: 2 });
    const media = fc.record({
      media: token,
      port: fc.integer({ min: 0, max: 65_535 }),
      protocol: fc.constantFrom('RTP/AVP', 'UDP/TLS/RTP/SAVPF', 'udptl'),
      formats: fc.array(token, { minLength: 1, maxLength: 4 }),
      connections: fc.array(connection, { maxLength: 2 }),
      bandwidth,
      attributes,
    });
    const digits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    const description = fc.record({
      origin: fc.record({
        username: token,
        sessionId: digits,
        sessionVersion: digits,
        addressType: fc.constant('IP4' as const),
        address: fc.ipV4(),
      }),
      name: token,
      connection,
      bandwidth,
      time: fc.record({ start: digits, stop: digits }),
      attributes,
      media: fc.array(media, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(description, (one) => {
        expect(parseSdp(writeSdp(one))).toEqual(one);
      }),
    );
  });
});

describe('groups of a browser', () => {
  it('are read at the session', () => {
    const [, text] = vectors.find(([name]) => name === 'chromium-156-offer-all.sdp')!;
    const groups: readonly GroupValue[] = getAll(parsed(text), Group);
    expect(groups).toEqual([{ semantics: 'BUNDLE', mids: ['0', '1', '2'] }]);
  });
});
