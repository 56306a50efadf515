import { expect } from 'vitest';
import { readSection, type Section, writeSection } from './page.ts';

/** Checks that a section says what the run has found; RINGDOWN_WRITE_DOCS=1 writes it first. */
export const expectSection = (section: Section, text: string): void => {
  if (process.env.RINGDOWN_WRITE_DOCS === '1') writeSection(section, text);
  expect(readSection(section), 'write it anew with RINGDOWN_WRITE_DOCS=1').toBe(text.trim());
};
