import { expect, it } from 'vitest';
import { transportLimits } from '../transport-options.ts';
import { Admission, AdmittedPlace } from './admission.ts';

it('half-open connections of one source take no place from another', () => {
  const admission = new Admission(transportLimits);
  const places = Array.from({ length: 5_000 }, () => admission.admit('203.0.113.6'));
  const taken = places.filter((place) => place instanceof AdmittedPlace);
  expect(taken).toHaveLength(transportLimits.maxHalfOpenPerSource);
  expect(admission.admit('198.51.100.1')).toBeInstanceOf(AdmittedPlace);
  taken[0]?.settle();
  expect(admission.admit('203.0.113.6')).toBeInstanceOf(AdmittedPlace);
});
