import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../refusal.ts';
import { homeDirectory, openHome } from './home.ts';
import { keyFile } from './key-file.ts';
import { isServing, lockForServing } from './serve-lock.ts';

let folder: string;
let directory: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-home-'));
  directory = join(folder, 'deep', 'home');
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('where the home is', () => {
  it.each([
    ['/named', { RINGDOWN_HOME: '/by-environment' }, 'linux', '/named'],
    [undefined, { RINGDOWN_HOME: '/by-environment', XDG_DATA_HOME: '/data' }, 'linux', '/by-environment'],
    [undefined, { XDG_DATA_HOME: '/data' }, 'linux', '/data/ringdown'],
    [undefined, {}, 'linux', '/home/me/.local/share/ringdown'],
    [undefined, { RINGDOWN_HOME: '' }, 'linux', '/home/me/.local/share/ringdown'],
    [undefined, {}, 'darwin', '/home/me/Library/Application Support/Ringdown'],
    [undefined, { LOCALAPPDATA: '/local' }, 'win32', '/local/Ringdown'],
  ])('named %j with %j on %s: %s', (named, environment, platform, expected) => {
    expect(homeDirectory(named, environment, platform, '/home/me')).toBe(expected);
  });
});

describe('a home', () => {
  it('is made for its owner alone', () => {
    const home = openHome(directory);
    expect(modeOf(directory)).toBe('700');
    expect(modeOf(home.keysDirectory)).toBe('700');
    expect(modeOf(home.tlsDirectory)).toBe('700');
  });

  it('is closed to others where it was open', () => {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    openHome(directory);
    expect(modeOf(directory)).toBe('700');
    chmodSync(directory, 0o777);
    openHome(directory);
    expect(modeOf(directory)).toBe('700');
  });

  it('is no folder of other things that others may use', () => {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    writeFileSync(join(directory, 'letter.txt'), '');
    expect(() => openHome(directory)).toThrow(
      /is open to other users and holds other things: name an empty folder/,
    );
    expect(modeOf(directory)).toBe('755');
    expect(readdirSync(directory)).toEqual(['letter.txt']);
  });

  it('is no file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openHome(join(folder, 'file'))).toThrow(Refusal);
    expect(() => openHome(join(folder, 'file', 'inside'))).toThrow(
      /^the home .* cannot be made \(.*\): choose another with --home$/,
    );
  });
});

describe('a key', () => {
  it('is made once, 32 bytes for its owner alone, another for each name', () => {
    const home = openHome(directory);
    const key = keyFile(home, 'nonce');
    expect(key.length).toBe(32);
    expect(new Set(key).size).toBeGreaterThan(8);
    expect(keyFile(home, 'nonce')).toEqual(key);
    expect(keyFile(home, 'flow-token')).not.toEqual(key);
    expect(modeOf(join(home.keysDirectory, 'nonce.key'))).toBe('600');
    expect(readdirSync(home.keysDirectory).sort()).toEqual(['flow-token.key', 'nonce.key']);
  });

  it('is closed to others where it was open, and refused where it is no key', () => {
    const home = openHome(directory);
    keyFile(home, 'nonce');
    const path = join(home.keysDirectory, 'nonce.key');
    chmodSync(path, 0o644);
    keyFile(home, 'nonce');
    expect(modeOf(path)).toBe('600');
    writeFileSync(path, readFileSync(path).subarray(1));
    expect(() => keyFile(home, 'nonce')).toThrow(/has 31 bytes instead of 32: restore it, or remove it/);
  });
});

describe('a home where none can be', () => {
  it.each(['/proc/ringdown', '/proc/ringdown/deeper', '/dev/null/home'])('%s is refused at once', (path) => {
    expect(() => openHome(path)).toThrow(/cannot be made \(.*\): choose another with --home/);
  });
});

describe('the lock of a server', () => {
  it('keeps a second one off and says which process runs', () => {
    const home = openHome(directory);
    expect(isServing(home)).toBe(false);
    const lock = lockForServing(home);
    expect(isServing(home)).toBe(true);
    expect(() => lockForServing(home)).toThrow(
      `another ringdown serve (process ${process.pid}) already runs on the home ${directory}: stop it, or choose another with --home`,
    );
    lock.release();
    expect(isServing(home)).toBe(false);
    lockForServing(home).release();
  });

  it('is given back by a process that was killed', async () => {
    const home = openHome(directory);
    const program = `
      import { lockForServing } from ${JSON.stringify(new URL('./serve-lock.ts', import.meta.url).href)};
      import { homeAt } from ${JSON.stringify(new URL('./home.ts', import.meta.url).href)};
      globalThis.lock = lockForServing(homeAt(${JSON.stringify(directory)}));
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(isServing(home)).toBe(true);
    expect(() => lockForServing(home)).toThrow(`(process ${child.pid})`);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(isServing(home)).toBe(false);
    lockForServing(home).release();
  });
});
