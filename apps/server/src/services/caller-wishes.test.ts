import { buildRequest } from '@ringdown/sip';
import { expect, test } from 'vitest';
import { wantedProfile } from './caller-wishes.ts';

const invite = (...lines: string[]) =>
  buildRequest({
    method: 'INVITE',
    uri: 'sip:tone@radio.example',
    headers: [],
    body: Buffer.from(`v=0\r\ns=-\r\n${lines.map((line) => `${line}\r\n`).join('')}`, 'latin1'),
  });

test.each([
  ['interview', ['m=audio 4000 RTP/AVP 8 0', 'a=rtpmap:8 PCMA/8000']],
  [
    'interview',
    ['m=audio 4000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1;stereo=0'],
  ],
  ['music-stereo', ['m=audio 4000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 stereo=1']],
  [
    'music-stereo',
    ['m=audio 4000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 cbr=1; stereo=1;x=2'],
  ],
  ['interview', ['m=audio 4000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 sprop-stereo=1']],
  ['lossless', ['m=audio 4000 RTP/AVP 96 111', 'a=rtpmap:96 L16/48000/2', 'a=rtpmap:111 opus/48000/2']],
  ['lossless', ['m=audio 4000 RTP/AVP 10']],
  ['interview', ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 L16/48000/2']],
  ['interview', []],
] as const)('%s for %j', (profile, lines) => {
  expect(wantedProfile(invite(...lines))).toBe(profile);
});
