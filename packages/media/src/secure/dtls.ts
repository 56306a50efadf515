import type { FingerprintValue } from '@ringdown/sdp';
import type { PacketGuard } from './packet-guard.ts';

/** What shows who we are in DTLS. One for each process is enough. */
export interface DtlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** As a=fingerprint says it, sha-256. */
  readonly fingerprint: FingerprintValue;
}

export interface DtlsOptions {
  /** Who speaks first: `a=setup:active` is the client (RFC 8842). */
  readonly role: 'client' | 'server';
  readonly identity: DtlsIdentity;
  /** The peer's certificate must match one of these (RFC 8122 §5). */
  readonly fingerprints: readonly FingerprintValue[];
}

export interface DtlsUser {
  /** To be sent the way of the media. */
  transmit(bytes: Uint8Array): void;
  /** The handshake is done and the certificate is the one that was announced (RFC 5764). */
  secured(guard: PacketGuard): void;
  /** It never will be; `why` is a clause. */
  failed(why: string): void;
}

/** DTLS over the way of the media, to agree on keys for SRTP (RFC 5764). */
export interface Dtls {
  /** A datagram whose first byte is 20 to 63 (RFC 7983). */
  received(bytes: Uint8Array): void;
  close(): void;
}
