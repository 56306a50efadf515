import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['prots', 'ports'],
  ['port', 'ports'],
  ['hosts', 'host'],
  ['xyzzy', undefined],
])('takes %s for %s', (text, meant) => {
  expect(nearest(text, ['host', 'ports', 'advertise'])).toBe(meant);
});
