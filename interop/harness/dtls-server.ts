import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSelfSignedCertificate } from '@ringdown/net';
import { within } from './deadline.ts';
import type { RunningProcess } from './process.ts';
import type { Stage } from './suite.ts';

/** The certificate of a suite, for what speaks DTLS behind its ICE agent. */
export class DtlsCertificate {
  /** As `a=fingerprint:sha-256` has it. */
  readonly fingerprint: string;
  readonly #stage: Stage;
  readonly #files: readonly [certificate: string, key: string];
  #servers = 0;

  constructor(stage: Stage) {
    const { certificatePem, keyPem } = makeSelfSignedCertificate(['agent.test']);
    this.fingerprint = new X509Certificate(certificatePem).fingerprint256;
    this.#stage = stage;
    this.#files = [join(stage.folder, 'dtls.pem'), join(stage.folder, 'dtls.key')];
    writeFileSync(this.#files[0], certificatePem);
    writeFileSync(this.#files[1], keyPem, { mode: 0o600 });
  }

  /** OpenSSL's server for one DTLS connection, which takes keys for SRTP, too. @returns its port */
  async serve(namespace: string): Promise<number> {
    this.#servers += 1;
    const port = 20_000 + this.#servers;
    const [certificate, key] = this.#files;
    const server: RunningProcess = this.#stage.start({
      name: `DTLS server ${this.#servers}`,
      command: 'openssl',
      args: [
        ...['s_server', '-dtls', '-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', key],
        ...['-use_srtp', 'SRTP_AES128_CM_SHA1_80'],
      ],
      namespace,
    });
    await within(server.waitFor(/^ACCEPT/m, 5_000), 5_000, 'the DTLS server listens');
    return port;
  }
}
