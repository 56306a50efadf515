import { find, getAll, lineOf } from '../attribute.ts';
import { Crypto, type CryptoSuite, type CryptoValue, isKey } from '../attributes/crypto-attribute.ts';
import { Fingerprint, type FingerprintValue, Setup, type SetupRole, TlsId } from '../attributes/dtls.ts';
import type { AttributeLine, MediaDescription, SessionDescription } from '../session-description.ts';
import { defaultSuites, type LocalTransport, type MediaCapabilities, type Security } from './capabilities.ts';
import { rtpProtocol } from './rtp-protocol.ts';

/** One medium and the description that it stands in. */
export interface Side {
  readonly description: SessionDescription;
  readonly media: MediaDescription;
}

/** What one side says of each way to secure its packets; undefined where it does not offer that way. */
export interface SecurityAlternatives {
  readonly dtls?: DtlsAlternative;
  readonly sdes?: readonly CryptoValue[];
  /** Plain RTP is allowed. */
  readonly none: boolean;
}

export interface DtlsAlternative {
  readonly fingerprints: readonly FingerprintValue[];
  /** Undefined where it is not said. */
  readonly setup: SetupRole | undefined;
  readonly tlsId: string | undefined;
}

/** Beside plain profiles, security is opportunistic (RFC 8643); `UDP/TLS` is DTLS alone. */
export const securityAlternatives = ({ description, media }: Side): SecurityAlternatives => {
  const protocol = rtpProtocol(media.protocol);
  if (protocol === undefined) return { none: false };
  const own = getAll(media, Fingerprint);
  const fingerprints = own.length > 0 ? own : getAll(description, Fingerprint);
  const setup = find(Setup, media, description);
  const tlsId = find(TlsId, media, description);
  const keys = protocol.isDtls ? [] : getAll(media, Crypto);
  return {
    ...(fingerprints.length === 0 ? {} : { dtls: { fingerprints, setup, tlsId } }),
    ...(keys.length === 0 ? {} : { sdes: keys }),
    none: !protocol.isSecure,
  };
};

/** What we answer a peer's alternatives with. */
export type SecurityChoice =
  | { readonly kind: 'dtls-srtp'; readonly theirs: DtlsAlternative }
  | { readonly kind: 'sdes'; readonly theirs: CryptoValue }
  | { readonly kind: 'none' };

/** The best of what policy allows; undefined where nothing goes together. */
export const chooseSecurity = (
  capabilities: MediaCapabilities,
  { dtls, sdes = [], none }: SecurityAlternatives,
): SecurityChoice | undefined => {
  const { security, opportunistic = false, suites = defaultSuites } = capabilities;
  const isSecurityHeard = !none || opportunistic;
  const crypto = sdes.find(({ suite }) => suites.includes(suite));
  const choices: Readonly<Record<Security, SecurityChoice | undefined>> = {
    'dtls-srtp':
      dtls !== undefined && dtls.setup !== 'holdconn' && isSecurityHeard
        ? { kind: 'dtls-srtp', theirs: dtls }
        : undefined,
    sdes: crypto !== undefined && isSecurityHeard ? { kind: 'sdes', theirs: crypto } : undefined,
    none: none ? { kind: 'none' } : undefined,
  };
  for (const one of security) if (choices[one] !== undefined) return choices[one];
  return undefined;
};

/** Who opens the association, from our view. */
export type DtlsRole = 'client' | 'server';

/**
 * The setup of an answer: never actpass (RFC 8842 §5.3). An association that exists keeps its roles.
 *
 * @param kept the role that we have in it
 */
export const answeredSetup = (
  offered: SetupRole | undefined,
  kept: DtlsRole | undefined,
): 'active' | 'passive' => {
  // RFC 4145 §4: an offer that says nothing means active.
  if (offered === undefined || offered === 'active') return 'passive';
  if (offered === 'passive') return 'active';
  return kept === 'server' ? 'passive' : 'active';
};

export const dtlsLines = (transport: LocalTransport, setup: SetupRole): readonly AttributeLine[] => {
  const { fingerprints = [], tlsId } = transport;
  if (fingerprints.length === 0) throw new TypeError('DTLS-SRTP needs a fingerprint of the transport');
  return [
    ...fingerprints.map((one) => lineOf(Fingerprint, one)),
    lineOf(Setup, setup),
    ...(tlsId === undefined ? [] : [lineOf(TlsId, tlsId)]),
  ];
};

/** Our key for what we send (RFC 4568 §5.1). */
export const cryptoLine = (transport: LocalTransport, suite: CryptoSuite, tag: number): AttributeLine => {
  const key = transport.keys?.[suite];
  if (key === undefined || !isKey(key, suite))
    throw new TypeError(`SDES with ${suite} needs a key and salt of its length from the transport`);
  return lineOf(Crypto, { tag, suite, key });
};
