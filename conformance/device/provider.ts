import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TransportName } from '@ringdown/sip';
import { onTestFinished } from 'vitest';
import { accountAdd } from '../../apps/server/src/commands/account-add.ts';
import {
  ConfigurationError,
  loadConfiguration,
  type ServeOptions,
} from '../../apps/server/src/config/configuration.ts';
import { homeAt } from '../../apps/server/src/home/home.ts';
import { openLog } from '../../apps/server/src/operations/log.ts';
import { type RunningServer, startServer } from '../../apps/server/src/server.ts';

export const DOMAIN = 'radio.example';
export const PASSWORD = 'secret';
const HOST = '127.0.0.1';

/** A provider of this process on loopback, as an operator has it. */
export interface RealProvider {
  readonly server: RunningServer;
  /** What its TLS listeners show, in PEM. */
  readonly certificate: string;
  /** A SIP URI that leads to it over a transport. */
  uri(transport: TransportName): string;
  /** `HOST:PORT` of its STUN and TURN. */
  readonly turn: string;
}

/**
 * Starts `ringdown serve` without a process of its own, with these accounts; the test's end stops it.
 *
 * @param file what stands in its configuration file
 */
export const realProvider = async (
  accounts: readonly string[],
  options: ServeOptions = {},
  file = '',
): Promise<RealProvider> => {
  const home = mkdtempSync(join(tmpdir(), 'ringdown-provider-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const silent = { print: () => undefined, note: () => undefined, readInput: async () => '' };
  for (const name of accounts) await accountAdd(name, { home, domain: DOMAIN, password: PASSWORD }, silent);
  const config = join(home, 'test.toml');
  writeFileSync(config, file);
  const ports = { sip: 0, sips: 0, http: 0, https: 0, turn: 0, turns: 0 };
  const configuration = loadConfiguration({ home, domain: DOMAIN, host: HOST, ports, config, ...options });
  if (configuration instanceof ConfigurationError) throw configuration;
  const server = await startServer(configuration, openLog({ level: 'error', format: 'text' }));
  onTestFinished(() => server.stop());
  const port = (listeners: RunningServer['listeners'], transport: TransportName): number =>
    listeners.find((one) => one.transport === transport)?.port ?? 0;
  return {
    server,
    certificate: readFileSync(join(homeAt(home).tlsDirectory, 'certificate.pem'), 'utf8'),
    uri: (transport) => `sip:${HOST}:${port(server.listeners, transport)};transport=${transport}`,
    turn: `${HOST}:${port(server.turnListeners, 'udp')}`,
  };
};
