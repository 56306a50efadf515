import { seededRandom } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { testHashes as hashes, testText as text } from '../../../../tools/testing/hashes.ts';
import { buildRequest, buildResponse } from '../message/build.ts';
import type { SipResponse } from '../message/message.ts';
import { type DigestChallenge, formatChallenge } from './challenge.ts';
import { answerChallenge, DigestClient, selectChallenges } from './client.ts';
import { type DigestCredentials, parseCredentials } from './credentials.ts';

const URI = 'sip:example.org';
const challenge = (more: Partial<DigestChallenge> = {}): DigestChallenge => ({
  realm: 'example.org',
  nonce: 'n1',
  algorithm: 'MD5',
  qop: ['auth'],
  opaque: undefined,
  stale: false,
  userhash: false,
  ...more,
});
const client = (realm: string | undefined = 'example.org') => clientFor({ realm });
const clientFor = ({ realm }: { readonly realm: string | undefined }) =>
  new DigestClient({ hashes, text, random: seededRandom(1) }, [
    { realm, authUsername: 'alice', password: 'secret' },
  ]);
const request = (headers: readonly (readonly [string, string])[] = []) =>
  buildRequest({ method: 'REGISTER', uri: URI, headers });
const unauthorized = (challenges: readonly DigestChallenge[], status = 401): SipResponse =>
  buildResponse(request(), status, {
    headers: challenges.map((one) => [
      status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate',
      formatChallenge(one),
    ]),
  });
const credentialsOf = (lines: readonly (readonly [string, string])[]): DigestCredentials =>
  parseCredentials(lines[0]![1]) as DigestCredentials;

describe('a digest client', () => {
  it('answers the example of RFC 7616 §3.9.1', () => {
    const written = answerChallenge(
      { hashes, text },
      challenge({
        realm: 'http-auth@example.org',
        nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
        algorithm: 'SHA-256',
        opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      }),
      { authUsername: 'Mufasa', password: 'Circle of Life' },
      {
        method: 'GET',
        uri: '/dir/index.html',
        count: 1,
        cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      },
    );
    expect(parseCredentials(written as string)).toMatchObject({
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      nc: '00000001',
    });
  });

  it('hashes its user name where the server wants that (RFC 7616 §3.9.2, erratum 4897)', () => {
    const written = answerChallenge(
      { hashes, text },
      challenge({ realm: 'api@example.org', nonce: 'x', algorithm: 'SHA-512-256', userhash: true }),
      { authUsername: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' },
      { method: 'GET', uri: '/doe.json', count: 1, cnonce: 'c' },
    );
    expect(parseCredentials(written as string)).toMatchObject({
      username: '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
      userhash: true,
    });
  });

  it('takes the first challenge of each realm that it can answer', () => {
    const selected = selectChallenges([
      challenge({ algorithm: 'SHA-256-sess' }),
      challenge({ qop: ['auth-int'] }),
      challenge({ algorithm: 'SHA-256', nonce: 'n2' }),
      challenge({ nonce: 'n3' }),
      challenge({ realm: 'b', qop: [], nonce: 'n4' }),
    ]);
    expect(selected.map(({ nonce }) => nonce)).toEqual(['n2', 'n4']);
  });

  it('counts the uses of a nonce and begins anew with the next', () => {
    const alice = client();
    expect(alice.authorize('REGISTER', URI)).toEqual([]);
    expect(alice.challenged(request(), unauthorized([challenge()]))).toBe(true);
    expect(credentialsOf(alice.authorize('REGISTER', URI))).toMatchObject({ nonce: 'n1', nc: '00000001' });
    const second = alice.authorize('REGISTER', URI);
    expect(credentialsOf(second)).toMatchObject({ nonce: 'n1', nc: '00000002' });
    const stale = unauthorized([challenge({ nonce: 'n2', stale: true })]);
    expect(alice.challenged(request(second), stale)).toBe(true);
    expect(credentialsOf(alice.authorize('REGISTER', URI))).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  it('gives up when fresh credentials are refused, and not when an old nonce was', () => {
    const alice = client();
    alice.challenged(request(), unauthorized([challenge()]));
    const first = alice.authorize('REGISTER', URI);
    const again = unauthorized([challenge({ nonce: 'n2' })]);
    expect(alice.challenged(request(first), again)).toBe(false);
    const second = alice.authorize('REGISTER', URI);
    expect(alice.challenged(request(second), again)).toBe(true);
  });

  it('answers proxies in their own header, and realms it has no password for not at all', () => {
    const alice = client();
    expect(alice.challenged(request(), unauthorized([challenge({ realm: 'b' })], 407))).toBe(false);
    expect(alice.challenged(request(), unauthorized([challenge()], 407))).toBe(true);
    expect(alice.authorize('INVITE', URI)[0]![0]).toBe('Proxy-Authorization');
  });

  it('configured with the realm * answers any with that realm', () => {
    const anyone = client('*');
    expect(anyone.challenged(request(), unauthorized([challenge({ realm: 'b' })]))).toBe(true);
    expect(credentialsOf(anyone.authorize('REGISTER', URI)).realm).toBe('b');
  });

  it('shows what one user asked for to nobody else', () => {
    const alice = client();
    const to = (user: string) =>
      buildRequest({
        method: 'INVITE',
        uri: `sip:${user}@192.0.2.7`,
        headers: [['To', `<sip:${user}@example.org>`]],
      });
    expect(alice.challenged(to('mallory'), unauthorized([challenge()]))).toBe(true);
    const shown = (user: string) => alice.authorize('INVITE', 'sip:x@192.0.2.8', `sip:${user}@example.org`);
    expect(shown('mallory')).toHaveLength(1);
    expect(shown('bob')).toEqual([]);
    expect(alice.challenged(to('mallory'), unauthorized([challenge()], 407))).toBe(true);
    expect(shown('bob').map(([name]) => name)).toEqual(['Proxy-Authorization']);
  });

  it('whose realm is not known answers the one that the registrar took, and then no other', () => {
    const alice = clientFor({ realm: undefined });
    const invite = buildRequest({ method: 'INVITE', uri: 'sip:mallory@example.org', headers: [] });
    const elsewhere = unauthorized([challenge({ realm: 'cracked.example' })]);
    expect(alice.challenged(request(), unauthorized([challenge()]))).toBe(true);
    const shown = request(alice.authorize('REGISTER', URI));
    expect(alice.challenged(invite, elsewhere)).toBe(true);
    alice.registered(shown);
    expect(alice.challenged(invite, elsewhere)).toBe(false);
    expect(alice.challenged(invite, unauthorized([challenge()], 407))).toBe(true);
    // The registrar itself may change its mind.
    expect(alice.challenged(request(), elsewhere)).toBe(true);
    // One that asks for nothing has told nothing.
    alice.registered(request());
    expect(alice.challenged(invite, elsewhere)).toBe(false);
  });
});
