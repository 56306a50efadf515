import { expect, test } from 'vitest';
import { Foundations } from './foundation.ts';

test('candidates share a foundation exactly when type, base, server and transport are the same (RFC 8445 §5.1.1.3)', () => {
  const foundations = new Foundations();
  const origin = { type: 'srflx', base: '10.0.0.1', server: '192.0.2.1', transport: 'udp' } as const;
  const first = foundations.of(origin);
  expect(foundations.of({ ...origin })).toBe(first);
  const others = [
    { ...origin, type: 'prflx' as const },
    { ...origin, base: '10.0.0.2' },
    { ...origin, server: '192.0.2.2' },
    { ...origin, transport: 'tcp' },
  ].map((one) => foundations.of(one));
  expect(new Set([first, ...others]).size).toBe(5);
});
