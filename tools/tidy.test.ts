import { describe, expect, it } from 'vitest';
import { importsOf, type Repository, type Rule, readRepository } from './tidy/repository.ts';
import { doors, endings, files, papers, uses, words } from './tidy/style.ts';
import { arrows, circles, declarations, purity } from './tidy/walls.ts';
import { tidy, top } from './tidy.ts';

it('finds nothing in this repository', () => {
  expect(tidy(readRepository(top))).toEqual([]);
});

const packageJson = (name: string, dependencies: Record<string, string> = {}): string =>
  JSON.stringify({ name, exports: { '.': './src/index.ts' }, dependencies });

/** A small house: sans-io and sip, and what a test adds. */
const house = (more: Record<string, string>): Repository =>
  new Map(
    Object.entries({
      'packages/sans-io/package.json': packageJson('@ringdown/sans-io'),
      'packages/sans-io/tsconfig.json': '{ "references": [] }',
      'packages/sans-io/src/index.ts': '/**\n * @example\n */\nexport const one = 1;\n',
      'packages/sip/package.json': packageJson('@ringdown/sip', { '@ringdown/sans-io': '1' }),
      'packages/sip/tsconfig.json': '{ "references": [{ "path": "../sans-io" }] }',
      'packages/sip/src/index.ts': "/**\n * @example\n */\nexport { one } from '@ringdown/sans-io';\n",
      'tsconfig.json':
        '{ "references": [{ "path": "packages/sans-io" }, { "path": "packages/sip" }, { "path": "tsconfig.tests.json" }] }',
      ...more,
    }),
  );

const found = (rule: Rule, more: Record<string, string>): readonly string[] =>
  rule(house(more)).map(({ path, line, what }) => `${path}:${line} ${what}`);

describe('each rule', () => {
  it.each([arrows, purity, declarations, circles, files, words, endings, doors, uses])(
    'finds nothing in a tidy house: %o',
    (rule) => {
      expect(found(rule, {})).toEqual([]);
    },
  );

  it.each<[string, Rule, Record<string, string>, string[]]>([
    [
      'an arrow against its direction',
      arrows,
      { 'packages/sans-io/src/a.ts': "\nimport type { Via } from '@ringdown/sip';" },
      ['packages/sans-io/src/a.ts:2 packages/sans-io may not know packages/sip'],
    ],
    [
      'a way through the wall',
      arrows,
      { 'packages/sip/src/a.ts': "import { one } from '../../sans-io/src/index.ts';" },
      ['packages/sip/src/a.ts:1 ../../sans-io/src/index.ts leads through the wall of another room'],
    ],
    [
      'a door that is none',
      arrows,
      { 'packages/sip/src/a.ts': "import { one } from '@ringdown/sans-io/src/index.ts';" },
      ['packages/sip/src/a.ts:1 packages/sans-io has no door ./src/index.ts'],
    ],
    [
      'a room without arrows',
      arrows,
      { 'packages/cellar/package.json': packageJson('@ringdown/cellar') },
      ['packages/cellar/package.json:0 no arrows lead from this room: draw them in tools/tidy/walls.ts'],
    ],
    [
      'a runtime in a pure room',
      purity,
      {
        'packages/sip/src/a.ts':
          "import { readFileSync } from 'node:fs';\n// Date.now in a comment\nconst a = Date.now();\nsetTimeout(() => {}, Math.random());",
        'packages/sip/src/a.test.ts': 'const a = Date.now();',
        'packages/sip/scenarios/stage.ts': 'const a = Buffer.alloc(1);',
        'packages/sip/scenarios/a.test.ts': 'const a = Buffer.alloc(1);',
      },
      [
        'packages/sip/src/a.ts:1 node:fs in a pure room',
        'packages/sip/src/a.ts:3 Date.now in a pure room',
        'packages/sip/src/a.ts:4 Math.random in a pure room',
        'packages/sip/src/a.ts:4 a timer of the runtime in a pure room',
        'packages/sip/scenarios/stage.ts:1 Buffer in a pure room',
      ],
    ],
    [
      'sockets outside of net',
      purity,
      { 'apps/server/src/a.ts': "import { createSocket } from 'node:dgram';" },
      ['apps/server/src/a.ts:1 node:dgram outside of packages/net'],
    ],
    [
      'what is imported and not declared, and the other way round',
      declarations,
      {
        'packages/sip/package.json': packageJson('@ringdown/sip', { '@ringdown/sans-io': '1', ws: '1' }),
        'packages/sip/src/a.ts': "import { z } from 'zod/mini';",
      },
      [
        'packages/sip/package.json:0 zod is imported and not declared',
        'packages/sip/package.json:0 ws is declared and not imported',
      ],
    ],
    [
      'references that are not the dependencies',
      declarations,
      {
        'packages/sip/tsconfig.json': '{}',
        'tsconfig.json': '{ "references": [{ "path": "packages/sip" }] }',
      },
      [
        'packages/sip/tsconfig.json:0 refers to nothing instead of packages/sans-io',
        'tsconfig.json:0 refers to packages/sip instead of packages/sans-io, packages/sip, tsconfig.tests.json',
      ],
    ],
    [
      'a circle, of types too',
      circles,
      {
        'packages/sip/src/a.ts': "import type { B } from './b.ts';",
        'packages/sip/src/b.ts': "export { c } from './c.ts';",
        'packages/sip/src/c.ts': "const a = await import('./a.ts');",
      },
      [
        'packages/sip/src/a.ts:0 imports itself: packages/sip/src/a.ts → packages/sip/src/b.ts → packages/sip/src/c.ts → packages/sip/src/a.ts',
      ],
    ],
    [
      'long files and names that say nothing',
      files,
      {
        'packages/sip/src/long.ts': 'const a = 1;\n'.repeat(401),
        'packages/sip/src/long.test.ts': 'const a = 1;\n'.repeat(401),
        'packages/sip/src/InviteClient.ts': '',
        'packages/sip/src/string-utils.ts': '',
        'packages/sip/src/helpers/via.ts': '',
        'packages/sip/src/uncommon.ts': '',
      },
      [
        'packages/sip/src/long.ts:0 has 401 lines, more than 400: find the second concept in it',
        'packages/sip/src/InviteClient.ts:0 is not named in kebab-case',
        'packages/sip/src/string-utils.ts:0 has a name that says nothing: name it by what it is about',
        'packages/sip/src/helpers/via.ts:0 has a name that says nothing: name it by what it is about',
      ],
    ],
    [
      'words',
      words,
      {
        'packages/sip/src/a.ts': "export * from './b.ts';\n// TODO more\n",
        'packages/sip/src/a.test.ts':
          "it.only('a', () => {});\nit.skip.each([])('b');\n// it.skip is a word here",
        'packages/sip/src/b.ts': '// @ts-ignore it is wrong\n',
      },
      [
        'packages/sip/src/a.ts:1 export *: list what is exported',
        'packages/sip/src/a.ts:2 something to do: do it, or write it into an issue',
        'packages/sip/src/a.test.ts:1 a test that is left out, or leaves others out',
        'packages/sip/src/a.test.ts:2 a test that is left out, or leaves others out',
        'packages/sip/src/b.ts:1 a compiler error that is hushed up',
      ],
    ],
    [
      'imports that Node cannot follow',
      endings,
      {
        'packages/sip/src/a.ts':
          "import './b';\nimport './c.ts';\nconst here = new URL('..', import.meta.url);",
      },
      ['packages/sip/src/a.ts:1 ./b does not end in .ts', 'packages/sip/src/a.ts:2 ./c.ts is not there'],
    ],
    [
      'a door without a word',
      doors,
      { 'packages/sip/src/index.ts': 'export const a = 1;' },
      ['packages/sip/src/index.ts:1 does not begin with a doc block and its @example'],
    ],
    [
      'what nobody uses',
      uses,
      {
        'packages/sip/src/a.ts':
          'export const used = 1;\nexport const inside = used;\nexport const dead = inside;\nexport interface Dead {}',
        'packages/sip/src/b.test.ts': "import { used } from './a.ts';",
      },
      ['packages/sip/src/a.ts:3 dead is used by nobody', 'packages/sip/src/a.ts:4 Dead is used by nobody'],
    ],
    [
      'missing papers',
      papers,
      { 'README.md': '', 'ARCHITECTURE.md': '', 'CONTRIBUTING.md': '' },
      ['CHANGELOG.md:0 is missing'],
    ],
  ])('finds %s', (_, rule, more, expected) => {
    expect(found(rule, more)).toEqual(expected);
  });
});

it('sees every kind of import', () => {
  const text = `
import './a.ts';
import b, { type C, d as e } from './b.ts';
import type { F } from './f.ts';
import {
  g,
} from './g.ts';
export { h } from './h.ts';
const i = await import('./i.ts');
new Worker(new URL('./j.ts', import.meta.url));
`;
  expect(importsOf('x/y.ts', text).map(({ target, line, names }) => [target, line, names])).toEqual([
    ['x/a.ts', 2, undefined],
    ['x/b.ts', 3, ['C', 'd']],
    ['x/f.ts', 4, ['F']],
    ['x/g.ts', 5, ['g']],
    ['x/h.ts', 8, ['h']],
    ['x/i.ts', 9, undefined],
    ['x/j.ts', 10, undefined],
  ]);
});
