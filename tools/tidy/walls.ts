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

/** Which rooms of the house a room may know: ARCHITECTURE.md draws the same arrows. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'packages/sans-io': [],
  'packages/sip': ['packages/sans-io'],
  'packages/sdp': [],
  'packages/stun': ['packages/sans-io'],
  'packages/turn': ['packages/sans-io', 'packages/stun'],
  'packages/ice': ['packages/sans-io', 'packages/stun'],
  'packages/rtp': ['packages/sans-io'],
  'packages/simulator': ['packages/sans-io'],
  'packages/connectivity': ['packages/sans-io', 'packages/stun', 'packages/turn', 'packages/ice'],
  'packages/user-agent': ['packages/sans-io', 'packages/sip', 'packages/stun'],
  'packages/provider': ['packages/sans-io', 'packages/sip'],
  'packages/net': ['packages/sans-io', 'packages/sip'],
  'packages/media': [
    'packages/sans-io',
    'packages/sip',
    'packages/sdp',
    'packages/stun',
    'packages/ice',
    'packages/connectivity',
    'packages/rtp',
    'packages/net',
    'packages/user-agent',
  ],
  'packages/web': ['packages/sans-io', 'packages/sip', 'packages/sdp', 'packages/rtp', 'packages/user-agent'],
  'apps/phone': ['packages/user-agent', 'packages/media'],
  'apps/server': [
    'packages/user-agent',
    'packages/media',
    'packages/sans-io',
    'packages/sip',
    'packages/stun',
    'packages/turn',
    'packages/provider',
    'packages/net',
  ],
  'apps/cli': ['apps/server', 'apps/phone'],
};

/** Rooms that touch a runtime; all others are pure. */
const EDGES: ReadonlySet<string> = new Set([
  'packages/net',
  'packages/media',
  'packages/web',
  'apps/server',
  'apps/phone',
  'apps/cli',
]);

/** What only the edge `net` may import. */
const SOCKETS: ReadonlySet<string> = new Set([
  'node:dgram',
  'node:tls',
  'node:dns',
  'node:dns/promises',
  'node:crypto',
  'koffi',
]);

/** What a pure room may not touch, though its compiler settings may not always say so. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/g, 'Date.now'],
  [/\bnew Date\b/g, 'new Date'],
  [/\bMath\.random\b/g, 'Math.random'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, 'a timer of the runtime'],
  [/\bperformance\./g, 'performance'],
  [/\bBuffer\b/g, 'Buffer'],
  [/\bText(?:De|En)coder\b/g, 'TextDecoder or TextEncoder'],
  [/\bprocess\./g, 'process'],
  [/\bconsole\./g, 'console'],
  [/\bcrypto\./g, 'crypto'],
];

interface Package {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
}

const packagesOf = (repository: Repository): ReadonlyMap<string, Package> => {
  const packages = new Map<string, Package>();
  for (const [path, text] of repository) {
    const workspace = workspaceOf(path);
    if (workspace === undefined || path !== `${workspace}/package.json`) continue;
    const { name, exports = {}, dependencies = {}, optionalDependencies = {} } = JSON.parse(text);
    packages.set(workspace, {
      name,
      exports,
      dependencies: Object.keys({ ...dependencies, ...optionalDependencies }),
    });
  }
  return packages;
};

/** The package that a specifier names, without what stands behind it: `@ringdown/sip`, `zod`. */
const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Rooms import only rooms that their arrows lead to, through their doors. */
export const arrows: Rule = (repository) => {
  const packages = packagesOf(repository);
  const byName = new Map([...packages].map(([workspace, { name }]) => [name, workspace]));
  const findings: Finding[] = [];
  for (const workspace of packages.keys()) {
    if (ARROWS[workspace] === undefined) {
      findings.push({
        path: `${workspace}/package.json`,
        line: 0,
        what: 'no arrows lead from this room: draw them in tools/tidy/walls.ts',
      });
    }
  }
  for (const [path, text] of sourcesOf(repository)) {
    const workspace = workspaceOf(path);
    if (workspace === undefined || isTest(path)) continue;
    for (const { specifier, line, target } of importsOf(path, text)) {
      if (target !== undefined && workspaceOf(target) !== workspace) {
        findings.push({ path, line, what: `${specifier} leads through the wall of another room` });
      }
      const room = byName.get(packageName(specifier));
      if (room === undefined) continue;
      if (!(ARROWS[workspace] ?? []).includes(room)) {
        findings.push({ path, line, what: `${workspace} may not know ${room}` });
      }
      const door = `.${specifier.slice(packageName(specifier).length)}`;
      if (packages.get(room)?.exports[door] === undefined) {
        findings.push({ path, line, what: `${room} has no door ${door}` });
      }
    }
  }
  return findings;
};

/** Pure rooms touch no runtime; sockets, DNS and cryptography of Node live in `net` alone. */
export const purity: Rule = (repository) => {
  const findings: Finding[] = [];
  for (const [path, text] of sourcesOf(repository)) {
    const workspace = workspaceOf(path);
    // What scenarios stand on runs in the simulated world as the room itself does.
    if (workspace === undefined || path.endsWith('.test.ts')) continue;
    const isPure = !EDGES.has(workspace);
    for (const { specifier, line } of importsOf(path, text)) {
      if (isPure && specifier.startsWith('node:'))
        findings.push({ path, line, what: `${specifier} in a pure room` });
      else if (workspace !== 'packages/net' && SOCKETS.has(specifier)) {
        findings.push({ path, line, what: `${specifier} outside of packages/net` });
      }
    }
    if (!isPure) continue;
    const code = withoutComments(text);
    for (const [pattern, name] of IMPURE) {
      for (const match of code.matchAll(pattern)) {
        findings.push({ path, line: lineAt(code, match.index), what: `${name} in a pure room` });
      }
    }
  }
  return findings;
};

/** What a room imports is what its package.json declares, and its tsconfig refers to the rooms among that. */
export const declarations: Rule = (repository) => {
  const packages = packagesOf(repository);
  const byName = new Map([...packages].map(([workspace, { name }]) => [name, workspace]));
  const findings: Finding[] = [];
  for (const [workspace, { name, dependencies }] of packages) {
    const path = `${workspace}/package.json`;
    const used = new Set<string>();
    for (const [file, text] of sourcesOf(repository)) {
      if (workspaceOf(file) !== workspace || isTest(file)) continue;
      for (const { specifier, target } of importsOf(file, text)) {
        if (target === undefined && !specifier.startsWith('node:')) used.add(packageName(specifier));
      }
    }
    used.delete(name);
    for (const one of used) {
      if (!dependencies.includes(one))
        findings.push({ path, line: 0, what: `${one} is imported and not declared` });
    }
    for (const one of dependencies) {
      if (!used.has(one)) findings.push({ path, line: 0, what: `${one} is declared and not imported` });
    }
    const wanted = dependencies.flatMap((one) => byName.get(one) ?? []).sort();
    findings.push(...wrongReferences(repository, `${workspace}/tsconfig.json`, wanted));
  }
  const all = [...packages.keys(), 'tsconfig.tests.json'].sort();
  findings.push(...wrongReferences(repository, 'tsconfig.json', all));
  return findings;
};

const wrongReferences = (
  repository: Repository,
  path: string,
  wanted: readonly string[],
): readonly Finding[] => {
  const text = repository.get(path);
  if (text === undefined) return [{ path, line: 0, what: 'is missing' }];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const found = (JSON.parse(text).references ?? [])
    .map((reference: { readonly path: string }) =>
      new URL(reference.path, `file:///${folder}`).pathname.slice(1),
    )
    .sort();
  return found.join(' ') === wanted.join(' ')
    ? []
    : [
        {
          path,
          line: 0,
          what: `refers to ${found.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`,
        },
      ];
};

/** No file leads back to itself through its imports, types included. */
export const circles: Rule = (repository) => {
  const graph = new Map<string, readonly string[]>();
  for (const [path, text] of sourcesOf(repository)) {
    const targets = importsOf(path, text).flatMap(({ target }) => (target === undefined ? [] : [target]));
    graph.set(
      path,
      targets.filter((target) => repository.has(target)),
    );
  }
  const done = new Set<string>();
  const findings: Finding[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      findings.push({ path, line: 0, what: `imports itself: ${[...way.slice(start), path].join(' → ')}` });
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return findings;
};
