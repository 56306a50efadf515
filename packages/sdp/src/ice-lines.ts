import type { Section } from './session-description.ts';

/** The attributes of RFC 8839 and RFC 8840. What they mean is the business of whoever speaks ICE. */
const ICE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'candidate',
  'remote-candidates',
  'ice-lite',
  'ice-mismatch',
  'ice-ufrag',
  'ice-pwd',
  'ice-options',
  'ice-pacing',
  'end-of-candidates',
]);

/** The lines of ICE in this section, without `a=`, as they were written. */
export const iceLinesOf = (section: Section): readonly string[] =>
  section.attributes.flatMap(({ name, value }) => {
    if (!ICE_ATTRIBUTES.has(name)) return [];
    return [value === undefined ? name : `${name}:${value}`];
  });

/** Whether these sections have what a peer needs for checks, and it has not given ICE up (RFC 8839 §4.2.5). */
export const speaksIce = (...sections: readonly Section[]): boolean => {
  const has = (wanted: string) =>
    sections.some(({ attributes }) => attributes.some(({ name, value }) => name === wanted && value !== ''));
  return has('ice-ufrag') && has('ice-pwd') && !has('ice-mismatch');
};
