import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMalformed } from '../message/malformed.ts';
import { type DigestCredentials, formatCredentials, parseCredentials } from './credentials.ts';

const read = (text: string): DigestCredentials => {
  const credentials = parseCredentials(text);
  if (credentials === undefined || isMalformed(credentials)) throw new Error(`not read: ${text}`);
  return credentials;
};
const PLAIN = 'realm="r", nonce="n", uri="sip:r", response="d"';

const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
const token = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);
const count = fc.nat().map((number) => number.toString(16).padStart(8, '0'));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const uncounted = { qop: fc.constant(undefined), nc: fc.constant(undefined), cnonce: maybe(latin1) };
const counted = { qop: fc.constantFrom('auth', 'auth-int'), nc: count, cnonce: latin1 };
const base = {
  username: latin1,
  realm: latin1,
  nonce: latin1,
  uri: latin1,
  response: token,
  algorithm: maybe(token),
  opaque: maybe(latin1),
  userhash: fc.boolean(),
};
const anyCredentials: fc.Arbitrary<DigestCredentials> = fc.oneof(
  fc.record({ ...base, ...uncounted }),
  fc.record({ ...base, ...counted }),
);

describe('credentials', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(anyCredentials, (credentials) => {
        expect(read(formatCredentials(credentials))).toEqual(credentials);
      }),
    );
  });

  it('of Linphone and baresip are read', () => {
    expect(
      read(
        'Digest realm="*", nonce="abc123", algorithm=MD5, username="linp",  uri="sip:192.0.2.2:5361", response="97", cnonce="do", nc=00000001, qop=auth',
      ),
    ).toEqual({
      realm: '*',
      nonce: 'abc123',
      algorithm: 'MD5',
      username: 'linp',
      uri: 'sip:192.0.2.2:5361',
      response: '97',
      cnonce: 'do',
      nc: '00000001',
      qop: 'auth',
      opaque: undefined,
      userhash: false,
    });
  });

  it('may be spaced, quoted and spelled oddly', () => {
    const odd = read(
      'dIGEST  ,USERNAME = "a\\"b" ,\t Realm= r ,, nonce="n",uri=sip:r;transport=udp ,response="d",algorithm="md5",qop="auth",NC="1",cnonce="",x="\\\\,",',
    );
    expect(odd).toMatchObject({ username: 'a"b', realm: 'r', uri: 'sip:r;transport=udp', algorithm: 'md5' });
    expect(odd).toMatchObject({ qop: 'auth', nc: '1', cnonce: '' });
  });

  it('read username* as the bytes it stands for', () => {
    expect(read(`Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, ${PLAIN}`).username).toBe(
      'J\u00c3\u00a4s\u00c3\u00b8n Doe',
    );
    expect(read(`Digest username*=utf-8'en'a, ${PLAIN}`).username).toBe('a');
  });

  it('of other schemes are none', () => {
    for (const text of ['', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Digestive a=b', 'NTLM']) {
      expect(parseCredentials(text)).toBeUndefined();
    }
  });

  it.each([
    ['Digest', 'the credentials have no realm'],
    [`Digest ${PLAIN}`, 'the credentials have no username'],
    [`Digest username="a", ${PLAIN}, qop=auth, cnonce="c"`, 'the credentials have no nc'],
    [`Digest username="a", ${PLAIN}, qop=auth, nc=00000001`, 'the credentials have no cnonce'],
    [`Digest username="a", ${PLAIN}, qop=auth, nc=000000001, cnonce="c"`, 'the nc'],
    [`Digest username="a", ${PLAIN}, qop=auth, nc=0x1, cnonce="c"`, 'the nc'],
    [`Digest username="a", ${PLAIN}, Username="b"`, 'the credentials have two username'],
    [`Digest username="a", username*=UTF-8''a, ${PLAIN}`, 'username* beside'],
    [`Digest username*=UTF-8''a, userhash=true, ${PLAIN}`, 'username* beside'],
    [`Digest username*=UTF-8''a%4, ${PLAIN}`, 'no UTF-8 ext-value'],
    [`Digest username*=latin1''a, ${PLAIN}`, 'no UTF-8 ext-value'],
    [`Digest username="a, ${PLAIN}`, 'behind the parameter username'],
    [`Digest ${PLAIN}, username="a`, 'do not close'],
    [`Digest ${PLAIN}, username="a\\"`, 'do not close'],
    [`Digest username="a" ${PLAIN}`, 'behind the parameter username'],
    [`Digest username=a b, ${PLAIN}`, 'no value that may stand there'],
    [`Digest username, ${PLAIN}`, 'has no value'],
    [`Digest ${PLAIN}, Basic x`, 'has no value'],
  ])('%s: malformed', (text, why) => {
    expect(parseCredentials(text)).toMatchObject({ why: expect.stringContaining(why) });
  });

  it('of any text end in a value, and soon', () => {
    const hostile = fc.array(
      fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'realm', 'Digest', "'", '%', '\0', '\u00ff'),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(hostile, (pieces) => {
        const credentials = parseCredentials(`Digest ${pieces.join('')}`);
        expect(credentials === undefined || typeof credentials === 'object').toBe(true);
      }),
    );
    const started = process.hrtime.bigint();
    for (const piece of [',', '"', '\\', 'a=,', 'a=b,', 'a="\\",', ' ']) {
      parseCredentials(`Digest ${piece.repeat(65_000 / piece.length)}`);
    }
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2_000);
  });
});
