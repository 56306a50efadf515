import {
  type Finding,
  importsOf,
  isTest,
  lineAt,
  type Repository,
  type Rule,
  sourcesOf,
  withoutComments,
  workspaceOf,
} from './repository.ts';

const MAX_LINES = 400;

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|config|d))?\.ts$/;
const SAYS_NOTHING = /(?:^|[/-])(?:utils?|helpers?|common|managers?|misc)(?=[-./]|$)/;

/** Files are small and named in kebab-case by what they are about. */
export const files: Rule = (repository) =>
  sourcesOf(repository).flatMap(([path, text]) => {
    const findings: Finding[] = [];
    const lines = text.split('\n').length - 1;
    if (!isTest(path) && lines > MAX_LINES) {
      findings.push({
        path,
        line: 0,
        what: `has ${lines} lines, more than ${MAX_LINES}: find the second concept in it`,
      });
    }
    if (!KEBAB_CASE.test(path.slice(path.lastIndexOf('/') + 1))) {
      findings.push({ path, line: 0, what: 'is not named in kebab-case' });
    }
    const vague = SAYS_NOTHING.exec(path);
    if (vague !== null)
      findings.push({ path, line: 0, what: 'has a name that says nothing: name it by what it is about' });
    return findings;
  });

/** What may stand in no code. */
const IN_CODE: readonly (readonly [RegExp, string])[] = [
  [/^\s*export \*/gm, 'export *: list what is exported'],
  [
    /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo)\b/g,
    'a test that is left out, or leaves others out',
  ],
];

/** What may stand in no comment either. */
const ANYWHERE: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TODO|FIXME|XXX)\b/g, 'something to do: do it, or write it into an issue'],
  [/@ts-(?:ignore|nocheck)\b/g, 'a compiler error that is hushed up'],
];

/** The rules themselves name these words, so they are let off. */
export const words: Rule = (repository) =>
  sourcesOf(repository)
    .filter(([path]) => !path.startsWith('tools/tidy/'))
    .flatMap(([path, text]) => {
      const find = (searched: string, patterns: typeof IN_CODE): Finding[] =>
        patterns.flatMap(([pattern, what]) =>
          [...searched.matchAll(pattern)].map((match) => ({
            path,
            line: lineAt(searched, match.index),
            what,
          })),
        );
      return [...find(withoutComments(text), IN_CODE), ...find(text, ANYWHERE)];
    });

/** Relative imports name the file, so that Node runs it directly. */
export const endings: Rule = (repository) =>
  sourcesOf(repository).flatMap(([path, text]) =>
    importsOf(path, text).flatMap(({ specifier, target, line }): Finding[] => {
      if (target === undefined || /(?:^|\/)\.*$/.test(specifier)) return [];
      if (!/\.[a-z]+$/.test(specifier)) return [{ path, line, what: `${specifier} does not end in .ts` }];
      const isMissing = specifier.endsWith('.ts') && !repository.has(target);
      return isMissing ? [{ path, line, what: `${specifier} is not there` }] : [];
    }),
  );

/** Files that others enter by: the doors of the packages. */
const doorsOf = (repository: Repository): ReadonlySet<string> => {
  const doors = new Set<string>();
  for (const [path, text] of repository) {
    const workspace = workspaceOf(path);
    if (workspace === undefined || path !== `${workspace}/package.json`) continue;
    for (const door of Object.values<string>(JSON.parse(text).exports ?? {})) {
      doors.add(`${workspace}/${door.slice(2)}`);
    }
  }
  return doors;
};

/** A door says what lies behind it, with an example, and lists what it gives out. */
export const doors: Rule = (repository) =>
  [...doorsOf(repository)].flatMap((path): Finding[] => {
    const text = repository.get(path);
    if (text === undefined) return [{ path, line: 0, what: 'is exported by package.json and not there' }];
    const block = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0];
    return block?.includes('@example')
      ? []
      : [{ path, line: 1, what: 'does not begin with a doc block and its @example' }];
  });

const EXPORT =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type)\s+([A-Za-z_$][\w$]*)/gm;

/** What a room's files export is used: by another file, or at least in its own. */
export const uses: Rule = (repository) => {
  const used = new Set<string>();
  const whole = new Set<string>();
  for (const [path, text] of repository) {
    if (!/\.[tj]s$/.test(path)) continue;
    for (const { target, names } of importsOf(path, text)) {
      if (target === undefined) continue;
      if (names === undefined) whole.add(target);
      for (const name of names ?? []) used.add(`${target} ${name}`);
    }
  }
  const entries = doorsOf(repository);
  return sourcesOf(repository).flatMap(([path, text]) => {
    if (workspaceOf(path) === undefined || isTest(path) || entries.has(path) || whole.has(path)) return [];
    const code = withoutComments(text);
    return [...code.matchAll(EXPORT)]
      .filter(([, name]) => !used.has(`${path} ${name}`) && isNamedOnce(code, name!))
      .map((match) => ({ path, line: lineAt(code, match.index), what: `${match[1]} is used by nobody` }));
  });
};

const isNamedOnce = (code: string, name: string): boolean =>
  [...code.matchAll(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))].length === 1;

/** What every project has. */
export const papers: Rule = (repository) =>
  ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
    .filter((path) => !repository.has(path))
    .map((path) => ({ path, line: 0, what: 'is missing' }));
