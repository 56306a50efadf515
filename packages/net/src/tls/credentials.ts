import * as tls from 'node:tls';
import type { Certificate } from '../transport-options.ts';

const MIN_VERSION = 'TLSv1.2';

/** What a TLS server of ours is made with, and given again when certificates change. */
export interface ServerCredentials {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: tls.SecureVersion;
  /** Absent where the runtime's own authorities are enough: each authority listed here is named to every client. */
  readonly ca?: string[];
}

/**
 * Our certificate and whom we believe. Both directions present the certificate, so that other servers can tell who calls
 * them (RFC 5922 §7.4).
 */
export class Credentials {
  readonly #authorities: readonly string[];
  #certificate: Certificate | undefined;
  #client: tls.SecureContext;

  constructor(certificate: Certificate | undefined, authorities: readonly string[] = []) {
    this.#authorities = authorities;
    this.#certificate = certificate;
    this.#client = this.#clientContext();
  }

  /** For connections that we open. */
  get client(): tls.SecureContext {
    return this.#client;
  }

  /** Throws where there is no certificate: whoever listens with TLS needs one. */
  get server(): ServerCredentials {
    if (this.#certificate === undefined)
      throw new Error('TLS and HTTPS need a certificate: hand one in, or leave out sipsPort and httpsPort');
    const { certificatePem: cert, keyPem: key } = this.#certificate;
    const own = { cert, key, minVersion: MIN_VERSION } as const;
    return this.#authorities.length === 0
      ? own
      : { ...own, ca: [...tls.rootCertificates, ...this.#authorities] };
  }

  /** Throws, and changes nothing, where certificate and key cannot be read or do not belong together. */
  reload(certificate: Certificate): void {
    const before = this.#certificate;
    this.#certificate = certificate;
    try {
      this.#client = this.#clientContext();
    } catch (error) {
      this.#certificate = before;
      throw error;
    }
  }

  #clientContext(): tls.SecureContext {
    const own =
      this.#certificate === undefined
        ? {}
        : { cert: this.#certificate.certificatePem, key: this.#certificate.keyPem };
    const ca = new Set([...tls.rootCertificates, ...tls.getCACertificates('system'), ...this.#authorities]);
    return tls.createSecureContext({ ...own, ca: [...ca], minVersion: MIN_VERSION });
  }
}
