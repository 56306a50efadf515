import { describe, expect, it } from 'vitest';
import { testHashes as hashes, testText as text } from '../../../../tools/testing/hashes.ts';
import type { DigestAlgorithm } from './algorithm.ts';
import { computeHa1, digestResponse, ha2, ha2OfBody, readAlgorithm, userHash } from './response.ts';

const ha1 = (user: string, realm: string, password: string) => {
  const computed = computeHa1(hashes, text, user, realm, password);
  if ('why' in computed) throw new Error(computed.why);
  return computed;
};

describe('digest responses', () => {
  it('computes RFC 2617 §3.5', () => {
    const secret = ha1('Mufasa', 'testrealm@host.com', 'Circle Of Life');
    expect(secret.MD5).toBe('939e7578ed9e3c518a452acee763bce9');
    const uri = ha2(hashes, 'MD5', 'GET', '/dir/index.html');
    expect(uri).toBe('39aff3a2bab6126f332b942af96d3366');
    const input = {
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      qop: 'auth',
      nc: '00000001',
      cnonce: '0a4f113b',
    };
    expect(digestResponse(hashes, 'MD5', secret.MD5, uri, input)).toBe('6629fae49393a05397450978507c4ef1');
  });

  it.each<[DigestAlgorithm, string]>([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('computes RFC 7616 §3.9.1 with %s', (algorithm, response) => {
    const input = {
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    };
    const secret = ha1('Mufasa', 'http-auth@example.org', 'Circle of Life')[algorithm];
    const uri = ha2(hashes, algorithm, 'GET', '/dir/index.html');
    expect(digestResponse(hashes, algorithm, secret, uri, input)).toBe(response);
  });

  it('computes RFC 7616 §3.9.2 with SHA-512-256, UTF-8 and userhash, as its erratum 4897 corrects it', () => {
    const [user, realm] = ['J\u00e4s\u00f8n Doe', 'api@example.org'];
    expect(userHash(hashes, text, 'SHA-512-256', user, realm)).toBe(
      '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
    );
    const input = {
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    };
    const secret = ha1(user, realm, 'Secret, or not?')['SHA-512-256'];
    const uri = ha2(hashes, 'SHA-512-256', 'GET', '/doe.json');
    expect(digestResponse(hashes, 'SHA-512-256', secret, uri, input)).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    );
  });

  it('computes what baresip 1.0.0 and Linphone 5.1.65 sent', () => {
    // Both were configured with the password "secret"; Linphone names its algorithm, baresip does not.
    const cases = [
      ['studio', 'sip:127.0.0.1:5360;transport=udp', '752a71799d535661', '1bafe090a8f591625cc5bc8f880b5763'],
      ['linp', 'sip:192.0.2.2:5361', 'dohgSej2SqAlaPXP', '9792476836f4fae295f25a541590c72a'],
    ] as const;
    for (const [user, uri, cnonce, response] of cases) {
      const input = { nonce: 'abc123', qop: 'auth', nc: '00000001', cnonce };
      const uriHash = ha2(hashes, 'MD5', 'REGISTER', uri);
      expect(digestResponse(hashes, 'MD5', ha1(user, '*', 'secret').MD5, uriHash, input)).toBe(response);
    }
  });

  it('leaves nc, cnonce and qop out for clients of RFC 2069', () => {
    const input = { nonce: 'n', qop: undefined, nc: undefined, cnonce: undefined };
    expect(digestResponse(hashes, 'MD5', 'a', 'b', input)).toBe(hashes.hex('md5', 'a:n:b'));
  });

  it('hashes the body for auth-int', () => {
    const body = text.utf8Bytes('v=0\r\n');
    expect(ha2OfBody(hashes, 'SHA-256', 'INVITE', 'sip:b@example.com', body)).toBe(
      hashes.hex('sha256', `INVITE:sip:b@example.com:${hashes.hex('sha256', 'v=0\r\n')}`),
    );
  });

  it('hashes prepared strings as UTF-8, and says which of both cannot be prepared', () => {
    const composed = ha1('B\u00e4r', 'r', 'caf\u00e9 \u0430');
    expect(ha1('Ba\u0308r', 'r', 'cafe\u0301\u3000\u0430')).toEqual(composed);
    expect(composed['SHA-256']).toBe(
      hashes.hex('sha256', text.latin1(text.utf8Bytes('B\u00e4r:r:caf\u00e9 \u0430'))),
    );
    expect(computeHa1(hashes, text, 'a\u0007', 'r', 'p')).toMatchObject({
      why: expect.stringContaining('user name'),
    });
    expect(computeHa1(hashes, text, 'a', 'r', '')).toMatchObject({ why: 'the password: it is empty' });
  });

  it('reads algorithms in any case and refuses the session variants', () => {
    expect([undefined, 'md5', 'sha-256', 'SHA-512-256'].map(readAlgorithm)).toEqual([
      'MD5',
      'MD5',
      'SHA-256',
      'SHA-512-256',
    ]);
    expect(['MD5-sess', 'SHA-256-sess', 'SHA-512', ''].map(readAlgorithm)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
