import { readFileSync, writeFileSync } from 'node:fs';
import type { PossiblePair } from './theory.ts';

/** docs/nat.md: what each run has found, in a section of its own between two marks. */
const PAGE = new URL('../../docs/nat.md', import.meta.url);

export type Section = 'simulator' | 'special places' | 'calls' | 'kernel';

const marksOf = (section: Section): readonly [string, string] => [
  `<!-- ${section}: written by the run, not by hand -->`,
  `<!-- ${section} ends -->`,
];

/** What stands in a section now. */
export const readSection = (section: Section): string => {
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = boundsIn(page, section);
  return page.slice(start, end).trim();
};

export const writeSection = (section: Section, text: string): void => {
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = boundsIn(page, section);
  writeFileSync(PAGE, `${page.slice(0, start)}\n\n${text.trim()}\n\n${page.slice(end)}`);
};

const boundsIn = (page: string, section: Section): readonly [number, number] => {
  const [begin, end] = marksOf(section);
  const at = page.indexOf(begin);
  const until = page.indexOf(end);
  if (at < 0 || until < at) throw new Error(`docs/nat.md has no section between ${begin} and ${end}`);
  return [at + begin.length, until];
};

/** Rows of cells as a table; the first row heads it. */
export const table = ([head, ...rows]: readonly (readonly string[])[]): string =>
  [head, head?.map(() => '---'), ...rows].map((cells) => `| ${cells?.join(' | ')} |`).join('\n');

/** `srflx–prflx`: the end of the first, and that of the second. */
export const pairText = ({ first, second }: PossiblePair): string => `${first}–${second}`;
