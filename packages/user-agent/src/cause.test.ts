import { expect, test } from 'vitest';
import { causeOf, causeOfTransfer } from './cause.ts';

test('who would not be transferred is told from whom it would be transferred to', () => {
  for (const status of [403, 405, 501, 603])
    expect(causeOfTransfer(status)).toMatchObject({
      status,
      what: 'The other side refuses to be transferred.',
    });
  for (const status of [404, 408, 503]) expect(causeOfTransfer(status)).toEqual(causeOf(status));
});
