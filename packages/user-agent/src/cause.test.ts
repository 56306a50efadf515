import { expect, test } from 'vitest';
import { causeOf, causeOfTransfer } from './cause.ts';

test('a refusal that says when to try again says so in words', () => {
  const next = (status: number, seconds: number): string => causeOf(status, seconds).next;
  expect(causeOf(480, 30)).toEqual({
    status: 480,
    what: 'The user is not reachable at present.',
    next: 'Try again in 30 seconds.',
    retryAfterMs: 30_000,
  });
  expect([next(503, 1), next(503, 119), next(503, 121), next(503, 7_200)]).toEqual([
    'Try again in 1 second.',
    'Try again in 119 seconds.',
    'Try again in 3 minutes.',
    'Try again in 2 hours.',
  ]);
  // That another try changes nothing about is not tried again; nor what may be tried at once.
  expect(causeOf(401, 30)).toEqual({ ...causeOf(401), retryAfterMs: 30_000 });
  for (const none of [0, -5, Number.NaN]) expect(causeOf(503, none)).toEqual(causeOf(503));
});

test('who would not be transferred is told from whom it would be transferred to', () => {
  for (const status of [403, 405, 501, 603])
    expect(causeOfTransfer(status)).toMatchObject({
      status,
      what: 'The other side refuses to be transferred.',
    });
  for (const status of [404, 408, 503]) expect(causeOfTransfer(status)).toEqual(causeOf(status));
});
