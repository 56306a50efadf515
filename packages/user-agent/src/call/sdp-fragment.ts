/** One `m=` section of a fragment; the lines before the first have no key. */
interface Section {
  readonly key: string;
  readonly lines: string[];
}

/**
 * Two fragments of one session as one: each INFO repeats what was told before, for any of them may come late (RFC 8840 §4.4). One
 * with other credentials is of a new generation, and what was before counts no more.
 */
export const mergeFragments = (earlier: string, later: string): string => {
  const sections = sectionsOf(earlier);
  const added = sectionsOf(later);
  if (earlier === '' || credentialsOf(earlier) !== credentialsOf(later)) return write(added);
  for (const { key, lines } of added) {
    const known = sections.find((section) => section.key === key);
    if (known === undefined) sections.push({ key, lines });
    else known.lines.push(...lines.filter((line) => !known.lines.includes(line)));
  }
  return write(sections);
};

const sectionsOf = (fragment: string): Section[] => {
  const sections: Section[] = [{ key: '', lines: [] }];
  const lines = fragment.split(/\r?\n/).filter((line) => line !== '');
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('m=')) {
      const rest = lines.slice(at + 1);
      const end = rest.findIndex((one) => one.startsWith('m='));
      const mid = rest.slice(0, end < 0 ? rest.length : end).find((one) => one.startsWith('a=mid:'));
      sections.push({ key: mid ?? `${sections.length} ${line}`, lines: [] });
    }
    sections.at(-1)?.lines.push(line);
  }
  return sections;
};

/** The user fragments that a fragment names, wherever it does. */
const credentialsOf = (fragment: string): string => {
  const named = fragment.split(/\r?\n/).filter((line) => line.startsWith('a=ice-ufrag:'));
  return [...new Set(named)].join(' ');
};

const write = (sections: readonly Section[]): string =>
  sections.flatMap(({ lines }) => lines.map((line) => `${line}\r\n`)).join('');
