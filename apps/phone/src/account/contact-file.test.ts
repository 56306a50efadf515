import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { contactFile } from './contact-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringdown-contacts-'));
});
afterEach(() => rmSync(home, { recursive: true }));

it('keeps contacts for its owner alone', async () => {
  const book = contactFile(home);
  expect(await book.load()).toEqual([]);
  const contacts = [{ name: 'Zoë', address: 'zoe@radio.example' }];
  await book.save(contacts);
  expect(await contactFile(home).load()).toEqual(contacts);
  expect(readdirSync(home)).toEqual(['contacts.json']);
  expect((statSync(join(home, 'contacts.json')).mode & 0o777).toString(8)).toBe('600');
});

it.each(['', '{}', '[1]', '[{"name": "Zoë"}]', '[{"name": 1, "address": "a"}]'])(
  'does not lose what it cannot read: %j',
  async (text) => {
    writeFileSync(join(home, 'contacts.json'), text);
    await expect(contactFile(home).load()).rejects.toThrow('Mend it, or move it away to begin anew.');
  },
);

it('says where they cannot be written', async () => {
  await expect(contactFile(join(home, 'none')).save([])).rejects.toThrow(
    /The contacts cannot be written to .*none.contacts\.json \(ENOENT/,
  );
});
