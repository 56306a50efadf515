import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  Content,
  Crypto,
  DuplicationDelay,
  EbuAcip,
  Extmap,
  ebuAcipLines,
  ebuAcipProfile,
  Fingerprint,
  Fmtp,
  Group,
  Malformed,
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
} from '../index.ts';
import { attributeLine } from '../parse.ts';
import { directionOf, narrowed, reversed } from './direction.ts';

const any = <T>(attribute: Attribute<T>) => attribute as Attribute<unknown>;
const KEY = 'WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp';
const SHA1 = '4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB';

describe('an attribute', () => {
  it.each([
    [any(RtpMap), '111 opus/48000/2', { payloadType: 111, name: 'opus', clockRateHz: 48_000, channels: 2 }],
    [any(RtpMap), '9 G722/8000', { payloadType: 9, name: 'G722', clockRateHz: 8_000, channels: 1 }],
    [
      any(Fmtp),
      '111 minptime=10;useinbandfec=1',
      { payloadType: 111, parameters: 'minptime=10;useinbandfec=1' },
    ],
    [any(Ptime), '20', 20],
    [any(Rtcp), '9 IN IP4 0.0.0.0', { port: 9, address: '0.0.0.0' }],
    [any(Rtcp), '53020', { port: 53_020 }],
    [any(RtcpFeedback), '* trr-int 1000', { feedback: 'trr-int 1000' }],
    [any(RtcpFeedback), '111 transport-cc', { payloadType: 111, feedback: 'transport-cc' }],
    [any(Fingerprint), `sha-1 ${SHA1}`, { hash: 'sha-1', value: SHA1 }],
    [any(Setup), 'actpass', 'actpass'],
    [any(TlsId), 'abc3de65cddef001be82', 'abc3de65cddef001be82'],
    [
      any(Crypto),
      `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`,
      { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: KEY },
    ],
    [
      any(Crypto),
      `2 AES_CM_128_HMAC_SHA1_32 inline:${KEY}|2^20|1:4`,
      {
        tag: 2,
        suite: 'AES_CM_128_HMAC_SHA1_32',
        key: KEY,
        lifetime: '2^20',
        masterKeyIndex: { value: 1, bytes: 4 },
      },
    ],
    [any(Mid), '0', '0'],
    [any(Group), 'DUP S1a S1b', { semantics: 'DUP', mids: ['S1a', 'S1b'] }],
    [any(Msid), '4912b624-e7e6 0b1ad47a', { stream: '4912b624-e7e6', track: '0b1ad47a' }],
    [any(Ssrc), '1000 cname:ch1@example.com', { ssrc: 1_000, attribute: 'cname', value: 'ch1@example.com' }],
    [any(SsrcGroup), 'DUP 1000 1010', { semantics: 'DUP', ssrcs: [1_000, 1_010] }],
    [any(DuplicationDelay), '50', [50]],
    [any(DuplicationDelay), '50 100', [50, 100]],
    [
      any(Extmap),
      '1/sendonly urn:x-one a b',
      { id: 1, direction: 'sendonly', uri: 'urn:x-one', parameters: 'a b' },
    ],
    [any(EbuAcip), 'version 0', { kind: 'version', version: 0 }],
    [any(EbuAcip), 'jb 0 1', { kind: 'jb', options: [0, 1] }],
    [any(EbuAcip), 'jbdef 0 fixed 20', { kind: 'jbdef', buffer: { option: 0, kind: 'fixed', ms: 20 } }],
    [
      any(EbuAcip),
      'jbdef 1 auto 50-500',
      { kind: 'jbdef', buffer: { option: 1, kind: 'auto', minMs: 50, maxMs: 500 } },
    ],
    [any(EbuAcip), 'qosrec 46', { kind: 'qosrec', dscp: 46 }],
    [any(EbuAcip), 'plength 97 4', { kind: 'plength', payloadType: 97, ms: 4 }],
    [any(EbuAcip), 'fec 1 2 3', { kind: 'other', name: 'fec', value: '1 2 3' }],
    [
      any(TsRefclk),
      'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37',
      { kind: 'ptp', version: 'IEEE1588-2008', grandmaster: '39-A7-94-FF-FE-07-CB-D0', domain: '37' },
    ],
    [any(TsRefclk), 'ntp=/traceable/', { kind: 'ntp', server: '/traceable/' }],
    [any(TsRefclk), 'localmac=00-11-22-33-44-55', { kind: 'localmac', mac: '00-11-22-33-44-55' }],
    [any(TsRefclk), 'gps', { kind: 'other', source: 'gps' }],
    [any(MediaClk), 'direct=963214424', { source: 'direct', offset: 963_214_424 }],
    [any(MediaClk), 'direct=0 rate=1000/1001', { source: 'direct', offset: 0, rest: 'rate=1000/1001' }],
    [any(MediaClk), 'sender', { source: 'sender' }],
    [any(Content), 'main,alt', ['main', 'alt']],
  ])('%o reads and writes %s', (attribute, text, value) => {
    expect(attribute.decode(text)).toEqual(value);
    expect(attribute.encode(value)).toBe(text);
  });

  it.each([
    [any(RtpMap), '128 opus/48000/2'],
    [any(RtpMap), '111 opus'],
    [any(RtpMap), 'opus/48000'],
    [any(RtpMap), '111 opus/48000/0'],
    [any(RtpMap), 'NaN opus/48000'],
    [any(Fmtp), 'x y'],
    [any(Ptime), '0'],
    [any(Ptime), '-20'],
    [any(Ptime), 'Infinity'],
    [any(Rtcp), '70000'],
    [any(RtcpFeedback), 'x nack'],
    [any(RtcpFeedback), '*'],
    [any(Fingerprint), 'sha-256 AB:C'],
    [any(Fingerprint), 'sha-256'],
    [any(Setup), 'holding'],
    [any(TlsId), 'short'],
    [any(Crypto), `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY.slice(1)}`],
    [any(Crypto), `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY} UNENCRYPTED_SRTP`],
    [any(Crypto), `1 NOBODY_KNOWS_THIS inline:${KEY}`],
    [any(Crypto), `1 toString inline:${KEY}`],
    [any(Crypto), `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1:4|1:4|1:4`],
    [any(Mid), 'a b'],
    [any(Group), ''],
    [any(Ssrc), '4294967296 cname:a'],
    [any(SsrcGroup), 'DUP one'],
    [any(DuplicationDelay), ''],
    [any(DuplicationDelay), 'soon'],
    [any(DuplicationDelay), '-5'],
    [any(DuplicationDelay), '60001'],
    [any(Extmap), '0 urn:x'],
    [any(Extmap), '1/both urn:x'],
    [any(EbuAcip), 'jbdef 0 auto 500-50'],
    [any(EbuAcip), 'qosrec 64'],
    [any(EbuAcip), 'plength 200 4'],
    [any(EbuAcip), 'jb'],
    [any(MediaClk), 'direct=x'],
    [any(TsRefclk), ''],
  ])('%o says what is wrong with %s', (attribute, text) => {
    const value = attribute.decode(text);
    expect(value).toBeInstanceOf(Malformed);
    expect((value as Malformed).clause).toMatch(/^(?:RFC|EBU)/);
  });

  it('takes hexadecimal digits and hashes in either case, and keys without their padding', () => {
    expect(Fingerprint.decode('SHA-1 ab:cd')).toEqual({ hash: 'sha-1', value: 'AB:CD' });
    const gcm = 'A'.repeat(38);
    expect(Crypto.decode(`1 AEAD_AES_128_GCM inline:${gcm}`)).toMatchObject({ key: `${gcm}==` });
    expect(Crypto.decode(`1 AEAD_AES_128_GCM inline:${gcm}==`)).toMatchObject({ key: `${gcm}==` });
  });
});

describe('the profile of EBU Tech 3368', () => {
  const lines = [
    'ebuacip:version 0',
    'ebuacip:jb 1 0',
    'ebuacip:jbdef 0 fixed 20',
    'ebuacip:jbdef 1 auto 50-500',
    'ebuacip:qosrec 46',
    'ebuacip:plength 97 4',
    'ebuacip:plength 10 4',
  ];

  it('is gathered from its lines, buffers in the order of jb', () => {
    expect(ebuAcipProfile({ attributes: lines.map(attributeLine) })).toEqual({
      version: 0,
      jitterBuffers: [
        { option: 1, kind: 'auto', minMs: 50, maxMs: 500 },
        { option: 0, kind: 'fixed', ms: 20 },
      ],
      dscp: 46,
      packetLengthsMs: { 10: 4, 97: 4 },
    });
    expect(ebuAcipProfile({ attributes: [] })).toBeUndefined();
  });

  it('is written for the formats that are there', () => {
    const profile = ebuAcipProfile({ attributes: lines.map(attributeLine) })!;
    const attributes = ebuAcipLines(profile, ['97']);
    expect(ebuAcipProfile({ attributes })).toEqual({ ...profile, packetLengthsMs: { 97: 4 } });
  });
});

describe('a direction', () => {
  it('is sendrecv where nobody says anything, and the session speaks for its media', () => {
    const says = (...names: readonly string[]) => ({ attributes: names.map(attributeLine) });
    expect(directionOf(says(), says())).toBe('sendrecv');
    expect(directionOf(says(), says('recvonly'))).toBe('recvonly');
    expect(directionOf(says('inactive'), says('recvonly'))).toBe('inactive');
  });

  it('is turned for the other end, and narrowed by it', () => {
    expect(reversed('sendonly')).toBe('recvonly');
    expect(reversed('inactive')).toBe('inactive');
    expect(narrowed('sendrecv', 'recvonly')).toBe('recvonly');
    expect(narrowed('sendonly', 'recvonly')).toBe('inactive');
  });
});
