import { after, seededRandom, wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countingHashes, testHashes as hashes } from '../../../../tools/testing/hashes.ts';
import { Nonces } from './nonces.ts';

const KEY = new Uint8Array(32).fill(7);
const NOW = wallTime(1_790_000_000_500);
const PHONE = '192.0.2.1';
const nonces = (seed = 1, key = KEY) => new Nonces({ hashes, random: seededRandom(seed) }, key);

describe('nonces', () => {
  it('are good at the address that they were given to, also after a restart', () => {
    const nonce = nonces().issue(PHONE, NOW);
    expect(nonces(2).check(nonce, PHONE, NOW)).toBe('valid');
    expect(nonces(2).check(nonce, '192.0.2.2', NOW)).toBe('forged');
    expect(nonces(2, new Uint8Array(32)).check(nonce, PHONE, NOW)).toBe('forged');
  });

  it('are stale after five minutes, and when the clock was put back by more', () => {
    const all = nonces();
    const nonce = all.issue(PHONE, NOW);
    expect(all.check(nonce, PHONE, after(NOW, 300_000))).toBe('valid');
    expect(all.check(nonce, PHONE, after(NOW, 302_000))).toBe('stale');
    expect(all.check(nonce, PHONE, after(NOW, -60_000))).toBe('valid');
    expect(all.check(nonce, PHONE, after(NOW, -400_000))).toBe('stale');
  });

  it('differ, and cost one hash a second and address', () => {
    const counted = countingHashes();
    const all = new Nonces({ hashes: counted, random: seededRandom(1) }, KEY);
    const given = new Set<string>();
    for (let number = 0; number < 1_000; number++) given.add(all.issue(PHONE, NOW));
    for (const nonce of given) expect(all.check(nonce, PHONE, after(NOW, 300))).toBe('valid');
    expect(given.size).toBe(1_000);
    expect(counted.calls.hmac).toBe(1);
    all.issue(PHONE, after(NOW, 1_000));
    expect(counted.calls.hmac).toBe(2);
  });

  it('fit in quotes and are short', () => {
    expect(nonces().issue(PHONE, NOW)).toMatch(/^[\w.-]{20,48}$/);
  });

  it('that were changed or made up are forged', () => {
    const all = nonces();
    const nonce = all.issue(PHONE, NOW);
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), fc.constantFrom('0', 'A', '.', ' ', ''), (at, character) => {
        const changed = nonce.slice(0, at) + character + nonce.slice(at + 1);
        const serial = at > nonce.indexOf('.') && at < nonce.length - 23;
        if (changed !== nonce && !serial) expect(all.check(changed, PHONE, NOW)).not.toBe('valid');
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(all.check(text, PHONE, NOW)).toBe('forged');
      }),
    );
  });

  it('want a key that nobody guesses', () => {
    expect(() => nonces(1, new Uint8Array(16))).toThrow('at least 32 bytes');
  });
});
