import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSelfSignedCertificate } from '@ringdown/net';
import type { RunningProcess } from './process.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

export interface CoturnOptions {
  /** Where it listens; with two of one family it answers RFC 5780. */
  readonly addresses: readonly string[];
  /** The ports above this one, too, are its own. */
  readonly port: number;
  readonly realm: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /** The name in its certificate. */
  readonly serverName: string;
  /** Further options of turnserver. */
  readonly args?: readonly string[];
  readonly namespace?: string;
}

/** A TURN server that nobody here wrote. */
export interface Coturn {
  /** STUN and TURN over UDP and TCP. */
  readonly plain: Endpoint;
  readonly tls: Endpoint;
  /** PEM. */
  readonly certificate: string;
  readonly process: RunningProcess;
}

/** Starts coturn's turnserver; it relays to loopback peers. */
export async function startCoturn(stage: Stage, options: CoturnOptions): Promise<Coturn> {
  const { addresses, port, realm, users, serverName } = options;
  const file = (name: string): string => join(stage.folder, `coturn-${name}`);
  const { certificatePem, keyPem } = makeSelfSignedCertificate([serverName]);
  writeFileSync(file('certificate.pem'), certificatePem);
  writeFileSync(file('key.pem'), keyPem, { mode: 0o600 });
  const host = addresses[0]!;
  const child = stage.start({
    name: 'coturn',
    command: 'turnserver',
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    args: [
      ...['-n', '--no-cli', '--no-dtls', '--verbose', '--log-file', 'stdout', '--simple-log'],
      ...['--pidfile', file('pid'), '--userdb', file('users.db')],
      ...addresses.flatMap((address) => ['-L', address]),
      ...onePerFamily(addresses).flatMap((address) => ['-E', address]),
      ...['-p', String(port), '--alt-listening-port', String(port + 1)],
      ...['--tls-listening-port', String(port + 2), '--alt-tls-listening-port', String(port + 3)],
      ...['--cert', file('certificate.pem'), '--pkey', file('key.pem')],
      ...['-a', '-r', realm, '--allow-loopback-peers'],
      ...users.flatMap(({ name, password }) => ['-u', `${name}:${password}`]),
      ...(options.args ?? []),
    ],
  });
  await child.waitFor(/Total General servers/, 10_000);
  return {
    plain: { host, port },
    tls: { host, port: port + 2 },
    certificate: certificatePem,
    process: child,
  };
}

const onePerFamily = (addresses: readonly string[]): readonly string[] =>
  [false, true].flatMap((ipv6) => addresses.filter((address) => address.includes(':') === ipv6).slice(0, 1));
