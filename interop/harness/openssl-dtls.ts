import { X509Certificate } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDtls, type Dtls, type DtlsIdentity, type PacketGuard, sdesGuard } from '@ringdown/media';
import type { FingerprintValue } from '@ringdown/sdp';
import { eventually, within } from './deadline.ts';
import { type RunningProcess, runCommand } from './process.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

/** What `openssl req` makes: a key and a certificate that signs itself. */
export interface OpensslIdentity {
  readonly certificate: string;
  readonly key: string;
  readonly fingerprint: FingerprintValue;
}

/** @param key as `-newkey` has it, and its `-pkeyopt` */
export const makeOpensslIdentity = async (
  stage: Stage,
  name: string,
  key: readonly string[],
): Promise<OpensslIdentity> => {
  const [certificate, keyFile] = [join(stage.folder, `${name}.pem`), join(stage.folder, `${name}.key`)];
  await runCommand({
    name: `openssl req for ${name}`,
    command: 'openssl',
    args: [
      ...['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=peer.test', '-newkey', ...key],
      ...['-keyout', keyFile, '-out', certificate],
    ],
  });
  const value = new X509Certificate(readFileSync(certificate)).fingerprint256;
  return { certificate, key: keyFile, fingerprint: { hash: 'sha-256', value } };
};

/** Whether the line loses a datagram, the nth of its direction. */
export type DatagramLoss = (from: 'ours' | 'theirs', number: number, bytes: Uint8Array) => boolean;

/** Our DTLS on a socket of its own. */
export class DtlsEnd {
  guard: PacketGuard | undefined;
  why: string | undefined;
  /** Lengths of what came. */
  readonly lengths: number[] = [];
  readonly at: Endpoint;
  readonly #socket: Socket;
  readonly #loses: DatagramLoss;
  #peer: Pick<RemoteInfo, 'address' | 'port'> | undefined;
  #sent = 0;
  #dtls: Dtls | undefined;

  private constructor(socket: Socket, peer: Endpoint | undefined, loses: DatagramLoss) {
    this.#socket = socket;
    this.#loses = loses;
    this.#peer = peer && { address: peer.host, port: peer.port };
    this.at = { host: socket.address().address, port: socket.address().port };
    socket.on('message', (bytes, from) => {
      this.#peer ??= from;
      this.lengths.push(bytes.length);
      if (!loses('theirs', this.lengths.length, bytes)) this.#dtls?.received(bytes);
    });
  }

  /** @param peer whom to speak to, as the client; without it we are the server */
  static async open(
    stage: Stage,
    address: string,
    options: {
      readonly identity: DtlsIdentity;
      readonly fingerprints: readonly FingerprintValue[];
      readonly peer?: Endpoint;
      readonly loses?: DatagramLoss;
    },
  ): Promise<DtlsEnd> {
    const socket = createSocket('udp4');
    socket.on('error', () => {}); // OpenSSL has gone
    socket.bind(0, address);
    await once(socket, 'listening');
    const { identity, fingerprints, peer, loses = () => false } = options;
    const end = new DtlsEnd(socket, peer, loses);
    end.#dtls = createDtls(
      { role: peer === undefined ? 'server' : 'client', identity, fingerprints },
      {
        transmit: (bytes) => end.#transmit(bytes),
        secured: (guard) => {
          end.guard = guard;
        },
        failed: (why) => {
          end.why = why;
        },
      },
    );
    stage.defer(() => {
      end.close();
      socket.close();
    });
    return end;
  }

  secured(withinMs = 20_000): Promise<PacketGuard> {
    const guard = (): PacketGuard | undefined => {
      if (this.why !== undefined) throw new Error(`our DTLS failed: ${this.why}`);
      return this.guard;
    };
    return eventually(guard, withinMs, 'our DTLS is secured');
  }

  failed(withinMs = 20_000): Promise<string> {
    return eventually(() => this.why, withinMs, 'our DTLS fails');
  }

  close(): void {
    this.#dtls?.close();
  }

  #transmit(bytes: Uint8Array): void {
    this.#sent += 1;
    if (this.#peer === undefined || this.#loses('ours', this.#sent, bytes)) return;
    this.#socket.send(bytes, this.#peer.port, this.#peer.address);
  }
}

export interface OpensslOptions {
  readonly identity?: OpensslIdentity;
  /** Profiles of use_srtp in OpenSSL's words; '' for none. */
  readonly srtp?: string;
  readonly keyBytes?: number;
  /** `-dtls1_2` without it. */
  readonly version?: string;
  readonly more?: readonly string[];
}

/** `openssl s_client` or `s_server` with DTLS. */
export class OpensslDtls {
  readonly process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.process = process;
  }

  static connect(stage: Stage, to: Endpoint, options: OpensslOptions): OpensslDtls {
    return new OpensslDtls(started(stage, 's_client', ['-connect', `${to.host}:${to.port}`], options));
  }

  /** One that listens, when it does; undefined where another program has the port, be it at every address. */
  static async listen(stage: Stage, at: Endpoint, options: OpensslOptions): Promise<OpensslDtls | undefined> {
    const where = ['-accept', `${at.host}:${at.port}`, '-naccept', '1'];
    const process_ = started(stage, 's_server', where, options);
    try {
      await process_.waitFor(/^ACCEPT/m, 10_000);
    } catch (error) {
      if (/Address already in use/.test(process_.output)) return undefined;
      throw error;
    }
    return new OpensslDtls(process_);
  }

  /** What `-keymatexport` prints. */
  async keyingMaterial(): Promise<Buffer> {
    const [, hex = ''] = await this.process.waitFor(/Keying material: ([0-9A-F]+)/, 20_000);
    return Buffer.from(hex, 'hex');
  }

  /** The certificate that it was shown. */
  async shownFingerprint(): Promise<string> {
    const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;
    const [text = ''] = await this.process.waitFor(pem, 20_000);
    return new X509Certificate(text).fingerprint256;
  }

  async quit(): Promise<void> {
    this.process.write('Q');
    await within(this.process.exited, 5_000, 'openssl quits');
  }
}

const started = (
  stage: Stage,
  command: 's_client' | 's_server',
  where: readonly string[],
  {
    identity,
    srtp = 'SRTP_AES128_CM_SHA1_80',
    keyBytes = 60,
    version = '-dtls1_2',
    more = [],
  }: OpensslOptions,
): RunningProcess =>
  stage.start({
    name: `openssl ${command}`,
    command: 'openssl',
    args: [
      ...[command, version, ...where, '-timeout'],
      ...(identity === undefined ? [] : ['-cert', identity.certificate, '-key', identity.key]),
      ...(srtp === ''
        ? []
        : ['-use_srtp', srtp, '-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', String(keyBytes)]),
      ...more,
    ],
  });

/** Keys that are cut as RFC 5764 §4.2 says, by hand: client's and server's key, then their salts. */
export const guardOfMaterial = (
  suite: 'AES_CM_128_HMAC_SHA1_80' | 'AEAD_AES_128_GCM',
  material: Buffer,
  role: 'client' | 'server',
): PacketGuard => {
  const salt = suite === 'AEAD_AES_128_GCM' ? 12 : 14;
  const value = (index: number) => {
    const key = material.subarray(16 * index, 16 * (index + 1));
    const salts = material.subarray(32 + salt * index, 32 + salt * (index + 1));
    return { tag: 1, suite, key: Buffer.concat([key, salts]).toString('base64') } as const;
  };
  const [client, server] = [value(0), value(1)];
  return role === 'client' ? sdesGuard(client, server) : sdesGuard(server, client);
};
