import { nodeHashes } from '@ringdown/net';
import { ascii, joined } from './bytes.ts';

const MASTER_BYTES = 48;
const VERIFY_BYTES = 12;
const KEY_BYTES = 16;
const SALT_BYTES = 4;

/** What all messages of a handshake hash to. */
export const transcriptHash = (messages: readonly Uint8Array[]): Uint8Array =>
  nodeHashes.digest('sha256', joined(...messages));

/** The pseudorandom function of TLS 1.2 (RFC 5246 §5), with SHA-256 as all suites here have it. */
export const prf = (secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array => {
  const start = joined(ascii(label), seed);
  const out = new Uint8Array(length);
  let chain = start;
  for (let at = 0; at < length; at += 32) {
    chain = nodeHashes.hmac('sha256', secret, chain);
    const piece = nodeHashes.hmac('sha256', secret, joined(chain, start));
    out.set(piece.subarray(0, Math.min(32, length - at)), at);
  }
  return out;
};

export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** Bound to the whole handshake where both sides know how (RFC 7627), else to the randoms (RFC 5246 §8.1). */
export const masterSecret = (
  shared: Uint8Array,
  randoms: Randoms,
  sessionHash: Uint8Array | undefined,
): Uint8Array =>
  sessionHash === undefined
    ? prf(shared, 'master secret', joined(randoms.client, randoms.server), MASTER_BYTES)
    : prf(shared, 'extended master secret', sessionHash, MASTER_BYTES);

/** One direction of AES-128-GCM (RFC 5288). */
export interface RecordKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export const recordKeys = (
  master: Uint8Array,
  { client, server }: Randoms,
): { readonly client: RecordKey; readonly server: RecordKey } => {
  const block = prf(master, 'key expansion', joined(server, client), 2 * (KEY_BYTES + SALT_BYTES));
  const salts = 2 * KEY_BYTES;
  return {
    client: { key: block.subarray(0, KEY_BYTES), salt: block.subarray(salts, salts + SALT_BYTES) },
    server: { key: block.subarray(KEY_BYTES, salts), salt: block.subarray(salts + SALT_BYTES) },
  };
};

export const verifyData = (master: Uint8Array, who: 'client' | 'server', hash: Uint8Array): Uint8Array =>
  prf(master, `${who} finished`, hash, VERIFY_BYTES);

/** Keys for others than TLS (RFC 5705, without a context). */
export const exported = (
  master: Uint8Array,
  { client, server }: Randoms,
  label: string,
  length: number,
): Uint8Array => prf(master, label, joined(client, server), length);
