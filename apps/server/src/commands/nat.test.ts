import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeSockets } from '@ringdown/net';
import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import { answerBinding } from '@ringdown/stun';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Refusal } from '../refusal.ts';
import { type NatOptions, nat } from './nat.ts';

let home: string;
let server: UdpSocket;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ringdown-nat-'));
  server = await openServer();
});
afterEach(() => {
  server.close();
  rmSync(home, { recursive: true });
});

const openServer = (): Promise<UdpSocket> =>
  new Promise((resolve, reject) => {
    let opened: UdpSocket | undefined;
    nodeSockets().openUdp(
      { address: '127.0.0.1' },
      {
        opened: (socket) => {
          opened = socket;
          resolve(socket);
        },
        failed: reject,
        received: (bytes: Uint8Array, from: SocketAddress) => {
          const answer = answerBinding(bytes, from);
          if (answer !== undefined) opened?.send(answer, from);
        },
      },
    );
  });

const configure = (...lines: string[]): void => writeFileSync(join(home, 'ringdown.toml'), lines.join('\n'));

const run = async (options: NatOptions): Promise<{ output: string; notes: string }> => {
  const output: string[] = [];
  const notes: string[] = [];
  await nat(
    { home, ...options },
    {
      print: (text) => void output.push(text),
      note: (text) => void notes.push(text),
      readInput: async () => '',
    },
    { rtoMs: 50, rc: 3, rm: 2 },
  );
  return { output: output.join('\n'), notes: notes.join('\n') };
};
const refusal = async (options: NatOptions): Promise<string> => {
  const error = await run(options).catch((thrown: unknown) => thrown);
  if (!(error instanceof Refusal)) throw new Error(`no refusal: ${String(error)}`);
  return error.message;
};

describe('ringdown nat', () => {
  test('tells what one server can show, and what it would take to know more', async () => {
    const { output, notes } = await run({ server: [`127.0.0.1:${server.local.port}`] });
    expect(output).toMatch(
      /^IPv4: mapping unknown, filtering unknown, seen as 127\.0\.0\.1:\d+ by 127\.0\.0\.1:/,
    );
    expect(output).toContain('127.0.0.1 is no public address');
    expect(output).toContain('a server with two addresses (RFC 5780)');
    expect(notes).toContain('Asking where this device is seen');
  });

  test('as JSON every key is there, and nothing else is printed', async () => {
    const { output, notes } = await run({ server: [`127.0.0.1:${server.local.port}`], json: true });
    const [report] = JSON.parse(output);
    expect(report).toMatchObject({
      family: 'IPv4',
      udp: 'works',
      translated: false,
      classic: null,
      lifetime: null,
    });
    expect(notes).toBe('');
  });

  test('finds the servers of the configuration, by SRV where they have no port', async () => {
    const { port } = server.local;
    configure(
      '[stun]',
      'ask = ["stun.example"]',
      '[dns]',
      `records = ["_stun._udp.stun.example. SRV 0 0 ${port} here.example.", "here.example. A 127.0.0.1"]`,
    );
    expect((await run({})).output).toContain(`by 127.0.0.1:${port}`);
  });

  test('who cannot be asked is one sentence', async () => {
    configure('[stun]', 'ask = []', '[dns]', 'records = ["there.example. A 127.0.0.1"]');
    expect(await refusal({})).toMatch(/^no STUN server is known: name one with --server HOST\[:PORT\]/);
    for (const text of ['a b', 'host:0', 'host:99999', '[127.0.0.1]:1', '']) {
      expect(await refusal({ server: [text] })).toContain(`"${text}" is no STUN server: write HOST`);
    }
    expect(await refusal({ server: ['localhost.there.example:1'] })).toMatch(
      /no address is known for the STUN server/,
    );
  });

  test('nobody who answers is one, too', async () => {
    const { port } = server.local;
    server.close();
    expect(await refusal({ server: [`127.0.0.1:${port}`] })).toMatch(
      /^no STUN server answered \(asked: 127\.0\.0\.1:\d+\): check name and port/,
    );
  });
});
