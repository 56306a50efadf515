import type { Random } from '@ringdown/sans-io';
import { Refusal } from '../refusal.ts';
import type { Terminal } from './terminal.ts';

/** Letters and digits that nobody takes for another: without 0 O o, 1 I l i, and such pairs. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 20;

/** A password of 20 characters: about 115 bits. */
export const generatePassword = (random: Random): string => {
  // Bytes above the largest multiple of the alphabet's length would make some characters likelier.
  const limit = 256 - (256 % ALPHABET.length);
  let password = '';
  while (password.length < LENGTH) {
    for (const byte of random.bytes(LENGTH)) {
      if (byte < limit && password.length < LENGTH) password += ALPHABET[byte % ALPHABET.length];
    }
  }
  return password;
};

/**
 * The password that --password means: as given, the first line of standard input for `-`, a new one where it is absent.
 *
 * @throws Refusal where it is empty
 */
export const readPassword = async (
  option: string | undefined,
  terminal: Terminal,
  random: Random,
): Promise<string> => {
  if (option === undefined) return generatePassword(random);
  if (option === '')
    throw new Refusal('--password is empty: give one, or leave the option out to have one made');
  if (option !== '-') return option;
  const line = (await terminal.readInput()).split(/\r?\n/, 1)[0] ?? '';
  if (line === '')
    throw new Refusal(
      'standard input has no password on its first line: write one there, or leave --password out',
    );
  return line;
};
