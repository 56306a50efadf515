import { parseHead, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { ownCredentials } from './own-realms.ts';

const realms = { hasRealm: (realm: string) => realm === 'ours' };

/** Which of the Proxy-Authorizations stay here, counted from 0. */
const staying = (...values: readonly string[]): readonly number[] => {
  const lines = values.map((value) => `Proxy-Authorization: ${value}\r\n`).join('');
  const request = parseHead(`INVITE sip:b@h SIP/2.0\r\n${lines}\r\n`);
  if (!(request instanceof SipRequest)) throw new Error('no request');
  const own = ownCredentials(request, realms);
  return own.map((at) => values.indexOf(request.valueAt(at)));
};

const digest = (realm: string, more = ''): string =>
  `Digest username="u", realm="${realm}", nonce="n", uri="sip:h", response="00"${more}`;

describe('credentials of a request that goes on', () => {
  it('stay here where they are for a realm of ours, and go on where they are for another', () => {
    expect(staying(digest('theirs'), digest('ours'))).toEqual([1]);
  });

  it.each([
    ['that cannot be read', 'Digest realm="ours"'],
    ['that name two realms', digest('theirs', ', realm="ours"')],
    ['of another scheme', 'Other realm=ours'],
    ['whose realm is escaped', digest('o\\urs')],
  ])('stay here, also such %s', (_, value) => {
    expect(staying(value)).toEqual([0]);
  });

  it('go on where our realm is only spoken of', () => {
    expect(staying(digest('theirs').replace('"u"', '"realm=ours"'))).toEqual([]);
  });
});
