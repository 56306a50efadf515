import { expect, it } from 'vitest';
import { checkWishes } from './check-wishes.ts';

it.each([
  [{ profile: 'hifi' }, 'the profile "hifi" is none: take one of voice, interview'],
  [{ security: ['tls'] }, 'the security ["tls"] is none: give a list of dtls-srtp, sdes, none'],
  [{ security: 'sdes' }, 'the security "sdes" is none'],
  [{ security: [] }, 'the security [] is none'],
  [{ duplicate: { delayMs: 501 } }, 'duplicate {"delayMs":501} is none: give { delayMs } of 0 to 500'],
  [{ duplicate: true }, 'duplicate true is none'],
])('%j is refused by a word that says what may stand there', (wishes, words) => {
  const check = () => checkWishes(wishes as never);
  expect(check).toThrow(TypeError);
  expect(check).toThrow(words);
});

it('what can be meant is let through', () => {
  checkWishes({});
  checkWishes({ profile: 'lossless', security: ['sdes', 'none'], duplicate: { delayMs: 0 } });
  checkWishes({ duplicate: false });
});
