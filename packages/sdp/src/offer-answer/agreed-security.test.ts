import { expect, it } from 'vitest';
import { Malformed, parseSdp, type SessionDescription } from '../index.ts';
import { agreedSecurity } from './agreed-security.ts';

const KEY = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WuzmlXzWW7jJ9DZIYPeMR3pnd7DFlYhTPigdFKjp\r\n';

const side = (protocol: string, lines = '') => {
  const text = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 ${protocol} 0\r\n${lines}`;
  const description = parseSdp(text) as SessionDescription;
  return { description, media: description.media[0]! };
};

it.each([
  ['RTP/AVP', '', 'RTP/SAVP', KEY, 'an answer that secures what its offer does not'],
  ['RTP/SAVP', KEY, 'RTP/AVP', '', 'an answer that does not secure what its offer secures'],
])(
  'what is wrong with an answer is told the right way round, by both sides: %s%s answered with %s%s',
  (ours, ourLines, theirs, theirLines, why) => {
    const [offer, answer] = [side(ours, ourLines), side(theirs, theirLines)];
    for (const agreed of [
      agreedSecurity(offer, answer, 'offerer'),
      agreedSecurity(answer, offer, 'answerer'),
    ]) {
      expect(agreed).toBeInstanceOf(Malformed);
      expect((agreed as Malformed).why).toContain(why);
    }
  },
);

it('the same key on both sides, or none on either', () => {
  expect(agreedSecurity(side('RTP/SAVP', KEY), side('RTP/SAVP', KEY), 'offerer')).toMatchObject({
    kind: 'sdes',
  });
  expect(agreedSecurity(side('RTP/AVP'), side('RTP/AVP'), 'offerer')).toEqual({ kind: 'none' });
});
