import type { MediaSecurity } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { otherSecurity } from './terms.ts';

const others = (...security: MediaSecurity[]) => otherSecurity({ security } as never);

test('what a first offer does not say alone may be offered where it is refused, and nothing that is not allowed', () => {
  // Beside plain RTP (RFC 8643): each alone, in the order of the policy.
  expect(others('dtls-srtp', 'sdes', 'none')).toEqual(['dtls-srtp', 'sdes', 'none']);
  expect(others('none', 'sdes')).toEqual(['none', 'sdes']);
  // The best is offered alone.
  expect(others('dtls-srtp', 'sdes')).toEqual(['sdes']);
  for (const only of ['dtls-srtp', 'sdes', 'none'] as const) expect(others(only)).toEqual([]);
});

test('who refuses an offer of copies may take the same without them', () => {
  const terms = { security: ['dtls-srtp'], duplicate: { delayMs: 50 } };
  expect(otherSecurity(terms as never)).toEqual(['dtls-srtp']);
  expect(otherSecurity({ ...terms, duplicate: false } as never)).toEqual([]);
});
