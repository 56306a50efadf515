import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AgreedStream,
  directionOf,
  Fingerprint,
  find,
  Group,
  getAll,
  type LocalMedia,
  type LocalTransport,
  lineOf,
  Malformed,
  type MediaCapabilities,
  Mid,
  narrowed,
  OfferAnswer,
  type OfferAnswerOptions,
  parseSdp,
  RtcpMux,
  RtpMap,
  receives,
  reversed,
  type SessionDescription,
  Setup,
  sends,
  type WantedCodec,
  writeSdp,
} from '../index.ts';

const KEY = 'WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp';

const CODECS: readonly WantedCodec[] = [
  { name: 'opus', clockRateHz: 48_000, channels: 2, parameters: 'stereo=1;sprop-stereo=1' },
  { name: 'opus', clockRateHz: 48_000, channels: 2, parameters: '', payloadType: 111 },
  { name: 'L16', clockRateHz: 48_000, channels: 2, parameters: '', ptimeMs: 5 },
  { name: 'L16', clockRateHz: 44_100, channels: 1, parameters: '' },
  { name: 'G722', clockRateHz: 8_000, channels: 1, parameters: '' },
  { name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' },
  { name: 'PCMU', clockRateHz: 8_000, channels: 1, parameters: '' },
  { name: 'CN', clockRateHz: 8_000, channels: 1, parameters: '' },
  { name: 'iLBC', clockRateHz: 8_000, channels: 1, parameters: 'mode=20', payloadType: 96 },
  { name: 'AMR', clockRateHz: 8_000, channels: 1, parameters: 'octet-align=1', payloadType: 101 },
  { name: 'MPA', clockRateHz: 90_000, channels: 1, parameters: 'layer=2' },
];

const codecs = fc
  .shuffledSubarray([...CODECS], { minLength: 1 })
  .filter((some) => some.some(({ name }) => name !== 'CN'));

const capabilities: fc.Arbitrary<MediaCapabilities> = fc.record(
  {
    media: fc.constantFrom('audio', 'audio', 'audio', 'video'),
    codecs,
    security: fc.shuffledSubarray(['dtls-srtp', 'sdes', 'none'] as const, { minLength: 1 }),
    telephoneEvents: fc.constantFrom('0-15', '0-11,16'),
    opportunistic: fc.boolean(),
    feedback: fc.boolean(),
    rtcpMux: fc.constantFrom('offer', 'require', 'never'),
    ptimeMs: fc.constantFrom(5, 20, 60),
    maxptimeMs: fc.constantFrom(20, 60),
  },
  { requiredKeys: ['media', 'codecs', 'security'] },
);

const pairs = (byte: string) => Array(32).fill(byte).join(':');

const transport = (address: string, port: number, hasIce: boolean, byte: string): LocalTransport => ({
  address,
  port,
  fingerprints: [{ hash: 'sha-256', value: pairs(byte) }],
  keys: { AES_CM_128_HMAC_SHA1_80: KEY, AES_CM_128_HMAC_SHA1_32: KEY },
  ...(hasIce ? { ice: ['ice-ufrag:abcd', `ice-pwd:${'x'.repeat(22)}`] } : {}),
});

const direction = fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive');

/** A party: what it can do, and what it says of it now. */
const party = (address: string, byte: string) =>
  fc
    .record({
      media: fc.array(capabilities, { minLength: 1, maxLength: 3 }),
      directions: fc.array(direction, { minLength: 3, maxLength: 3 }),
      hasIce: fc.boolean(),
      bundle: fc.boolean(),
      codecOrder: fc.constantFrom('theirs' as const, 'ours' as const),
      answerWith: fc.constantFrom('all' as const, 'one' as const),
    })
    .map(({ media, directions, hasIce, ...rest }) => {
      const options: OfferAnswerOptions = { origin: { sessionId: '1', address }, media, ...rest };
      const local: readonly LocalMedia[] = media.map((_, at) => ({
        direction: directions[at]!,
        transport: transport(address, 40_000 + 2 * at, hasIce, byte),
      }));
      return { options, local };
    });

const mentions = (description: SessionDescription): SessionDescription => {
  const read = parseSdp(writeSdp(description));
  if (read instanceof Malformed) throw new Error(read.why);
  return read;
};

/** RFC 3264 §6, RFC 5888 §9.2, RFC 8842 §5.3: what every answer owes its offer. */
const expectValid = (offer: SessionDescription, answer: SessionDescription): void => {
  expect(answer.media.length).toBe(offer.media.length);
  for (const [at, said] of answer.media.entries()) {
    const asked = offer.media[at]!;
    expect(said.media).toBe(asked.media);
    expect(said.protocol).toBe(asked.protocol);
    expect(find(Mid, said)).toBe(find(Mid, asked));
    expect(new Set(said.formats).size).toBe(said.formats.length);
    expect(asked.formats).toEqual(expect.arrayContaining([...said.formats]));
    if (said.port === 0) continue;
    expect(asked.port).not.toBe(0);
    expect(said.formats.length).toBeGreaterThan(0);
    const [theirs, ours] = [directionOf(asked, offer), directionOf(said, answer)];
    expect(narrowed(ours, reversed(theirs))).toBe(ours);
    for (const map of getAll(said, RtpMap)) {
      const same = getAll(asked, RtpMap).find(({ payloadType }) => payloadType === map.payloadType);
      expect(map.name.toLowerCase()).toBe(same?.name.toLowerCase());
      expect(map.clockRateHz).toBe(same?.clockRateHz);
    }
    if (find(RtcpMux, said)) expect(find(RtcpMux, asked)).toBe(true);
    const setup = find(Setup, said);
    if (getAll(said, Fingerprint).length > 0) expect(['active', 'passive']).toContain(setup);
    else expect(setup).toBeUndefined();
  }
  const alive = new Set(answer.media.flatMap((media) => (media.port === 0 ? [] : (find(Mid, media) ?? []))));
  for (const group of getAll(answer, Group)) for (const mid of group.mids) expect(alive).toContain(mid);
};

/** What one sends the other receives, and under the number that the other expects. */
const expectMirrored = (one: AgreedStream, other: AgreedStream): void => {
  expect(one.direction).toBe(reversed(other.direction));
  expect(
    one.codecs.map(({ name, sendPayloadType, receivePayloadType }) => [
      name.toLowerCase(),
      sendPayloadType,
      receivePayloadType,
    ]),
  ).toEqual(
    other.codecs.map(({ name, sendPayloadType, receivePayloadType }) => [
      name.toLowerCase(),
      receivePayloadType,
      sendPayloadType,
    ]),
  );
  expect(one.rtcpMux).toBe(other.rtcpMux);
  expect(one.security.kind).toBe(other.security.kind);
  expect(one.dtmf?.sendPayloadType).toBe(other.dtmf?.receivePayloadType);
  expect(one.dtmf?.events).toEqual(other.dtmf?.events);
  expect(one.bundledWith).toBe(other.bundledWith);
  expect(one.ice === undefined).toBe(other.ice === undefined);
  if (one.security.kind === 'dtls-srtp' && other.security.kind === 'dtls-srtp')
    expect(one.security.role).not.toBe(other.security.role);
  if (one.security.kind === 'sdes' && other.security.kind === 'sdes') {
    expect(one.security.local).toEqual(other.security.remote);
    expect(one.security.remote).toEqual(other.security.local);
  }
};

const expectSameView = (one: OfferAnswer, other: OfferAnswer): void => {
  expect(one.session?.media.length).toBe(other.session?.media.length);
  for (const [at, mine] of (one.session?.media ?? []).entries()) {
    const theirs = other.session!.media[at]!;
    expect(mine.kind).toBe(theirs.kind);
    if (mine.kind === 'agreed' && theirs.kind === 'agreed') expectMirrored(mine, theirs);
  }
};

/** An offer and its answer over the wire; whether it came to one. */
const exchange = (
  from: OfferAnswer,
  to: OfferAnswer,
  offered: readonly (LocalMedia | undefined)[],
  answered: readonly (LocalMedia | undefined)[],
): boolean => {
  const offer = mentions(from.offer(offered));
  const verdict = to.receiveOffer(offer);
  if (verdict.kind !== 'considered') {
    expect(verdict.kind).toBe('not acceptable');
    expect(to.state).toBe('stable');
    from.rollback();
    return false;
  }
  const answer = to.answer(answered);
  if (answer.kind !== 'answered') throw new Error(`what was considered is not acceptable: ${answer.why}`);
  const description = mentions(answer.description);
  expectValid(offer, description);
  const verdictOfAnswer = from.receiveAnswer(description);
  // Who offers with RTCP at no port of its own may be answered by one who never multiplexes.
  if (verdictOfAnswer instanceof Malformed) {
    expect(verdictOfAnswer.clause).toBe('RFC 8858 §4');
    return false;
  }
  expect(verdictOfAnswer.kind).toBe('agreed');
  expectSameView(from, to);
  return true;
};

describe('for any two that talk', () => {
  it('an answer is valid for its offer, and both ends agree on the same', () => {
    fc.assert(
      fc.property(party('192.0.2.1', 'AB'), party('192.0.2.2', 'CD'), (caller, callee) => {
        exchange(
          new OfferAnswer(caller.options),
          new OfferAnswer(callee.options),
          caller.local,
          callee.local,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('whoever offers again, lines, numbers, mids and roles stay, and versions grow with each change', () => {
    const again = fc.array(
      fc.record({ isCaller: fc.boolean(), direction, media: fc.nat(2), isGone: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(party('192.0.2.1', 'AB'), party('192.0.2.2', 'CD'), again, (caller, callee, steps) => {
        const one = new OfferAnswer(caller.options);
        const other = new OfferAnswer(callee.options);
        fc.pre(exchange(one, other, caller.local, callee.local));
        for (const { isCaller, direction: wanted, media, isGone } of steps) {
          const [from, to, own] = isCaller ? [one, other, caller] : [other, one, callee];
          const before = from.session!.media;
          const changes = own.local.map((local, at) => {
            if (at !== media % own.local.length) return {};
            return isGone ? undefined : { ...local, direction: wanted };
          });
          const hasAll = own.local.map((local, at) =>
            changes[at] === undefined ? undefined : { ...local, ...changes[at] },
          );
          if (!exchange(from, to, hasAll, (isCaller ? callee : caller).local)) return;
          const after = from.session!.media;
          expect(after.length).toBeGreaterThanOrEqual(before.length);
          for (const [at, was] of before.entries()) {
            const is = after[at]!;
            expect(is.media).toBe(was.media);
            expect(is.mid ?? was.mid).toBe(was.mid ?? is.mid);
            if (was.kind !== 'agreed' || is.kind !== 'agreed' || was.capability !== is.capability) continue;
            // A line that comes to share another's transport takes part in that one's association.
            const isSameAssociation = was.bundledWith === is.bundledWith;
            if (isSameAssociation && was.security.kind === 'dtls-srtp' && is.security.kind === 'dtls-srtp')
              expect(is.security.role).toBe(was.security.role);
            for (const codec of was.codecs) {
              const same = is.codecs.find(
                ({ receivePayloadType }) => receivePayloadType === codec.receivePayloadType,
              );
              if (same !== undefined) expect(same.name.toLowerCase()).toBe(codec.name.toLowerCase());
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('an answer to any text that is an offer is valid for it', () => {
    const format = fc.constantFrom(
      '0',
      '8',
      '08',
      '9',
      '10',
      '13',
      '18',
      '96',
      '97',
      '111',
      '126',
      'x',
      '200',
    );
    const attribute = fc.constantFrom(
      ...[
        'rtpmap:96 opus/48000/2',
        'rtpmap:97 L16/48000/2',
        'rtpmap:111 OPUS/48000',
        'rtpmap:126 telephone-event/8000',
      ],
      ...[
        'rtpmap:96 telephone-event/48000',
        'fmtp:96 octet-align=1',
        'rtpmap:97 AMR/8000',
        'rtpmap:9 G722/16000',
      ],
      ...[
        'sendonly',
        'recvonly',
        'inactive',
        'rtcp-mux',
        'bundle-only',
        'mid:1',
        'mid:a b',
        'ptime:20',
        'rtcp:9',
      ],
      ...['setup:actpass', 'setup:holdconn', 'setup:passive', `fingerprint:sha-256 ${pairs('EF')}`],
      ...[
        `crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${KEY}`,
        'ice-ufrag:abcd',
        `ice-pwd:${'y'.repeat(22)}`,
        'ice-mismatch',
      ],
    );
    const media = fc.record({
      media: fc.constantFrom('audio', 'audio', 'video', 'application'),
      port: fc.constantFrom(0, 9, 5_004),
      protocol: fc.constantFrom('RTP/AVP', 'RTP/SAVPF', 'UDP/TLS/RTP/SAVPF', 'UDP/TLS/RTP/SAVP', 'udptl'),
      formats: fc.uniqueArray(format, { minLength: 1 }),
      address: fc.constantFrom('192.0.2.9', '0.0.0.0', '2001:db8::9'),
      attributes: fc.uniqueArray(attribute),
    });
    fc.assert(
      fc.property(fc.array(media, { maxLength: 5 }), party('192.0.2.2', 'CD'), (lines, callee) => {
        const text = lines.flatMap(({ media: kind, port, protocol, formats, address, attributes }) => [
          `m=${kind} ${port} ${protocol} ${formats.join(' ')}`,
          `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`,
          ...attributes.map((one) => `a=${one}`),
        ]);
        const offer = parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 't=0 0', ...text].join('\n'));
        if (offer instanceof Malformed) throw new Error(offer.why);
        const one = new OfferAnswer({ ...callee.options, bundle: false });
        if (one.receiveOffer(offer).kind !== 'considered') return;
        const answer = one.answer(callee.local);
        if (answer.kind !== 'answered') throw new Error(answer.why);
        const description = mentions(answer.description);
        expect(description.media.length).toBe(lines.length);
        for (const [at, said] of description.media.entries()) {
          const asked = offer.media[at]!;
          expect([said.media, said.protocol]).toEqual([asked.media, asked.protocol]);
          expect(asked.formats).toEqual(expect.arrayContaining([...said.formats]));
          if (said.port === 0) continue;
          expect(asked.port).not.toBe(0);
          const [theirs, ours] = [directionOf(asked), directionOf(said)];
          expect(sends(ours) && !receives(theirs)).toBe(false);
          expect(receives(ours) && !sends(theirs)).toBe(false);
          const agreed = answer.session.media[at]!;
          if (agreed.kind === 'agreed')
            expect(callee.options.media[agreed.capability]!.media).toBe(asked.media);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lines of the same mid are told apart by nobody, and answered all the same', () => {
    const one = new OfferAnswer({
      origin: { sessionId: '1', address: '192.0.2.2' },
      media: [{ media: 'audio', codecs: [CODECS[5]!], security: ['none'] }],
      bundle: true,
    });
    const offer = parseSdp(
      'v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\na=group:BUNDLE 1 1\nm=audio 9 RTP/AVP 8\na=mid:1\nm=audio 9 RTP/AVP 8\na=mid:1\n',
    );
    if (offer instanceof Malformed) throw new Error(offer.why);
    expect(one.receiveOffer(offer).kind).toBe('considered');
    const answer = one.answer([{ transport: transport('192.0.2.2', 4_000, false, 'AB') }]);
    expect(answer).toMatchObject({ description: { media: [{ port: 4_000 }, { port: 0 }] } });
    expect(lineOf(Mid, '1')).toEqual({ name: 'mid', value: '1' });
  });
});
