import { expect, test } from 'vitest';
import { offeredProfile } from './offered-profile.ts';

const offer = (...lines: string[]): string =>
  `${['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines].join('\r\n')}\r\n`;
const opus = (parameters: string, ...more: string[]): string =>
  offer('m=audio 5000 RTP/AVP 111 101', 'a=rtpmap:111 opus/48000/2', `a=fmtp:111 ${parameters}`, ...more);
const KEYS = 'a=rtpmap:101 telephone-event/48000';

test.each([
  ['a studio: linear sound first', offer('m=audio 5000 RTP/AVP 96', 'a=rtpmap:96 L16/48000/2'), 'lossless'],
  ['a studio codec: a number of RFC 3551', offer('m=audio 5000 RTP/AVP 10 0'), 'lossless'],
  ['music: stereo, and no keys', opus('stereo=1;sprop-stereo=1'), 'music-stereo'],
  ['a browser for music', opus('minptime=10;maxaveragebitrate=256000;stereo=1', KEYS), 'music-stereo'],
  ['a phone that knows stereo', opus('stereo=1;sprop-stereo=1', KEYS), undefined],
  ['a browser', opus('minptime=10;useinbandfec=1', KEYS), undefined],
  [
    'a telephone that knows linear sound',
    offer('m=audio 5000 RTP/AVP 96', 'a=rtpmap:96 L16/8000'),
    undefined,
  ],
  ['linear sound as the last resort', offer('m=audio 5000 RTP/AVP 8 10'), undefined],
  ['no sound', offer('m=audio 0 RTP/AVP 10'), undefined],
  ['a video alone', offer('m=video 5000 RTP/AVP 96'), undefined],
  ['nonsense', 'nonsense', undefined],
])('%s', (_, text, profile) => {
  expect(offeredProfile(text)).toBe(profile);
});
