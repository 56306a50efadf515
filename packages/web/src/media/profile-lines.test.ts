import { type AgreedStream, Malformed, OfferAnswer, parseSdp, writeSdp } from '@ringdown/sdp';
import { describe, expect, test } from 'vitest';
import { profiled } from './profile-lines.ts';

/** As Chromium 156 offers sound. */
const CHROMIUM = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=msid:- 5a3b',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:1234 cname:xyz',
  '',
].join('\r\n');

const read = (text: string) => {
  const description = parseSdp(text);
  if (description instanceof Malformed) throw new Error(description.why);
  return description;
};
const fmtp = (text: string, payloadType: string): string =>
  new RegExp(`^a=fmtp:${payloadType} (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';

describe('a browser’s description as a profile wants it', () => {
  test('music: both channels, and the bit rate', () => {
    const offer = profiled(CHROMIUM, 'music-stereo', 'offer');
    expect(fmtp(offer, '111')).toContain('stereo=1');
    expect(fmtp(offer, '111')).toContain('sprop-stereo=1');
    expect(fmtp(offer, '111')).toContain('maxaveragebitrate=256000');
    expect(fmtp(offer, '63')).toBe('111/111');
    expect(read(offer).media[0]?.formats[0]).toBe('111');
  });

  test('telephone: what telephones speak comes first, and nothing is lost', () => {
    const [media] = read(profiled(CHROMIUM, 'telephone', 'offer')).media;
    expect(media?.formats.slice(0, 3)).toEqual(['9', '8', '0']);
    expect([...(media?.formats ?? [])].sort()).toEqual([...read(CHROMIUM).media[0]!.formats].sort());
  });

  test('lossless: linear PCM is offered under numbers that are free', () => {
    const offer = read(profiled(CHROMIUM, 'lossless', 'offer'));
    const [media] = offer.media;
    const names = media!.attributes.filter(({ name }) => name === 'rtpmap').map(({ value }) => value);
    expect(names).toContainEqual(expect.stringMatching(/^\d+ L16\/48000\/2$/));
    expect(new Set(media!.formats).size).toBe(media!.formats.length);
    expect(media!.formats[0]).toBe(names.find((one) => one?.endsWith('L16/48000/2'))?.split(' ')[0]);
  });

  test('everything else stays, and an engine of ours agrees on the profile’s codec', () => {
    const offer = profiled(CHROMIUM, 'music-stereo', 'offer');
    const [before, after] = [CHROMIUM, offer].map((text) =>
      text
        .split('\r\n')
        .filter((line) => !/^(?:a=fmtp:111|m=)/.test(line))
        .sort(),
    );
    expect(after).toEqual(before);
    const ours = new OfferAnswer({
      origin: { sessionId: '1', address: '192.0.2.1' },
      media: [
        {
          media: 'audio',
          codecs: [{ name: 'opus', clockRateHz: 48_000, channels: 2, parameters: 'stereo=1;sprop-stereo=1' }],
          security: ['dtls-srtp'],
        },
      ],
    });
    expect(ours.receiveOffer(read(offer)).kind).toBe('considered');
    const fingerprints = [{ hash: 'sha-256', value: Array(32).fill('CD').join(':') }];
    const answer = ours.answer([{ transport: { address: '192.0.2.1', port: 4_000, fingerprints } }]);
    if (answer.kind !== 'answered') throw new Error(answer.why);
    const agreed = answer.session.media[0] as AgreedStream;
    expect(agreed.codecs[0]).toMatchObject({ name: 'opus', sendParameters: fmtp(offer, '111') });
    expect(writeSdp(answer.description)).toContain('a=rtcp-mux');
  });

  test('an answer keeps the order of its offer, and what cannot be read stays as it is', () => {
    expect(read(profiled(CHROMIUM, 'telephone', 'answer')).media[0]?.formats).toEqual(
      read(CHROMIUM).media[0]?.formats,
    );
    expect(profiled('nonsense', 'voice', 'offer')).toBe('nonsense');
  });
});
