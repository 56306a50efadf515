import { nodeHashes, nodeText } from '@ringdown/net';
import { type HashAlgorithm, instant, type TimerTarget, wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { browserHashes } from './hashes.ts';
import { browserRandom } from './random.ts';
import { browserText } from './text.ts';
import { createBrowserTimers } from './timers.ts';

const algorithm = fc.constantFrom<HashAlgorithm>('md5', 'sha1', 'sha256', 'sha512-256');
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const plain = (bytes: Uint8Array): number[] => [...bytes];

describe('what a browser has is what Node has', () => {
  test('hashes', () => {
    fc.assert(
      fc.property(
        algorithm,
        latin1,
        fc.uint8Array(),
        fc.uint8Array({ minLength: 1 }),
        (name, text, bytes, key) => {
          expect(browserHashes.hex(name, text)).toBe(nodeHashes.hex(name, text));
          expect(plain(browserHashes.digest(name, bytes))).toEqual(plain(nodeHashes.digest(name, bytes)));
          expect(plain(browserHashes.hmac(name, key, bytes))).toEqual(
            plain(nodeHashes.hmac(name, key, bytes)),
          );
          expect(browserHashes.hmacToken(name, key, text)).toBe(nodeHashes.hmacToken(name, key, text));
        },
      ),
    );
  });

  test('text, however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.nat(9), (text, bytes, at) => {
        expect(browserText.latin1(bytes)).toBe(nodeText.latin1(bytes));
        expect(browserText.latin1(bytes, at, at + 5)).toBe(nodeText.latin1(bytes, at, at + 5));
        expect(plain(browserText.latin1Bytes(text))).toEqual(plain(nodeText.latin1Bytes(text)));
        expect(browserText.utf8(bytes)).toBe(nodeText.utf8(bytes));
        expect(plain(browserText.utf8Bytes(text))).toEqual(plain(nodeText.utf8Bytes(text)));
      }),
    );
    const long = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    expect(browserText.latin1(long)).toBe(nodeText.latin1(long));
  });

  test('chance: of the length and the letters that are asked for, and within 0 and 1', () => {
    expect(browserRandom.token(33)).toMatch(/^[a-z0-9]{33}$/);
    expect(browserRandom.token(33)).not.toBe(browserRandom.token(33));
    expect(browserRandom.bytes(100_000)).toHaveLength(100_000);
    for (let times = 0; times < 1_000; times++) {
      const fraction = browserRandom.fraction();
      expect(fraction).toBeGreaterThanOrEqual(0);
      expect(fraction).toBeLessThan(1);
    }
  });

  test('timers: in their order, not before their time, and none once they are stopped or closed', () => {
    vi.useFakeTimers();
    try {
      let now = 0;
      const timers = createBrowserTimers({ now: () => instant(now), wallTime: () => wallTime(now) });
      const fired: string[] = [];
      const target: TimerTarget = { timerFired: (name) => fired.push(`${name} ${now}`) };
      const passes = (milliseconds: number): void => {
        for (const end = now + milliseconds; now < end; ) {
          now++;
          vi.advanceTimersByTime(1);
        }
      };
      timers.start(target, 'late', 50);
      timers.start(target, 'soon', 10);
      const stopped = timers.start(target, 'stopped', 20);
      timers.stop(stopped);
      passes(30);
      expect(fired).toEqual([expect.stringMatching(/^soon 1[0-2]$/)]);
      passes(30);
      expect(fired).toHaveLength(2);
      timers.start(target, 'never', 10);
      timers.close();
      passes(100);
      expect(fired).toHaveLength(2);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what is due in months keeps no page awake until then', () => {
    vi.useFakeTimers();
    try {
      let asked = 0;
      const timers = createBrowserTimers({
        now: () => {
          asked++;
          return instant(0);
        },
        wallTime: () => wallTime(0),
      });
      timers.start({ timerFired: () => {} }, 'late', 2 ** 34);
      asked = 0;
      vi.advanceTimersByTime(1_000);
      expect(asked).toBe(0);
      timers.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
