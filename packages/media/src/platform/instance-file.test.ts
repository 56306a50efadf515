import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@ringdown/sans-io';
import { expect, onTestFinished, test } from 'vitest';
import { keptInstance, newInstance } from './instance-file.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'ringdown-instance-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

test('a device is named by a random UUID', () => {
  const random = seededRandom(1);
  const names = new Set(Array.from({ length: 100 }, () => newInstance(random)));
  expect(names.size).toBe(100);
  for (const name of names)
    expect(name).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a device keeps its name, which is for its user alone', () => {
  const home = join(folder(), 'phone');
  const name = keptInstance(home, seededRandom(1));
  expect(keptInstance(home, seededRandom(2))).toBe(name);
  expect(statSync(join(home, 'instance')).mode & 0o777).toBe(0o600);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

test('what is no name is replaced by one', () => {
  const home = folder();
  writeFileSync(join(home, 'instance'), 'urn:uuid:1\r\nContact: <sip:mallory@example.net>', { mode: 0o644 });
  const name = keptInstance(home, seededRandom(1));
  expect(readFileSync(join(home, 'instance'), 'latin1')).toBe(`${name}\n`);
  expect(statSync(join(home, 'instance')).mode & 0o777).toBe(0o600);
});

test('where nothing can be kept, the folder is named', () => {
  const home = join(folder(), 'file');
  writeFileSync(home, '');
  expect(() => keptInstance(home, seededRandom(1))).toThrow(`cannot be kept in ${join(home, 'instance')}`);
});
