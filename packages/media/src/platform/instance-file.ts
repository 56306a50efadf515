import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@ringdown/sans-io';

const FILE = 'instance';
const URN = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A URN that names a device among all (RFC 5626 §4.1): a random UUID (RFC 9562 §5.4). */
export const newInstance = (random: Random): string => {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `urn:uuid:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`;
};

/**
 * The URN that this device keeps in a folder; made where there is none yet.
 *
 * @throws Error with a sentence that names the folder, where nothing can be kept there
 */
export const keptInstance = (home: string, random: Random): string => {
  const file = join(home, FILE);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return written(file) ?? made(file, random);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The identity of this device cannot be kept in ${file} (${why}). Let this user write there, or name another folder.`,
      { cause: error },
    );
  }
};

/** What stands there; undefined where there is nothing, or nothing that is a UUID. */
const written = (file: string): string | undefined => {
  try {
    const text = readFileSync(file, 'latin1').trim();
    return URN.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const made = (file: string, random: Random): string => {
  const instance = newInstance(random);
  writeFileSync(file, `${instance}\n`, { mode: 0o600 });
  // A file that was there keeps its mode otherwise.
  chmodSync(file, 0o600);
  return instance;
};
