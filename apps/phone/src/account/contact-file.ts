import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemWords } from '../refusal.ts';
import type { Contact, ContactBook } from '../screen/state/contact.ts';

/** The contacts of a home, in a file that may be edited by hand: a list of `{ "name": …, "address": … }`. */
export const contactFile = (home: string): ContactBook => {
  const file = join(home, 'contacts.json');
  return {
    load: async () => {
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw new Error(`The contacts ${file} cannot be read (${systemWords(error)}). Look at its rights.`);
      }
      return contactsOf(text, file);
    },
    save: async (contacts) => {
      try {
        // Written beside it and renamed: nobody ever reads half of it.
        const written = `${file}.${process.pid}`;
        writeFileSync(written, `${JSON.stringify(contacts, null, 2)}\n`, { mode: 0o600 });
        renameSync(written, file);
      } catch (error) {
        throw new Error(
          `The contacts cannot be written to ${file} (${systemWords(error)}). Give its folder's owner the right to.`,
        );
      }
    },
  };
};

const contactsOf = (text: string, file: string): readonly Contact[] => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (!Array.isArray(document) || !document.every(isContact))
    throw new Error(
      `The contacts ${file} are no list of {"name": …, "address": …}. Mend it, or move it away to begin anew.`,
    );
  return document.map(({ name, address }) => ({ name, address }));
};

const isContact = (value: unknown): value is Contact =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'address' in value &&
  typeof value.name === 'string' &&
  typeof value.address === 'string';
