import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TurnFailure } from '@ringdown/turn';
import { startCoturn } from '../harness/coturn.ts';
import { eventually, idle } from '../harness/deadline.ts';
import { type EchoPeer, openEchoPeer } from '../harness/echo-peer.ts';
import { fourPorts } from '../harness/ports.ts';
import type { Endpoint } from '../harness/provider.ts';
import { RelayClient, type RelayClientOptions } from '../harness/relay-client.ts';
import type { Stage, Suite } from '../harness/suite.ts';

/** One way to a server. */
interface Way {
  readonly name: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly at: Endpoint;
}

/** A TURN server with the accounts below; it relays to the peers of our block but the forbidden one. */
interface Target {
  readonly name: string;
  readonly ways: readonly Way[];
  readonly certificate: string;
  /** Whether it gives relays of both IP versions at once (ADDITIONAL-ADDRESS-FAMILY, RFC 8656 §7.2). */
  readonly givesBoth: boolean;
  /** Whether its nonces are stale after two seconds. */
  readonly nonceGrowsStale: boolean;
}

const domain = 'interop.test';
const accounts = ['alice', 'bob'].map((name) => ({ name, password: `${name}-secret` }));
/** Allocations of one user. */
const quota = 16;
const byIndication = 6;
const byChannel = 54;
/** So many follow each other without a pause: the kernel's buffers are no part of what is tried. */
const atOnce = 9;

const suite: Suite = {
  name: 'turn-client',
  peers: ['coturn'],
  shows:
    'Our TURN client at coturn, and the same checks at our server: over UDP, TCP and TLS datagrams both ways by indications and channels, all counted; two relays that meet; IPv6; refreshing; what is refused (password, user, certificate, quota, peer), in words.',
  needs: ['relay'],
  withinMs: 80_000,
  async run(stage) {
    const forbidden = await openEchoPeer(stage, stage.address(254));
    const targets = await Promise.all([coturn(stage), ringdown(stage)]);
    const stay = Promise.all(targets.map((target) => staying(stage, target)));
    for (const target of targets) {
      await Promise.all([
        ...target.ways.map((way) => relaying(stage, target, way)),
        refusals(stage, target, forbidden),
        ipv6(stage, target),
      ]);
    }
    await stay;
  },
};
export default suite;

async function coturn(stage: Stage): Promise<Target> {
  const { plain, tls, certificate } = await startCoturn(stage, {
    addresses: [stage.address(2), '::1'],
    ...{ port: fourPorts, realm: domain, serverName: domain, users: accounts },
    args: [`--user-quota=${quota}`, '--stale-nonce=2', `--denied-peer-ip=${stage.address(254)}`],
  });
  const ways: readonly Way[] = [
    { name: 'UDP', transport: 'udp', at: plain },
    { name: 'TCP', transport: 'tcp', at: plain },
    { name: 'TLS', transport: 'tls', at: tls },
  ];
  return { name: 'coturn', ways, certificate, givesBoth: false, nonceGrowsStale: true };
}

async function ringdown(stage: Stage): Promise<Target> {
  const provider = await stage.provider({
    ...{ domain, moreHosts: ['::1'] },
    config: `[stun]
ask = []
[turn]
allow_peers = ["${stage.address(0)}/25", "::1/128"]
max_allocations_per_user = ${quota}
`,
  });
  await provider.addAccounts(accounts);
  const ways: readonly Way[] = [
    { name: 'UDP', transport: 'udp', at: provider.endpoint('turn-udp') },
    { name: 'TCP', transport: 'tcp', at: provider.endpoint('turn-tcp') },
    { name: 'TLS', transport: 'tls', at: provider.endpoint('turn-tls') },
    { name: 'TLS on the HTTPS port', transport: 'tls', at: provider.endpoint('wss') },
  ];
  const certificate = readFileSync(await provider.certificate(), 'utf8');
  return { name: 'Ringdown', ways, certificate, givesBoth: true, nonceGrowsStale: false };
}

function clientOf(
  stage: Stage,
  { certificate }: Target,
  { transport, at }: Way,
  options: Partial<RelayClientOptions> = {},
): RelayClient {
  return new RelayClient(stage, {
    server: { address: at.host, port: at.port, transport, serverName: domain },
    credentials: { username: 'alice', password: 'alice-secret' },
    authorities: [certificate],
    ...options,
  });
}

/** So many different texts of different lengths, up to what fits a packet. */
function texts(count: number, name: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index} ${'·'.repeat((index * 97) % 1_100)}`);
}

async function permitted(one: RelayClient, { host, port }: Endpoint): Promise<void> {
  one.client.permit({ address: host, port });
  await eventually(
    () => one.outputs.find((told) => told.kind === 'permitted' && told.address === host),
    3_000,
    `${host} is permitted`,
  );
}

/** What one way carries, there and back. */
async function relaying(stage: Stage, target: Target, way: Way): Promise<void> {
  const title = `${target.name}, ${way.name}`;
  const one = clientOf(stage, target, way);
  const { sockets, client } = one;
  const peer = await openEchoPeer(stage, stage.address(20));
  const isAllocated = await stage.check(`${title}: one challenge, then an allocation`, async () => {
    await one.allocate();
    assert.equal(sockets.count('Allocate error 401'), 1);
    assert.equal(sockets.count('Allocate success'), 1);
  });
  if (!isAllocated) return;
  await stage.check(`${title}: ${byIndication + byChannel} datagrams there and back, none lost`, async () => {
    await permitted(one, peer.at);
    const sent = texts(byIndication + byChannel, way.name);
    for (const text of sent.slice(0, byIndication)) one.send(text, peer.at);
    await one.untilData(byIndication);
    assert.equal(sockets.count('Send indication'), byIndication);
    assert.equal(sockets.count('Data indication'), byIndication);
    client.bind({ address: peer.at.host, port: peer.at.port });
    await eventually(() => sockets.count('ChannelBind success') || undefined, 3_000, 'a channel is bound');
    for (let from = byIndication; from < sent.length; from += atOnce) {
      for (const text of sent.slice(from, from + atOnce)) one.send(text, peer.at);
      await one.untilData(from + atOnce);
    }
    assert.deepEqual([...one.data].sort(), [...sent].sort());
    assert.equal(sockets.count('ChannelData sent'), byChannel);
    assert.equal(sockets.count('ChannelData received'), byChannel);
  });
  await stage.check(`${title}: a permitted peer may begin, another may not`, async () => {
    const [begins, stranger] = [
      await openEchoPeer(stage, stage.address(21)),
      await openEchoPeer(stage, stage.address(22)),
    ];
    await permitted(one, begins.at);
    const before = one.data.length;
    stranger.send(Buffer.from('stranger'), one.relayed());
    begins.send(Buffer.from('begins'), one.relayed());
    await one.untilData(before + 1);
    assert.deepEqual(one.data.slice(before), ['begins']);
  });
  await stage.check(`${title}: two relays meet, 20 datagrams each way`, async () => {
    const other = clientOf(stage, target, way);
    await other.allocate();
    const before = one.data.length;
    await permitted(other, one.relayed());
    await permitted(one, other.relayed());
    for (const text of texts(20, 'to the other')) one.send(text, other.relayed());
    await other.untilData(20);
    for (const text of texts(20, 'back')) other.send(text, one.relayed());
    await one.untilData(before + 20);
    assert.deepEqual([...other.data].sort(), [...texts(20, 'to the other')].sort());
    assert.deepEqual([...one.data.slice(before)].sort(), [...texts(20, 'back')].sort());
    other.client.close();
    await other.until('closed');
  });
  await stage.check(`${title}: closing gives the relay back`, async () => {
    client.close();
    await one.until('closed');
    assert.equal(sockets.count('Refresh success'), 1);
  });
}

/** Nine minutes in eleven seconds: everything that has to be refreshed is. */
async function staying(stage: Stage, target: Target): Promise<void> {
  const [way] = target.ways;
  const peer = await openEchoPeer(stage, stage.address(24));
  await stage.check(`${target.name}: allocation, permission and channel are refreshed in time`, async () => {
    const speed = 50;
    const one = clientOf(stage, target, way!, {
      speed,
      retransmission: { rtoMs: 500 * speed, rc: 7, rm: 16 },
    });
    await one.allocate();
    await permitted(one, peer.at);
    one.client.bind({ address: peer.at.host, port: peer.at.port });
    const { sockets } = one;
    await eventually(() => sockets.count('ChannelBind success') || undefined, 3_000, 'a channel is bound');
    one.send('before', peer.at);
    await one.untilData(1);
    const refreshed = (): true | undefined =>
      (sockets.count('Refresh success') >= 1 && sockets.count('ChannelBind success') >= 2) || undefined;
    await eventually(refreshed, 16_000, 'allocation and channel are refreshed');
    await idle(1_400); // beyond the lifetime that the first answer told
    assert.equal(one.client.state, 'allocated');
    assert.ok(sockets.count('CreatePermission success') >= 2, 'the permission is refreshed');
    const stale = ['Refresh', 'CreatePermission', 'ChannelBind'].reduce(
      (sum, method) => sum + sockets.count(`${method} error 438`),
      0,
    );
    assert.equal(stale > 0, target.nonceGrowsStale, `${stale} answers of a stale nonce`);
    one.send('after', peer.at);
    await one.untilData(2);
  });
}

/** The failure that a client ends with. */
async function failureOf(one: RelayClient): Promise<TurnFailure> {
  one.client.allocate();
  const told = await eventually(
    () => one.outputs.find((output) => output.kind === 'failed' || output.kind === 'allocated'),
    15_000,
    'the TURN client gets an allocation or fails',
  );
  if (told.kind !== 'failed') throw new Error('it got an allocation');
  assert.match(told.failure.why, /\. Next: .+\.$/, 'it says what to do next');
  return told.failure;
}

/** What a server does not do, and how our client says so. */
async function refusals(stage: Stage, target: Target, forbidden: EchoPeer): Promise<void> {
  const [udp, , tls] = target.ways;
  const peer = await openEchoPeer(stage, stage.address(25));
  for (const [name, credentials] of [
    ['a wrong password', { username: 'alice', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'alice-secret' }],
  ] as const) {
    for (const way of [udp!, tls!]) {
      await stage.check(`${target.name}, ${way.name}: ${name} gets no relay`, async () => {
        const { cause, code } = await failureOf(clientOf(stage, target, way, { credentials }));
        assert.deepEqual([cause, code], ['wrong credentials', 401]);
      });
    }
  }
  await stage.check(`${target.name}: a certificate that nobody vouches for is refused`, async () => {
    const { cause, why } = await failureOf(clientOf(stage, target, tls!, { authorities: [] }));
    assert.equal(cause, 'unreachable');
    assert.match(why, /certificate/);
  });
  await stage.check(`${target.name}: a forbidden peer gets nothing, an allowed one does`, async () => {
    const one = clientOf(stage, target, udp!);
    await one.allocate();
    one.client.permit({ address: forbidden.at.host, port: forbidden.at.port });
    const { failure, address } = await one.until('refused');
    assert.deepEqual([failure.cause, failure.code, address], ['forbidden', 403, forbidden.at.host]);
    one.client.send(Uint8Array.of(1), { address: forbidden.at.host, port: forbidden.at.port });
    await permitted(one, peer.at);
    one.send('allowed', peer.at);
    await one.untilData(1);
    assert.equal(forbidden.received, 0);
  });
  await stage.check(`${target.name}: a user has ${quota} relays and no more, until one ends`, async () => {
    const credentials = { username: 'bob', password: 'bob-secret' };
    const clients = Array.from({ length: quota }, () => clientOf(stage, target, udp!, { credentials }));
    await Promise.all(clients.map((one) => one.allocate()));
    const { cause, code } = await failureOf(clientOf(stage, target, udp!, { credentials }));
    assert.deepEqual([cause, code], ['quota reached', 486]);
    clients[0]!.client.close();
    await clients[0]!.until('closed');
    // coturn needs a moment to forget it.
    const again = async (): Promise<unknown> =>
      clientOf(stage, target, udp!, { credentials })
        .allocate()
        .catch(() => undefined);
    await eventually(again, 5_000, 'another relay in its place');
  });
}

/** A server of both IP versions, reached over IPv6. */
async function ipv6(stage: Stage, target: Target): Promise<void> {
  const [udp] = target.ways;
  const way: Way = { name: 'UDP', transport: 'udp', at: { host: '::1', port: udp!.at.port } };
  for (const [requestedFamily, host] of [
    ['ipv6', '::1'],
    ['ipv4', stage.address(23)],
  ] as const) {
    await stage.check(`${target.name} over IPv6: an ${requestedFamily} relay, 20 datagrams`, async () => {
      const one = clientOf(stage, target, way, { requestedFamily });
      await one.allocate();
      const peer = await openEchoPeer(stage, host);
      await permitted(one, peer.at);
      for (const text of texts(20, host)) one.send(text, peer.at);
      await one.untilData(20);
      assert.deepEqual([...one.data].sort(), [...texts(20, host)].sort());
      assert.equal(peer.received, 20);
      assert.equal(peer.lastFrom?.port, one.relayed(host === '::1').port);
    });
  }
  const given = target.givesBoth ? 'gets both' : 'gets IPv4 alone';
  await stage.check(`${target.name} over IPv6: who asks for both IP versions ${given}`, async () => {
    const { relayed } = await clientOf(stage, target, way, { requestedFamily: 'both' }).allocate();
    const versions = relayed.map(({ address }) => (address.includes(':') ? 6 : 4));
    assert.deepEqual(versions.sort(), target.givesBoth ? [4, 6] : [4]);
  });
}
