import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './deadline.ts';
import { type RunningProcess, runCommand } from './process.ts';
import {
  type Endpoint,
  hostPort,
  type ListenerName,
  type Provider,
  type ProviderOptions,
} from './provider.ts';
import { descendants } from './ringdown.ts';
import type { Stage } from './suite.ts';

const template = join(dirname(dirname(fileURLToPath(import.meta.url))), 'kamailio', 'kamailio.cfg');
const modules = '/usr/lib/x86_64-linux-gnu/kamailio/modules/';

/** Kamailio in the server's place: the check of this suite on itself (`--against kamailio`). */
export async function startKamailio(
  stage: Stage,
  options: ProviderOptions & {
    readonly name: string;
    readonly host: string;
    readonly domain: string;
  },
): Promise<Provider> {
  const home = join(stage.folder, options.name);
  mkdirSync(home, { recursive: true });
  const key = join(home, 'key.pem');
  const certificate = join(home, 'certificate.pem');
  await runCommand({
    name: 'openssl req',
    command: 'openssl',
    args: [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${options.domain}`, '-addext', `subjectAltName=DNS:${options.domain}`],
      ...['-keyout', key, '-out', certificate],
    ],
  });
  // The address is this suite's own, so the usual ports are free.
  const ports = { sip: options.sipPort ?? 5_060, sips: options.sipsPort ?? 5_061, http: 8_080, https: 8_443 };
  const words: Readonly<Record<string, string>> = {
    LISTEN: options.host.includes(':') ? `[${options.host}]` : options.host,
    SIP_PORT: String(ports.sip),
    SIPS_PORT: String(ports.sips),
    HTTP_PORT: String(ports.http),
    HTTPS_PORT: String(ports.https),
    DOMAIN: options.domain,
    MODULES: modules,
    KEY: key,
    CERTIFICATE: certificate,
  };
  const config = join(home, 'kamailio.cfg');
  writeFileSync(
    config,
    readFileSync(template, 'utf8').replace(/\{([A-Z_]+)\}/g, (whole, word: string) => words[word] ?? whole),
  );
  const at = (port: number): Endpoint => ({ host: options.host, port });
  const listeners: Readonly<Partial<Record<ListenerName, Endpoint>>> = {
    udp: at(ports.sip),
    tcp: at(ports.sip),
    tls: at(ports.sips),
    ws: at(ports.http),
    wss: at(ports.https),
    http: at(ports.http),
  };

  let child: RunningProcess;
  let isDown = false;
  const serve = async (): Promise<void> => {
    isDown = false;
    child = stage.start({
      name: options.name,
      command: 'kamailio',
      args: ['-f', config, '-DD', '-E', '-m', '64', '-M', '8', '-Y', home, '-P', join(home, 'pid')],
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    await child.waitFor(/Listening on/, 10_000);
    // It says so before its workers run; an answer says that they do.
    await eventually(
      () =>
        runCommand({
          name: 'sipsak until Kamailio answers',
          command: 'sipsak',
          args: ['-s', `sip:${hostPort(at(ports.sip))}`],
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        }).catch(() => undefined),
      10_000,
      'Kamailio answers',
    );
  };
  const requireDerived = (name: string, password: string): void => {
    if (password !== `${name}-secret`) throw new Error(`kamailio.cfg derives passwords: ${name}-secret`);
  };
  await serve();
  return {
    domain: options.domain,
    home,
    durable: false,
    endpoint(name) {
      const found = listeners[name];
      if (found === undefined) throw new Error(`Kamailio has no ${name} listener`);
      return found;
    },
    async addAccount(name, password) {
      requireDerived(name, password);
    },
    async addAccounts(accounts) {
      for (const { name, password } of accounts) requireDerived(name, password);
    },
    get process() {
      return child;
    },
    certificate: async () => certificate,
    serverPids: () => descendants(child.pid),
    get isDown() {
      return isDown;
    },
    async kill() {
      isDown = true;
      await child.kill();
    },
    restart: serve,
    stopStarter() {
      isDown = true;
      process.kill(child.pid, 'SIGTERM');
    },
    async stop() {
      isDown = true;
      return (await child.stop()).code;
    },
  };
}
