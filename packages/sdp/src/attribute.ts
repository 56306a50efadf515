import { Malformed } from './malformed.ts';
import type { AttributeLine, Section } from './session-description.ts';

/**
 * An attribute as a value: what the description does not know, the attribute does. A new attribute is a new
 * `Attribute`, never a new member of the description.
 */
export interface Attribute<T> {
  readonly name: string;
  /** @param value what stands behind the colon; empty where there is no colon */
  decode(value: string): T | Malformed;
  /** @returns undefined for a mere flag */
  encode(value: T): string | undefined;
}

/** The first attribute of this name; undefined where there is none. */
export const get = <T>(section: Section, attribute: Attribute<T>): T | Malformed | undefined => {
  const line = section.attributes.find(({ name }) => name === attribute.name);
  return line === undefined ? undefined : attribute.decode((line.value ?? '').trim());
};

/** All of this name that can be read; the others are passed over (RFC 8866 §5.13). */
export const getAll = <T>(section: Section, attribute: Attribute<T>): readonly T[] =>
  section.attributes.flatMap(({ name, value }) => {
    if (name !== attribute.name) return [];
    const decoded = attribute.decode((value ?? '').trim());
    return decoded instanceof Malformed ? [] : [decoded];
  });

/** The first that can be read, of the first of these sections that has one: a medium's own counts before its session's. */
export const find = <T>(attribute: Attribute<T>, ...sections: readonly Section[]): T | undefined => {
  for (const section of sections) {
    const [first] = getAll(section, attribute);
    if (first !== undefined) return first;
  }
  return undefined;
};

/** The line that says it. */
export const lineOf = <T>(attribute: Attribute<T>, value: T): AttributeLine => ({
  name: attribute.name,
  value: attribute.encode(value),
});

/** An attribute that says all by being there. */
export const flag = (name: string): Attribute<true> => ({
  name,
  decode: () => true,
  encode: () => undefined,
});
