import { SIGNATURE_SCHEMES } from '@ringdown/net';
import { ByteReader, joined, numberBytes, vector } from './bytes.ts';
import { VERSION } from './records.ts';

/** Suites with forward secrecy and AES-128-GCM, which all of WebRTC has (RFC 8827 §6.5), by the peer's kind of key. */
export const SUITES = { ec: 0xc02b, rsa: 0xc02f } as const;
/** Groups of RFC 8422 §5.1.1. */
export const GROUPS = { x25519: 29, secp256r1: 23 } as const;

const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

export interface ClientHello {
  readonly random: Uint8Array;
  readonly cookie: Uint8Array;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly signatures: readonly number[];
  readonly srtpProfiles: readonly number[];
  readonly extendedMasterSecret: boolean;
}

export interface ServerHello {
  readonly random: Uint8Array;
  readonly suite: number;
  readonly srtpProfile: number | undefined;
  readonly extendedMasterSecret: boolean;
}

const extension = (type: number, content: Uint8Array): Uint8Array =>
  joined(numberBytes(type, 2), vector(2, content));
const numbers = (values: readonly number[]): readonly Uint8Array[] =>
  values.map((one) => numberBytes(one, 2));
/** Profiles, and no key identifier (RFC 5764 §4.1.1). */
const useSrtp = (profiles: readonly number[]): Uint8Array =>
  extension(EXTENSION.useSrtp, joined(vector(2, ...numbers(profiles)), vector(1)));
const noRenegotiation = extension(EXTENSION.renegotiationInfo, vector(1));
const uncompressed = extension(EXTENSION.pointFormats, vector(1, Uint8Array.of(0)));
const extendedMasterSecret = extension(EXTENSION.extendedMasterSecret, new Uint8Array(0));

export const clientHelloBody = (
  random: Uint8Array,
  cookie: Uint8Array,
  srtpProfiles: readonly number[],
): Uint8Array =>
  joined(
    numberBytes(VERSION, 2),
    random,
    vector(1),
    vector(1, cookie),
    vector(2, ...numbers([SUITES.ec, SUITES.rsa])),
    vector(1, Uint8Array.of(0)),
    vector(
      2,
      extension(EXTENSION.supportedGroups, vector(2, ...numbers([GROUPS.x25519, GROUPS.secp256r1]))),
      uncompressed,
      extension(EXTENSION.signatureAlgorithms, vector(2, ...numbers(Object.values(SIGNATURE_SCHEMES)))),
      useSrtp(srtpProfiles),
      extendedMasterSecret,
      noRenegotiation,
    ),
  );

export const serverHelloBody = ({ random, suite, srtpProfile, ...hello }: ServerHello): Uint8Array =>
  joined(
    numberBytes(VERSION, 2),
    random,
    vector(1),
    numberBytes(suite, 2),
    Uint8Array.of(0),
    vector(
      2,
      ...(srtpProfile === undefined ? [] : [useSrtp([srtpProfile])]),
      ...(hello.extendedMasterSecret ? [extendedMasterSecret] : []),
      uncompressed,
      noRenegotiation,
    ),
  );

/** Whether a ClientHello is of one who knows nothing later: whoever does says so here (RFC 6347 §4.2.1, RFC 8996). */
export const isDtls10 = (body: Uint8Array): boolean => new ByteReader(body).number(2) === 0xfeff;

/** Undefined for what is no ClientHello of DTLS 1.2 or later. */
export const readClientHello = (body: Uint8Array): ClientHello | undefined => {
  const reader = new ByteReader(body);
  const version = reader.number(2);
  const random = reader.bytes(32);
  reader.vector(1);
  const cookie = reader.vector(1);
  const suites = reader.numbers(2);
  reader.vector(1);
  const extensions = readExtensions(reader);
  // Versions of DTLS count down.
  if (!reader.isWhole || version >> 8 !== 0xfe || version > VERSION) return undefined;
  const listOf = (type: number): readonly number[] =>
    new ByteReader(extensions.get(type) ?? new Uint8Array(0)).numbers(2);
  return {
    random,
    cookie,
    suites,
    groups: listOf(EXTENSION.supportedGroups),
    signatures: listOf(EXTENSION.signatureAlgorithms),
    srtpProfiles: listOf(EXTENSION.useSrtp),
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
  };
};

export const readServerHello = (body: Uint8Array): ServerHello | undefined => {
  const reader = new ByteReader(body);
  const version = reader.number(2);
  const random = reader.bytes(32);
  reader.vector(1);
  const suite = reader.number(2);
  const compression = reader.number(1);
  const extensions = readExtensions(reader);
  if (!reader.isWhole || version !== VERSION || compression !== 0) return undefined;
  const profiles = new ByteReader(extensions.get(EXTENSION.useSrtp) ?? new Uint8Array(0)).numbers(2);
  return {
    random,
    suite,
    srtpProfile: profiles.length === 1 ? profiles[0] : undefined,
    extendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
  };
};

/** They may be left out altogether. */
const readExtensions = (reader: ByteReader): ReadonlyMap<number, Uint8Array> => {
  const extensions = new Map<number, Uint8Array>();
  if (reader.left === 0) return extensions;
  const inner = new ByteReader(reader.vector(2));
  while (inner.left >= 4) {
    const type = inner.number(2);
    const content = inner.vector(2);
    if (inner.isWhole) extensions.set(type, content);
  }
  return extensions;
};

/** The cookie that a server wants to see again (RFC 6347 §4.2.1). */
export const readHelloVerifyRequest = (body: Uint8Array): Uint8Array | undefined => {
  const reader = new ByteReader(body);
  reader.number(2);
  const cookie = reader.vector(1);
  return reader.isWhole ? cookie : undefined;
};
