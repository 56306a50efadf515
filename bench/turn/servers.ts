/** The TURN servers under test: coturn, and `ringdown serve` under Node and under Bun. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOMAIN } from '../accounts.ts';
import { BUN, bound, homeWith, launch, NODE, RINGDOWN, stop, waitFor, workFolder } from '../peer.ts';

export const TURN_PEERS = ['coturn', 'turn-node', 'turn-bun', 'turn-bare'] as const;
export type TurnPeer = (typeof TURN_PEERS)[number];

export const TURN_LABELS: Readonly<Record<TurnPeer, string>> = {
  coturn: 'coturn, one relay thread',
  'turn-node': 'Ringdown, Node',
  'turn-bun': 'Ringdown, Bun',
  'turn-bare': 'its TURN machine alone, on the kernel’s calls',
};

export interface TurnUnderTest {
  readonly name: TurnPeer;
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** As many relays and packets as the load likes, peers on this machine, and no line in the log for each relay: coturn writes none. */
const CONFIGURATION = `
[log]
level = "warn"

[turn]
allow_peers = ["127.0.0.0/8"]
max_allocations = 1000000
max_allocations_per_user = 1000000
max_allocations_per_address = 1000000
max_kilobits_per_second = 10000000
max_packets_per_second = 10000000
`;

let nextPort = 13_478;

export const startTurn = (name: TurnPeer, runtimeFlags: readonly string[] = []): Promise<TurnUnderTest> => {
  nextPort += 10;
  if (name === 'coturn') return startCoturn(nextPort);
  return name === 'turn-bare' ? startBare(nextPort) : startRingdown(name, nextPort, runtimeFlags);
};

const startCoturn = async (port: number): Promise<TurnUnderTest> => {
  const files = [join(workFolder, `turn-${port}.sqlite`), join(workFolder, `turn-${port}.pid`)] as const;
  const [child, log] = launch('coturn', [
    'turnserver',
    ...['-c', join(import.meta.dirname, 'turnserver.conf'), '-p', String(port)],
    ...['-b', files[0], '--pidfile', files[1]],
  ]);
  await waitFor('coturn', child, log, () => bound(port));
  await sleep(500);
  return { name: 'coturn', pid: child.pid!, port, stop: () => stop(child) };
};

const startBare = async (port: number): Promise<TurnUnderTest> => {
  const [child, log] = launch('turn-bare', [BUN, join(import.meta.dirname, 'bare-server.ts'), String(port)]);
  await waitFor('turn-bare', child, log, () => bound(port));
  await sleep(200);
  return { name: 'turn-bare', pid: child.pid!, port, stop: () => stop(child) };
};

const startRingdown = async (
  name: TurnPeer,
  port: number,
  runtimeFlags: readonly string[],
): Promise<TurnUnderTest> => {
  const home = join(workFolder, `home-turn-${port}`);
  cpSync(homeWith(1), home, { recursive: true });
  const file = join(workFolder, 'turn.toml');
  writeFileSync(file, CONFIGURATION);
  const [child, log] = launch(name, [
    ...[name === 'turn-bun' ? BUN : NODE, ...runtimeFlags, RINGDOWN, 'serve', '--home', home],
    ...['--domain', DOMAIN, '--host', '127.0.0.1', '--config', file, '--turn-port', String(port)],
    ...['--turns-port', '0', '--sip-port', '0', '--sips-port', '0', '--http-port', '0', '--https-port', '0'],
  ]);
  await waitFor(name, child, log, () => /^ready /m.test(log()));
  return {
    name,
    pid: child.pid!,
    port,
    stop: async () => {
      await stop(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
};
