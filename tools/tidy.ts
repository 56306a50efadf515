/**
 * The walls and the style of the house, as rules that a test holds. `node tools/tidy.ts` prints what they find.
 */
import { fileURLToPath } from 'node:url';
import { type Finding, type Repository, type Rule, readRepository } from './tidy/repository.ts';
import { doors, endings, files, papers, uses, words } from './tidy/style.ts';
import { arrows, circles, declarations, purity } from './tidy/walls.ts';

const rules: readonly Rule[] = [
  arrows,
  purity,
  declarations,
  circles,
  files,
  words,
  endings,
  doors,
  uses,
  papers,
];

export const tidy = (repository: Repository): readonly string[] =>
  rules.flatMap((rule) => rule(repository)).map(line);

const line = ({ path, line, what }: Finding): string => `${path}${line === 0 ? '' : `:${line}`}: ${what}`;

export const top: string = fileURLToPath(new URL('..', import.meta.url));

if (import.meta.main) {
  const findings = tidy(readRepository(top));
  for (const finding of findings) console.log(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
