import { describe, expect, it } from 'vitest';
import type { Domain } from '../accounts/account.ts';
import { isDigestUriOf } from './digest-uri.ts';

const first: Domain = { name: 'example.org', realm: 'example.org', algorithms: ['MD5'] };
const second: Domain = { name: 'example.net', realm: 'example.net', algorithms: ['MD5'] };
const hosts = new Map([
  ['example.org', first],
  ['192.0.2.9', first],
  ['example.net', second],
]);
const domains = { of: ({ host }: { host: string }) => hosts.get(host) };

describe('a digest URI', () => {
  it.each([
    ['sip:example.org', 'sip:example.org', true],
    ['sip:127.0.0.1:5360;transport=udp', 'sip:127.0.0.1:5360', true],
    ['sip:example.org', 'sip:192.0.2.9:5360;transport=udp', true],
    ['sip:b%6Fb@example.org', 'sip:bob@192.0.2.9', true],
    ['sip:bob@example.com;user=phone', 'sip:bob@example.com:5062', true],
    ['sip:bob@example.org', 'sip:carol@example.org', false],
    ['sip:example.org', 'sip:bob@example.org', true],
    ['sip:example.com', 'sip:bob@example.org', false],
    ['sip:bob@example.org', 'sip:bob@example.net', false],
    ['sip:bob@example.com', 'sip:bob@example.edu', false],
    ['tel:+1', 'tel:+1', true],
    ['tel:+1', 'tel:+2', false],
    ['', 'sip:example.org', false],
  ])('%s for %s: %s', (digestUri, requestUri, same) => {
    expect(isDigestUriOf(domains, digestUri, requestUri)).toBe(same);
  });
});
