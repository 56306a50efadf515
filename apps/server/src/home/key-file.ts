import { chmodSync, linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeRandom } from '@ringdown/net/ports';
import { Refusal, systemWords } from '../refusal.ts';
import type { Home } from './home.ts';

/** What keys are made for: signing nonces, the flow tokens of Record-Route and Path, and expiring credentials of TURN. */
export type KeyName = 'nonce' | 'flow-token' | 'turn' | 'turn-nonce';

const KEY_BYTES = 32;

/**
 * The random key of that name, 32 bytes: made the first time, the same ever after, readable to its owner alone (0600).
 *
 * @throws Refusal where the file cannot be read, or is no key
 */
export const keyFile = ({ keysDirectory }: Home, name: KeyName): Uint8Array => {
  const path = join(keysDirectory, `${name}.key`);
  try {
    return readKey(path) ?? makeKey(path);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      `the key ${path} cannot be read (${systemWords(error)}): let its owner run the command, or remove it so that a new one is made`,
    );
  }
};

const readKey = (path: string): Uint8Array | undefined => {
  const state = statSync(path, { throwIfNoEntry: false });
  if (state === undefined) return undefined;
  if (process.platform !== 'win32' && (state.mode & 0o077) !== 0) chmodSync(path, 0o600);
  const key = readFileSync(path);
  if (key.length === KEY_BYTES) return new Uint8Array(key);
  throw new Refusal(
    `the key ${path} has ${key.length} bytes instead of ${KEY_BYTES}: restore it, or remove it so that a new one is made`,
  );
};

/** Written whole under another name, then linked: of two processes that start at once, both use the one that came first. */
const makeKey = (path: string): Uint8Array => {
  const written = `${path}.${process.pid}.new`;
  writeFileSync(written, nodeRandom.bytes(KEY_BYTES), { mode: 0o600, flush: true });
  try {
    linkSync(written, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(written);
  }
  return readKey(path)!;
};
