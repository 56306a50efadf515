/**
 * Makes the tarballs that would be published: `node tools/pack.ts [FOLDER]`. Each library is compiled to JavaScript and
 * declarations; its package.json then leads to those instead of the sources. With `--try` they are installed into an empty
 * project, and each library's example is run there by every Node (and Bun) that is at hand, its types checked too.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { top } from './tidy.ts';

const bin = (name: string): string => join(top, 'node_modules', '.bin', name);

const run = (command: string, args: readonly string[], cwd: string): string => {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
};

const libraries: readonly string[] = readdirSync(join(top, 'packages')).sort();

/** `./src/index.ts` as it is found in the tarball. */
const compiledDoor = (source: string): { readonly types: string; readonly default: string } => {
  const compiled = source.replace('./src/', './dist/');
  return { types: compiled.replace(/\.ts$/, '.d.ts'), default: compiled.replace(/\.ts$/, '.js') };
};

/** Compiles a library into a folder of its own and packs it. @returns the tarball */
const pack = (library: string, folder: string): string => {
  const source = join(top, 'packages', library);
  const stage = mkdtempSync(join(tmpdir(), `ringdown-pack-${library}-`));
  const settings = [
    '--composite',
    'false',
    '--incremental',
    'false',
    '--declarationMap',
    'false',
    '--sourceMap',
    'false',
  ];
  run(bin('tsc'), ['-p', source, '--outDir', join(stage, 'dist'), ...settings], top);
  for (const entry of readdirSync(join(stage, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.d.ts')) continue;
    const path = join(stage, 'dist', entry);
    // The compiler rewrites relative imports in JavaScript alone.
    writeFileSync(path, readFileSync(path, 'utf8').replace(/((?:from|import\()\s*'\.[^']*)\.ts'/g, "$1.js'"));
  }
  const { name, exports, ...published } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const doors = Object.entries<string>(exports).map(([door, path]) => [door, compiledDoor(path)]);
  const manifest = {
    name,
    ...published,
    exports: Object.fromEntries(doors),
    engines: { node: '>=20.19.0' },
    files: ['dist'],
  };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(top, 'LICENSE'), join(stage, 'LICENSE'));
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], stage));
  rmSync(stage, { recursive: true });
  return join(folder, packed.filename);
};

/** Every runtime at hand: each Node on the PATH, and Bun where npm brought it. */
const runtimes = (): ReadonlyMap<string, string> => {
  const programs = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  programs.push(process.execPath, join(top, 'node_modules', '@oven', 'bun-linux-x64', 'bin', 'bun'));
  const found = new Map<string, string>();
  for (const program of new Set(programs.filter(existsSync).map((path) => realpathSync(path)))) {
    const about = 'const { bun, node } = process.versions; bun ? "Bun " + bun : "Node " + node';
    found.set(run(program, ['-p', about], top).trim(), program);
  }
  return found;
};

/** Installs the tarballs into an empty project and uses them as a stranger would. */
const tryOut = (tarballs: readonly string[]): void => {
  const project = mkdtempSync(join(tmpdir(), 'ringdown-try-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], project);
  console.log(`installed ${tarballs.length} tarballs into an empty project`);
  for (const library of libraries) {
    const path = join(top, 'examples', `${library}.js`);
    if (!existsSync(path)) throw new Error(`examples/${library}.js is missing: every library has an example`);
    const example = readFileSync(path, 'utf8');
    const expected = [...example.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => line).join('\n');
    writeFileSync(join(project, `${library}.js`), example);
    for (const [name, program] of runtimes()) {
      const printed = run(program, [`${library}.js`], project).trimEnd();
      if (expected === '' || printed !== expected) {
        throw new Error(`examples/${library}.js under ${name} printed "${printed}" instead of "${expected}"`);
      }
      console.log(`ok ${library} under ${name}`);
    }
  }
  checkTypes(project);
  rmSync(project, { recursive: true });
};

/** Those that are for browsers alone. */
const inBrowsers: ReadonlySet<string> = new Set(['web']);

/** The declarations compile in a strict project without this one's settings: those of a browser, or of Node. */
const checkTypes = (project: string): void => {
  const types = join(top, 'node_modules', '@types');
  const doors = {
    node: { some: libraries.filter((library) => !inBrowsers.has(library)), lib: 'es2023', types: 'node' },
    browser: { some: [...inBrowsers], lib: 'es2023,dom,dom.iterable', types: '' },
  };
  for (const [where, { some, lib, types: named }] of Object.entries(doors)) {
    const imports = some.map((library, index) => `export * as door${index} from '@ringdown/${library}';\n`);
    writeFileSync(join(project, `${where}-doors.ts`), imports.join(''));
    run(
      bin('tsc'),
      [
        ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', lib],
        ...['--skipLibCheck', 'false', '--typeRoots', types, '--types', named, `${where}-doors.ts`],
      ],
      project,
    );
  }
  console.log('ok types of every door');
};

const main = (args: readonly string[]): void => {
  const isTrial = args.includes('--try');
  const named = args.find((argument) => !argument.startsWith('-'));
  const folder = named === undefined ? mkdtempSync(join(tmpdir(), 'ringdown-tarballs-')) : resolve(named);
  run(bin('tsc'), ['--build', ...libraries.map((library) => join('packages', library))], top);
  const tarballs = libraries.map((library) => pack(library, folder));
  for (const tarball of tarballs) console.log(tarball);
  if (isTrial) tryOut(tarballs);
  if (isTrial && named === undefined) rmSync(folder, { recursive: true });
};

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
