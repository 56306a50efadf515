import { type KeyGroup, SIGNATURE_SCHEMES } from '@ringdown/net';
import { ByteReader, joined, numberBytes, vector } from './bytes.ts';
import { GROUPS } from './hello.ts';
import type { Randoms } from './key-schedule.ts';

const NAMED_CURVE = 3;
/** Certificates that we take of a client: keys of RSA, and of elliptic curves (RFC 8422 §5.5). */
const CERTIFICATE_TYPES = Uint8Array.of(1, 64);

/** What a server says of its half of the key agreement, signed (RFC 8422 §5.4). */
export interface ServerKeyExchange {
  readonly group: KeyGroup;
  readonly publicKey: Uint8Array;
  /** What the signature is of, beside the randoms. */
  readonly parameters: Uint8Array;
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export const keyParameters = (group: KeyGroup, publicKey: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(NAMED_CURVE), numberBytes(GROUPS[group], 2), vector(1, publicKey));

/** What a server signs. */
export const signedParameters = ({ client, server }: Randoms, parameters: Uint8Array): Uint8Array =>
  joined(client, server, parameters);

/** A signature by ECDSA with SHA-256, as it stands in ServerKeyExchange and CertificateVerify. */
export const signatureBytes = (signature: Uint8Array): Uint8Array =>
  joined(numberBytes(SIGNATURE_SCHEMES.ecdsaSha256, 2), vector(2, signature));

export const readServerKeyExchange = (body: Uint8Array): ServerKeyExchange | undefined => {
  const reader = new ByteReader(body);
  const kind = reader.number(1);
  const id = reader.number(2);
  const publicKey = reader.vector(1);
  const parameters = body.subarray(0, body.length - reader.left);
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  const group = groupOf(id);
  if (!reader.isWhole || kind !== NAMED_CURVE || group === undefined) return undefined;
  return { group, publicKey, parameters, scheme, signature };
};

export const groupOf = (id: number): KeyGroup | undefined =>
  id === GROUPS.x25519 ? 'x25519' : id === GROUPS.secp256r1 ? 'secp256r1' : undefined;

/** A chain; only the first of it is ours to look at. */
export const certificateBody = (der: Uint8Array): Uint8Array => vector(3, vector(3, der));

/** The first certificate; undefined where the message cannot be read, empty where none is shown. */
export const readCertificateBody = (body: Uint8Array): Uint8Array | undefined => {
  const reader = new ByteReader(body);
  const chain = new ByteReader(reader.vector(3));
  if (!reader.isWhole || chain.left === 0) return reader.isWhole ? new Uint8Array(0) : undefined;
  const first = chain.vector(3);
  return chain.isWhole ? first : undefined;
};

/** Any authority will do: certificates sign themselves. */
export const certificateRequestBody = (): Uint8Array =>
  joined(
    vector(1, CERTIFICATE_TYPES),
    vector(2, ...Object.values(SIGNATURE_SCHEMES).map((scheme) => numberBytes(scheme, 2))),
    vector(2),
  );

export interface SignedHash {
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export const readCertificateVerify = (body: Uint8Array): SignedHash | undefined => {
  const reader = new ByteReader(body);
  const scheme = reader.number(2);
  const signature = reader.vector(2);
  return reader.isWhole ? { scheme, signature } : undefined;
};

export const readClientKeyExchange = (body: Uint8Array): Uint8Array | undefined => {
  const reader = new ByteReader(body);
  const key = reader.vector(1);
  return reader.isWhole ? key : undefined;
};
