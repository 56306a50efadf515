import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeClock, nodeHashes } from '@ringdown/net';
import { ExpiringCredentials } from '@ringdown/turn';
import { eventually } from '../harness/deadline.ts';
import { type EchoPeer, openEchoPeer } from '../harness/echo-peer.ts';
import type { ListenerName, Provider } from '../harness/provider.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { startUclient, type UclientOptions, type UclientReport, uclientReport } from '../harness/uclient.ts';

const domain = 'interop.test';
const messages = 20;
/** What uclient sends unless it is told. */
const packetBytes = 100;
/** Two cores: more clients at once would wait for each other. */
const clientsAtOnce = 6;
const uclientMs = 30_000;

/** One run of coturn's client at our server. */
interface Run {
  readonly name: string;
  readonly listener: ListenerName;
  readonly flags?: readonly string[];
  /** Datagrams sent in all: its flows times `messages`. */
  readonly sent: number;
  /** Its own relays talk to each other; else they talk to turnutils_peer. */
  readonly toItself?: boolean;
  readonly ipv6?: boolean;
  /** Two of its relays have an even port and the next (EVEN-PORT, RFC 8656 §7.1). */
  readonly pairs?: boolean;
}

const runs: readonly Run[] = [
  { name: 'UDP, channels, RTP and RTCP', listener: 'turn-udp', sent: 40 },
  { name: 'UDP, indications', listener: 'turn-udp', flags: ['-s'], sent: 40 },
  { name: 'UDP, three clients without RTCP', listener: 'turn-udp', flags: ['-c', '-m', '3'], sent: 60 },
  { name: 'UDP, mobility asked for and not given', listener: 'turn-udp', flags: ['-M'], sent: 40 },
  { name: 'UDP, requests out of turn', listener: 'turn-udp', flags: ['-G'], sent: 40 },
  {
    name: 'UDP, an even port and the next',
    listener: 'turn-udp',
    ...{ toItself: true, sent: 80, pairs: true },
  },
  { name: 'UDP, IPv6 relays', listener: 'turn-udp', flags: ['-x'], toItself: true, sent: 80 },
  { name: 'UDP over IPv6', listener: 'turn-udp', toItself: true, ipv6: true, sent: 80 },
  {
    name: 'UDP over IPv6, IPv6 relays',
    listener: 'turn-udp',
    ...{ flags: ['-x'], toItself: true, ipv6: true, sent: 80 },
  },
  { name: 'TCP, channels', listener: 'turn-tcp', flags: ['-t'], sent: 40 },
  { name: 'TCP, indications, padded', listener: 'turn-tcp', flags: ['-t', '-s', '-D'], sent: 40 },
  { name: 'TLS, channels', listener: 'turn-tls', flags: ['-t', '-S'], sent: 40 },
  { name: 'TLS, indications', listener: 'turn-tls', flags: ['-t', '-S', '-s'], sent: 40 },
  { name: 'TLS on the HTTPS port', listener: 'wss', flags: ['-t', '-S'], sent: 40 },
  {
    name: 'TCP, relayed TCP (RFC 6062)',
    listener: 'turn-tcp',
    ...{ flags: ['-t', '-T'], toItself: true, sent: 40 },
  },
  {
    name: 'TLS, relayed TCP (RFC 6062)',
    listener: 'turn-tls',
    ...{ flags: ['-t', '-S', '-T'], toItself: true, sent: 40 },
  },
];

const suite: Suite = {
  name: 'turn',
  peers: ['turnutils_uclient', 'turnutils_peer'],
  shows:
    'coturn’s client relays through our server over UDP, TCP, TLS and the HTTPS port, by channels and indications, IPv4 and IPv6, RTP pairs, TCP relays (RFC 6062): as many packets back as sent. Expiring credentials; without the right password or to peers that are not allowed nothing passes.',
  needs: ['relay'],
  withinMs: 80_000,
  async run(stage) {
    const [server, strict] = await Promise.all([
      stage.provider({
        ...{ domain, moreHosts: ['::1'] },
        config: '[stun]\nask = []\n[turn]\nallow_peers = ["127.0.0.0/8", "::1/128"]\n',
      }),
      stage.provider({ name: 'strict', domain, host: stage.address(2), config: '[stun]\nask = []\n' }),
    ]);
    await Promise.all([server, strict].map((one) => one.addAccount('alice', 'alice-secret')));
    stage.start({ name: 'turnutils_peer', command: 'turnutils_peer', args: ['-L', stage.address(3)] });

    const queue = runs.map((run, index) => () => relays(stage, server, run, stage.address(20 + index)));
    queue.push(() => expiringCredentials(stage, server), ...refusals(stage, strict));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next();
    };
    await Promise.all(Array.from({ length: clientsAtOnce }, worker));
  },
};
export default suite;

/** uclient takes one message from a TLS record and loses a second one, from coturn, too; there the server's count decides. */
const isTls = ({ flags = [] }: Run): boolean => flags.includes('-S');

/** As many back as sent, none lost, and the client content. */
function assertComplete(report: UclientReport, sent: number, mayMiss = false): void {
  const { exit } = report;
  const received = mayMiss && report.received > 0 ? sent : report.received;
  const lost = mayMiss ? 0 : report.lost;
  assert.deepEqual(
    { status: exit.code, sent: report.sent, received, lost },
    { status: 0, sent, received: sent, lost: 0 },
    report.output.slice(-600),
  );
}

async function relays(stage: Stage, server: Provider, run: Run, from: string): Promise<void> {
  await stage.check(`${run.name}: ${run.sent} packets there, ${run.sent} back`, async () => {
    const { port } = server.endpoint(run.listener);
    const options: UclientOptions = {
      server: { host: run.ipv6 === true ? '::1' : server.endpoint(run.listener).host, port },
      ...{ from: run.ipv6 === true ? '::1' : from, user: 'alice', password: 'alice-secret', messages },
      everyMs: isTls(run) ? 20 : 5,
      ...(run.flags === undefined ? {} : { flags: run.flags }),
      ...(run.toItself === true ? {} : { peer: { host: stage.address(3), port: 3480 } }),
    };
    assertComplete(await uclientReport(startUclient(stage, options), uclientMs), run.sent, isTls(run));
    if (run.ipv6 === true) return;
    const told = await logOfRelays(server, from, run.sent * packetBytes);
    assert.equal(told.packetsLost, 0);
    if (run.pairs === true) assertPair(told.ports);
  });
}

/** What the log says of the relays of one client's address, once as much as expected has gone each way. */
async function logOfRelays(
  server: Provider,
  client: string,
  bytes: number,
): Promise<{ readonly ports: readonly number[]; readonly packetsLost: number }> {
  const line =
    /info relay user=\S+ client=\w+:([\d.]+):\d+ relayed=\S+:(\d+) .*bytesToPeers=(\d+) bytesFromPeers=(\d+) packetsLost=(\d+)/g;
  return eventually(
    () => {
      const ends = [...server.process.output.matchAll(line)].filter(([, from]) => from === client);
      const sum = (group: number): number => ends.reduce((all, one) => all + Number(one[group]), 0);
      if (sum(3) !== bytes || sum(4) !== bytes) return undefined;
      return { ports: ends.map(([, , port]) => Number(port)), packetsLost: sum(5) };
    },
    3_000,
    `the log tells of relays of ${client} with ${bytes} bytes each way`,
  );
}

function assertPair(ports: readonly number[]): void {
  const even = ports.find((port) => port % 2 === 0 && ports.includes(port + 1));
  assert.notEqual(even, undefined, `ports ${ports.join(', ')}: an even one and the next`);
}

/** What the home's key makes, as an app of its operator would. */
async function expiringCredentials(stage: Stage, server: Provider): Promise<void> {
  const secret = new Uint8Array(readFileSync(join(server.home, 'keys', 'turn.key')));
  const credentials = new ExpiringCredentials(
    { realm: domain, secret, hasAccount: () => true },
    { hashes: nodeHashes, clock: nodeClock },
  );
  const attempt = (from: string, account: string, lifetimeMs: number): Promise<UclientReport> => {
    const { username, password } = credentials.issue(account, lifetimeMs);
    const options = { server: server.endpoint('turn-udp'), from, user: username, password, messages };
    return uclientReport(
      startUclient(stage, { ...options, flags: ['-c'], peer: { host: stage.address(3), port: 3480 } }),
      uclientMs,
    );
  };
  await stage.check('an expiring credential relays as the account that it names', async () => {
    const from = stage.address(60);
    assertComplete(await attempt(from, `alice@${domain}`, 60_000), messages);
    await server.process.waitFor(new RegExp(`relay user=alice@${domain} client=udp:${from}:`), 3_000);
  });
  await stage.check('one that has ended, and one of no account, get no relay', async () => {
    const attempts = [
      await attempt(stage.address(61), `alice@${domain}`, -1_000),
      await attempt(stage.address(62), `nobody@${domain}`, 60_000),
    ];
    for (const { exit, output } of attempts) {
      assert.notEqual(exit.code, 0);
      assert.match(output, /Cannot complete Allocation/);
    }
  });
}

/** A server as it is installed: who may not relay, and whom nobody may be relayed to. */
function refusals(stage: Stage, strict: Provider): ReadonlyArray<() => Promise<void>> {
  const attempt = async (from: string, options: Partial<UclientOptions>): Promise<UclientReport> => {
    const server = strict.endpoint('turn-udp');
    const complete = { server, from, user: 'alice', password: 'alice-secret', messages, flags: ['-c'] };
    return uclientReport(startUclient(stage, { ...complete, ...options }), uclientMs);
  };
  const peerGetsNothing = async (peer: EchoPeer, report: UclientReport): Promise<void> => {
    assert.notEqual(report.exit.code, 0, report.output);
    assert.equal(peer.received, 0);
  };
  const cases = [
    ['a wrong password', 40, { password: 'wrong' }, 401],
    ['an unknown user', 41, { user: 'nobody' }, 401],
    ['a peer on a private network, by a channel', 42, {}, 403],
    ['a peer on a private network, by indications', 43, { flags: ['-c', '-s'] }, 403],
  ] as const;
  return cases.map(([name, host, options, status]) => async () => {
    await stage.check(`${name}: ${status}, and nothing arrives`, async () => {
      const from = stage.address(host);
      const peer = await openEchoPeer(stage, stage.address(host + 4));
      const report = await attempt(from, { ...options, peer: peer.at });
      await peerGetsNothing(peer, report);
      const refused = new RegExp(`info refused method=\\w+ source=${from}:\\d+ .*status=${status} `);
      await strict.process.waitFor(refused, 3_000);
    });
  });
}
