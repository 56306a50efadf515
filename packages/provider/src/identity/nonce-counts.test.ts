import { after, seededRandom, type WallTime, wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testHashes as hashes } from '../../../../tools/testing/hashes.ts';
import type { Account } from '../accounts/account.ts';
import { NonceCounts } from './nonce-counts.ts';
import { Nonces } from './nonces.ts';

const NOW = wallTime(1_790_000_000_000);
const account = (id = 1, passwordVersion = 1) => ({ id, passwordVersion }) as Account;
const all = new Nonces({ hashes, random: seededRandom(1) }, new Uint8Array(32));
const issue = (now: WallTime = NOW) => all.issue('192.0.2.1', now);

describe('nonce counts', () => {
  it('are good once each, in any order within 64', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 150 }), (sequence) => {
        const counts = new NonceCounts();
        const nonce = issue();
        const used = new Set<number>();
        let highest = 0;
        for (const count of sequence) {
          const good = !used.has(count) && (used.size === 0 || count >= highest - 64);
          expect(counts.use(account(), nonce, count, NOW)).toBe(good);
          if (good) used.add(count);
          if (good) highest = Math.max(highest, count);
        }
      }),
    );
  });

  it('go up to eight hexadecimal digits', () => {
    const counts = new NonceCounts();
    const nonce = issue();
    expect(counts.use(account(), nonce, 0xffffffff, NOW)).toBe(true);
    expect(counts.use(account(), nonce, 0xffffffff, NOW)).toBe(false);
    expect(counts.use(account(), nonce, 0xfffffffe, NOW)).toBe(true);
    expect(counts.use(account(), nonce, 1, NOW)).toBe(false);
  });

  it('belong to one account, and end with its password', () => {
    const counts = new NonceCounts();
    const nonce = issue();
    expect(counts.use(account(1), nonce, 1, NOW)).toBe(true);
    expect(counts.use(account(2), nonce, 1, NOW)).toBe(true);
    expect(counts.use(account(1, 2), nonce, 2, NOW)).toBe(false);
    expect(counts.use(account(1), nonce, 2, NOW)).toBe(true);
  });

  it('are remembered as long as their nonce is good', () => {
    const counts = new NonceCounts();
    const nonces = Array.from({ length: 300 }, (_, second) => issue(after(NOW, second * 1_000)));
    for (const [second, nonce] of nonces.entries()) {
      expect(counts.use(account(), nonce, 1, after(NOW, second * 1_000))).toBe(true);
    }
    for (const [second, nonce] of nonces.entries()) {
      expect(counts.use(account(), nonce, 1, after(NOW, second * 1_000 + 300_000))).toBe(false);
    }
  });

  it('that had to be forgotten are not taken again', () => {
    const counts = new NonceCounts({ nonces: 10 });
    const nonces = Array.from({ length: 100 }, (_, second) => issue(after(NOW, second * 1_000)));
    for (const [second, nonce] of nonces.entries()) {
      expect(counts.use(account(), nonce, 1, after(NOW, second * 1_000))).toBe(true);
    }
    const end = after(NOW, 100_000);
    for (const nonce of nonces) expect(counts.use(account(), nonce, 1, end)).toBe(false);
    expect(counts.use(account(), nonces[99]!, 2, end)).toBe(true);
    expect(counts.use(account(), nonces[89]!, 2, end)).toBe(false);
    expect(counts.use(account(), issue(end), 1, end)).toBe(true);
  });

  it('of one nonce count against the bound for each account', () => {
    const counts = new NonceCounts({ nonces: 10 });
    const nonce = issue();
    for (let id = 0; id < 11; id++) expect(counts.use(account(id), nonce, 1, NOW)).toBe(true);
    expect(counts.use(account(20), nonce, 1, NOW)).toBe(false);
    const later = after(NOW, 1_000);
    const next = issue(later);
    for (let id = 0; id < 10; id++) expect(counts.use(account(id), next, 1, later)).toBe(true);
    expect(counts.use(account(1), next, 1, later)).toBe(false);
  });

  it('take serials that a peer made up, for itself', () => {
    const counts = new NonceCounts();
    const [second, , signature] = issue().split('.');
    for (const serial of ['zzzzzzzzzzzz', 'x'.repeat(1_000), '~!', '\u00ff', '']) {
      const nonce = `${second}.${serial}.${signature}`;
      expect(counts.use(account(), nonce, 1, NOW)).toBe(true);
      expect(counts.use(account(), nonce, 1, NOW)).toBe(false);
    }
  });
});
