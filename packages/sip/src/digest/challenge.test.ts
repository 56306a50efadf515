import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DigestChallenge, formatChallenge, parseChallenge, parseChallenges } from './challenge.ts';

const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
const anyChallenge: fc.Arbitrary<DigestChallenge> = fc.record({
  realm: latin1,
  nonce: latin1,
  algorithm: fc.option(fc.constantFrom('MD5', 'SHA-256', 'SHA-512-256', 'MD5-sess'), { nil: undefined }),
  qop: fc.subarray(['auth', 'auth-int']),
  opaque: fc.option(latin1, { nil: undefined }),
  stale: fc.boolean(),
  userhash: fc.boolean(),
});

describe('challenges', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(anyChallenge, (challenge) => {
        expect(parseChallenge(formatChallenge(challenge))).toEqual(challenge);
      }),
    );
  });

  it('of several lines, and of one, come in their order; what cannot be answered is left out', () => {
    const lines = [
      'Basic realm="a"',
      'Digest realm="a", nonce="1", algorithm=SHA-256, Digest realm="a", nonce="2", NewAuth x=y, z="w"',
      'Digest realm="a',
      'Digest nonce="3"',
      'digest\tRealm=b,nonce=4,qop="auth , AUTH-INT",stale=TRUE',
      'NTLM',
      '',
    ];
    const read = parseChallenges(lines);
    expect(read.map(({ realm, nonce }) => realm + nonce)).toEqual(['a1', 'a2', 'b4']);
    expect(read[2]).toMatchObject({ qop: ['auth', 'auth-int'], stale: true, algorithm: undefined });
  });

  it('with a parameter twice are malformed', () => {
    expect(parseChallenge('Digest realm="a", nonce="1", REALM="b"')).toMatchObject({ kind: 'malformed' });
    expect(parseChallenge('Basic realm="a"')).toBeUndefined();
  });

  it('of any text end in values', () => {
    const pieces = fc.array(fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'realm', 'Digest', '\t'), {
      maxLength: 100,
    });
    fc.assert(fc.property(pieces, (text) => Array.isArray(parseChallenges([text.join('')]))));
  });
});
