import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The files that the rules look at, by their paths from the top, `/` between folders. */
export type Repository = ReadonlyMap<string, string>;

/** One thing that is not as the house wants it. */
export interface Finding {
  readonly path: string;
  /** Counted from 1; 0 where it is about the whole file. */
  readonly line: number;
  readonly what: string;
}

export type Rule = (repository: Repository) => readonly Finding[];

const READ = /(?:\.ts|\.js|package\.json|tsconfig[^/]*\.json|\.md)$/;
/** Files with a dot before their name are nobody's business; what the rules are tried on breaks them. */
const PASSED_OVER = /(?:^|\/)\.[^/]*$|^tools\/tidy\.test\.ts$/;

/** Everything in git's view that is no dependency and no output: also what is not added yet. */
export const readRepository = (top: string): Repository => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: top,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const paths = [...new Set(listed.split('\0'))]
    .filter((path) => READ.test(path) && !PASSED_OVER.test(path))
    .sort();
  return new Map(
    paths
      .filter((path) => existsSync(join(top, path)))
      .map((path) => [path, readFileSync(join(top, path), 'utf8')]),
  );
};

export const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || /(?:^|\/)(?:scenarios|testing)\//.test(path);

/** TypeScript of the project, tests too. */
export const sourcesOf = (repository: Repository): readonly (readonly [string, string])[] =>
  [...repository].filter(([path]) => path.endsWith('.ts'));

/** The folder of the workspace that a file belongs to, such as `packages/sip`; undefined outside of them. */
export const workspaceOf = (path: string): string | undefined => /^(?:packages|apps)\/[^/]+/.exec(path)?.[0];

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly line: number;
  /** The file that a relative specifier means; undefined for others. */
  readonly target: string | undefined;
  /** The names taken, as the other file calls them; undefined where that cannot be told. */
  readonly names: readonly string[] | undefined;
}

const IMPORT =
  /^[ \t]*(?:import|export)\b(?:\s+type\b)?([^'"`;]*?)\bfrom\s*'([^']+)'|^[ \t]*import\s*'([^']+)'|\b(?:import|require\.resolve)\(\s*'([^']+)'\s*\)|new URL\(\s*'([^']+)',\s*import\.meta\.url/gm;

/** Every import of a file: static, of types, dynamic, re-exported, URLs of workers, and what is looked for in packages. */
export const importsOf = (path: string, text: string): readonly Import[] =>
  [...text.matchAll(IMPORT)].map((match) => {
    const [, clause, from, bare, dynamic, url] = match;
    const specifier = from ?? bare ?? dynamic ?? url ?? '';
    return {
      specifier,
      line: lineAt(text, match.index),
      target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
      names: clause === undefined ? undefined : namesOf(clause),
    };
  });

const namesOf = (clause: string): readonly string[] | undefined => {
  const braces = /\{([^}]*)\}/.exec(clause);
  if (braces === null) return undefined;
  return braces[1]!
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/, 1)[0]!,
    )
    .filter((name) => name !== '');
};

export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The text with its comments blanked out, lines kept. A `//` in a string is taken for one only behind a space. */
export const withoutComments = (text: string): string =>
  text
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
