import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseStun, StunMessage, XorMappedAddress } from '@ringdown/stun';
import { connect, type Phone } from '@ringdown/user-agent';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nodePlatform } from '../../packages/media/src/platform/node.ts';
import type { NodePlatformOptions } from '../../packages/media/src/platform/node-options.ts';
import { DOMAIN, PASSWORD, type RealProvider, realProvider } from './provider.ts';
import { silentMedia } from './silent-media.ts';

const run = promisify(execFile);
const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

const phoneOf = async (
  { uri, certificate }: RealProvider,
  name: string,
  transport: (typeof transports)[number],
): Promise<Phone> => {
  const phone = await connect({
    account: `${name}@${DOMAIN}`,
    password: PASSWORD,
    server: uri(transport),
    transports: [transport],
    platform: nodePlatform({ addresses: ['127.0.0.1'], authorities: [certificate] }, silentMedia),
  });
  onTestFinished(() => phone.close());
  return phone;
};

describe.each(transports)('two phones of this machine over %s', (transport) => {
  test('register, call each other and hang up', async () => {
    const provider = await realProvider(['alice', 'bob']);
    const [alice, bob] = [
      await phoneOf(provider, 'alice', transport),
      await phoneOf(provider, 'bob', transport),
    ];
    expect(alice.registration).toBe('registered');
    const ringing = bob.incoming();
    const call = alice.dial('bob');
    const { value: incoming } = await ringing.next();
    expect(incoming?.peer.uri).toBe(`sip:alice@${DOMAIN}`);
    await incoming?.answer();
    await call.answered;
    await call.hold();
    await call.resume();
    incoming?.hangUp();
    expect(await call.ended).toMatchObject({ by: 'peer' });
  });
});

describe('a phone of this machine', () => {
  test('gives everything back when it is closed: nothing keeps the process', async () => {
    const provider = await realProvider(['alice']);
    const script = fileURLToPath(new URL('leaving-phone.ts', import.meta.url));
    const program = [script, `alice@${DOMAIN}`, PASSWORD, provider.uri('tcp')];
    const { stdout } = await run(process.execPath, program, { timeout: 15_000 });
    expect(stdout).toBe('registered\nunregistered\n');
  });

  test('asks STUN where SIP is spoken, and hears the answer (RFC 5626 §4.4.2)', async () => {
    const provider = await realProvider([]);
    const account = { username: 'alice', domain: DOMAIN, password: PASSWORD };
    const heard: Uint8Array[] = [];
    const opened = await nodePlatform({ addresses: ['127.0.0.1'] }, silentMedia).open(
      { account, server: undefined, transports: ['udp'] },
      {
        messageReceived: () => undefined,
        flowFailed: () => undefined,
        stunReceived: (bytes) => heard.push(bytes),
        dnsAnswered: () => undefined,
        mediaAnswered: () => undefined,
        mediaTold: () => undefined,
        moved: () => undefined,
      },
    );
    onTestFinished(() => opened.close());
    const port = provider.server.listeners.find(({ transport }) => transport === 'udp')?.port ?? 0;
    const flow = opened.transport.flowTo({ transport: 'udp', address: '127.0.0.1', port });
    if (flow === undefined) throw new Error('no flow leads to the server');
    opened.stun?.send(flow, Buffer.from('000100002112a442000102030405060708090a0b', 'hex'));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
    const answer = parseStun(heard[0]!);
    expect(answer instanceof StunMessage && answer.get(XorMappedAddress)).toEqual(flow.local);
  });

  test('says why it cannot be had: the certificate, the server, the port', async () => {
    const provider = await realProvider(['alice']);
    const phone = (server: string, options: NodePlatformOptions = {}): Promise<Phone> =>
      connect({
        account: `alice@${DOMAIN}`,
        password: PASSWORD,
        server,
        platform: nodePlatform({ addresses: ['127.0.0.1'], ...options }, silentMedia),
      });
    await expect(phone(provider.uri('tls'))).rejects.toThrow("the peer's certificate cannot be verified");
    await expect(phone(provider.uri('wss'))).rejects.toThrow("the peer's certificate cannot be verified");
    await expect(phone('sip:127.0.0.1:9;transport=ws')).rejects.toThrow('nothing listens there');
    const sipPort = provider.server.listeners.find(({ transport }) => transport === 'udp')?.port ?? 0;
    await expect(phone(provider.uri('udp'), { sipPort })).rejects.toThrow(
      'another program has that port: stop it, or choose another port',
    );
  });

  test.each([
    [{ turnServer: 'turn:turn.example' }, '"turn:turn.example" is no server'],
    [{ dnsRecords: ['radio.example 60 A'] }, 'radio.example 60 A'],
    [{ rtpPorts: [40_199, 40_000] }, 'rtpPorts 40199 to 40000 is no range of ports'],
  ] as const)('is told what is wrong with %j', (options, expected) => {
    expect(() => nodePlatform(options, silentMedia)).toThrow(expected);
  });
});
