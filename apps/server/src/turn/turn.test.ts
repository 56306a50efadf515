import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLiveTimers,
  type Listener,
  nodeClock,
  nodeHashes,
  nodeRandom,
  nodeSockets,
} from '@ringdown/net';
import {
  bindingRequest,
  PasswordAlgorithms,
  passwordAlgorithmName,
  StunClient,
  type StunMessage,
} from '@ringdown/stun';
import { ALLOCATE, createTurnClient, type TurnClientOutput, type TurnServerAddress } from '@ringdown/turn';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accountAdd } from '../commands/account-add.ts';
import { accountPassword } from '../commands/account-password.ts';
import { accountRemove } from '../commands/account-remove.ts';
import { accountTurn } from '../commands/account-turn.ts';
import { ConfigurationError, loadConfiguration } from '../config/configuration.ts';
import { homeAt, openHome } from '../home/home.ts';
import { openLog } from '../operations/log.ts';
import { type RunningServer, startServer } from '../server.ts';
import { SqliteAccountStore } from '../stores/sqlite-account-store.ts';

const ports = { sip: 0, sips: 0, http: 0, https: 0, turn: 0, turns: 0 };

/** What a command has printed. */
const printed = async (
  run: (terminal: { print(text: string): void; note(): void; readInput(): Promise<string> }) => Promise<void>,
) => {
  let output = '';
  await run({
    print: (text) => {
      output += text;
    },
    note: () => {},
    readInput: async () => '',
  });
  return output;
};

const started = async (turnAllowPeers: readonly string[] = []) => {
  const home = mkdtempSync(join(tmpdir(), 'ringdown-turn-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const server = await serving(home, turnAllowPeers);
  return { home, server };
};

/** A server of a home with one account. */
const serving = async (home: string, turnAllowPeers: readonly string[] = []): Promise<RunningServer> => {
  await printed((terminal) =>
    accountAdd('alice', { home, domain: 'radio.example', password: 'secret' }, terminal),
  );
  const configuration = loadConfiguration({ home, host: '127.0.0.1', ports, turnAllowPeers });
  if (configuration instanceof ConfigurationError) throw configuration;
  const server = await startServer(configuration, openLog({ level: 'error', format: 'text' }));
  onTestFinished(() => server.stop());
  return server;
};

const portOf = (listeners: readonly Listener[], transport: Listener['transport']): number =>
  listeners.find((one) => one.transport === transport)?.port ?? 0;

const clientPorts = (home: string) => {
  const timers = createLiveTimers(nodeClock);
  onTestFinished(() => timers.close());
  const authority = readFileSync(join(homeAt(home).tlsDirectory, 'certificate.pem'), 'utf8');
  const sockets = nodeSockets({ loopback: true, authorities: [authority] });
  return { sockets, timers, random: nodeRandom, hashes: nodeHashes };
};

/** Where STUN and TURN are to be had. */
const doors = ({ turnListeners, listeners }: RunningServer): readonly TurnServerAddress[] => {
  const address = '127.0.0.1';
  return [
    { address, port: portOf(turnListeners, 'udp'), transport: 'udp' },
    { address, port: portOf(turnListeners, 'tcp'), transport: 'tcp' },
    { address, port: portOf(turnListeners, 'tls'), transport: 'tls', serverName: 'localhost' },
    { address, port: portOf(listeners, 'wss'), transport: 'tls', serverName: 'localhost' },
  ];
};

/** A client that allocates; what it is told, in order. */
const client = (
  home: string,
  server: TurnServerAddress,
  credentials = { username: 'alice', password: 'secret' },
) => {
  const told: TurnClientOutput[] = [];
  let wake = (): void => {};
  const turn = createTurnClient(
    { server, credentials, localAddress: '127.0.0.1' },
    {
      ...clientPorts(home),
      deliver: (output) => {
        told.push(output);
        wake();
      },
    },
  );
  turn.allocate();
  onTestFinished(() => turn.close());
  const next = async (): Promise<TurnClientOutput> => {
    if (told.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return told.shift()!;
  };
  return { turn, next };
};

/** How many relays there are, as an operator sees it. */
const relays = async ({ listeners }: RunningServer): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${portOf(listeners, 'ws')}/metrics`);
  return Number(/^ringdown_turn_allocations (\d+)$/m.exec(await response.text())?.[1]);
};

describe('STUN and TURN of a provider', () => {
  it('has four doors, and behind each the same service', async () => {
    const { home, server } = await started();
    for (const door of doors(server)) {
      const bound = await bindingRequest({ server: door, localAddress: '127.0.0.1' }, clientPorts(home));
      expect(bound).toMatchObject({ kind: 'mapped', mapped: { address: '127.0.0.1' } });
      const { turn, next } = client(home, door);
      expect(await next()).toMatchObject({
        kind: 'allocated',
        allocation: { relayed: [{ address: '127.0.0.1' }], mapped: { address: '127.0.0.1' } },
      });
      turn.close();
    }
  });

  it('offers SHA-256 where the domain asks for it, and takes the hash that the account has', async () => {
    const home = mkdtempSync(join(tmpdir(), 'ringdown-turn-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const store = new SqliteAccountStore(openHome(home).accountsFile);
    store.addDomain({ name: 'radio.example', realm: 'radio.example', algorithms: ['SHA-256', 'MD5'] });
    store.close();
    const server = await serving(home);
    const { next } = client(home, doors(server)[0]!);
    expect(await next()).toMatchObject({ kind: 'allocated' });
    const [udp] = doors(server);
    const challenge = await new Promise<StunMessage>((resolve) => {
      const stun = new StunClient({ server: udp!, localAddress: '127.0.0.1' }, clientPorts(home));
      stun.request(
        ALLOCATE,
        () => {},
        (outcome) => {
          stun.close();
          if ('message' in outcome) resolve(outcome.message);
        },
      );
    });
    expect(challenge.get(PasswordAlgorithms)?.map(passwordAlgorithmName)).toEqual(['SHA-256', 'MD5']);
  });

  it('knows nobody by a wrong password', async () => {
    const { home, server } = await started();
    const { next } = client(home, doors(server)[0]!, { username: 'alice', password: 'wrong' });
    expect(await next()).toMatchObject({
      kind: 'failed',
      failure: { cause: 'wrong credentials', code: 401 },
    });
  });

  it.each([
    ['an account that is removed', accountRemove],
    [
      'a changed password',
      (name: string, options: object, terminal: Parameters<typeof accountPassword>[2]) =>
        accountPassword(name, { ...options, password: 'other' }, terminal),
    ],
  ])('%s ends its relays at once, those of expiring credentials too', async (_, change) => {
    const { home, server } = await started();
    const made = await printed((terminal) => accountTurn('alice', { home, json: true }, terminal));
    const own = client(home, doors(server)[1]!);
    const expiring = client(home, doors(server)[1]!, JSON.parse(made));
    expect(await own.next()).toMatchObject({ kind: 'allocated' });
    expect(await expiring.next()).toMatchObject({ kind: 'allocated' });
    expect(await relays(server)).toBe(2);
    await printed((terminal) => change('alice', { home }, terminal));
    expect(await relays(server)).toBe(0);
  });

  it('gives no relay with an expiring credential of an account that is gone', async () => {
    const { home, server } = await started();
    const made = await printed((terminal) => accountTurn('alice', { home, json: true }, terminal));
    await printed((terminal) => accountRemove('alice', { home }, terminal));
    const { next } = client(home, doors(server)[0]!, JSON.parse(made));
    expect(await next()).toMatchObject({ kind: 'failed', failure: { cause: 'wrong credentials' } });
  });

  it('reaches nobody on this machine, unless the operator opens it', async () => {
    const closed = await started();
    const denied = client(closed.home, doors(closed.server)[0]!);
    expect(await denied.next()).toMatchObject({ kind: 'allocated' });
    denied.turn.permit({ address: '127.0.0.1', port: 9 });
    expect(await denied.next()).toMatchObject({ kind: 'refused', failure: { cause: 'forbidden' } });
    const open = await started(['127.0.0.0/8']);
    const allowed = client(open.home, doors(open.server)[0]!);
    expect(await allowed.next()).toMatchObject({ kind: 'allocated' });
    allowed.turn.permit({ address: '127.0.0.1', port: 9 });
    expect(await allowed.next()).toMatchObject({ kind: 'permitted' });
  });
});
