import { expect, test } from 'vitest';
import { singleStream } from './single-stream.ts';

const offer = (...lines: readonly string[]): string =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'm=audio 40000 UDP/TLS/RTP/SAVPF 111'],
    ...['c=IN IP4 192.0.2.1', 'a=rtpmap:111 opus/48000/2', ...lines, ''],
  ].join('\r\n');
const ORIGINAL = 'a=ssrc:1000 cname:studio';

test('of a stream and its copy the stream is left', () => {
  const copies = ['a=ssrc:1010 cname:studio', 'a=ssrc-group:DUP 1000 1010', 'a=duplication-delay:50'];
  expect(singleStream(offer(ORIGINAL, ...copies, 'a=sendrecv'))).toBe(offer(ORIGINAL, 'a=sendrecv'));
});

test('anything else stays as it is, to the letter', () => {
  const other = offer(ORIGINAL, 'a=ssrc:1010 cname:studio', 'a=ssrc-group:FID 1000 1010');
  expect(singleStream(other)).toBe(other);
  expect(singleStream('a=ssrc-group:DUP 1 2')).toBe('a=ssrc-group:DUP 1 2');
});
