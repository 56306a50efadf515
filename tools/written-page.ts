import { readFileSync, writeFileSync } from 'node:fs';

/** A page of docs/ of which runs write parts: each section of theirs stands between two marks. */
export interface WrittenPage<Section extends string> {
  /** What stands in a section now. */
  read(section: Section): string;
  write(section: Section, text: string): void;
}

/** @throws where the page has no such section */
export const writtenPage = <Section extends string>(file: URL): WrittenPage<Section> => {
  const boundsIn = (page: string, section: Section): readonly [number, number] => {
    const begin = `<!-- ${section}: written by the run, not by hand -->`;
    const at = page.indexOf(begin);
    const until = page.indexOf(`<!-- ${section} ends -->`);
    if (at < 0 || until < at) throw new Error(`${file.pathname} has no section after ${begin}`);
    return [at + begin.length, until];
  };
  return {
    read(section) {
      const page = readFileSync(file, 'utf8');
      return page.slice(...boundsIn(page, section)).trim();
    },
    write(section, text) {
      const page = readFileSync(file, 'utf8');
      const [start, end] = boundsIn(page, section);
      writeFileSync(file, `${page.slice(0, start)}\n\n${text.trim()}\n\n${page.slice(end)}`);
    },
  };
};

/** Rows of cells as a table; the first row heads it. */
export const table = ([head, ...rows]: readonly (readonly string[])[]): string =>
  [head, head?.map(() => '---'), ...rows].map((cells) => `| ${cells?.join(' | ')} |`).join('\n');
