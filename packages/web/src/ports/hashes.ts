import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512_256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { HashAlgorithm, Hashes } from '@ringdown/sans-io';
import { browserText } from './text.ts';

const algorithms = Object.freeze({ md5, sha1, sha256, 'sha512-256': sha512_256 });

const base64url = (bytes: Uint8Array): string =>
  btoa(browserText.latin1(bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const sign = (algorithm: HashAlgorithm, key: Uint8Array, input: Uint8Array): Uint8Array =>
  hmac(algorithms[algorithm], key, input);

/** Hashes without WebCrypto, which answers later and has no MD5. */
export const browserHashes: Hashes = Object.freeze<Hashes>({
  hex: (algorithm, input) => bytesToHex(algorithms[algorithm](browserText.latin1Bytes(input))),
  digest: (algorithm, input) => algorithms[algorithm](input),
  hmac: sign,
  hmacToken: (algorithm, key, input) => base64url(sign(algorithm, key, browserText.latin1Bytes(input))),
});
