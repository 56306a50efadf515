import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeSelfSignedCertificate } from '@ringdown/net';
import { eventually, idle, within } from '../harness/deadline.ts';
import { type EchoPeer, openEchoPeer } from '../harness/echo-peer.ts';
import type { RunningProcess } from '../harness/process.ts';
import { type Endpoint, hostPort, type Provider } from '../harness/provider.ts';
import { runRingdown } from '../harness/ringdown.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { startUclient, uclientReport } from '../harness/uclient.ts';

const domain = 'interop.test';
/** Longer than the watch over the files of a certificate. */
const reloadMs = 8_000;
/** What uclient sends unless it is told. */
const packetBytes = 100;
/** More than any case waits for. */
const endlessMessages = 100_000;

const suite: Suite = {
  name: 'turn-service',
  peers: ['turnutils_uclient'],
  shows:
    'While coturn’s client relays: `account remove` and `account password` end its relays at once, a renewed certificate ends none, SIGTERM stops the server within 5 s. The metrics and the log’s line of each relay have what was relayed.',
  needs: ['relay'],
  withinMs: 60_000,
  async run(stage) {
    const certificate = join(stage.folder, 'certificate.pem');
    const key = join(stage.folder, 'key.pem');
    writeCertificate(certificate, key);
    const provider = await stage.provider({
      domain,
      config: `[stun]
ask = []
[turn]
allow_peers = ["127.0.0.0/8"]
[tls]
certificate = "${certificate}"
key = "${key}"
`,
    });
    const names = ['alice', 'bob', 'carol', 'dora'];
    await provider.addAccounts(names.map((name) => ({ name, password: `${name}-secret` })));

    await metricsAndLog(stage, provider);
    await Promise.all([
      endsAtOnce(stage, provider, 'bob', ['remove', 'bob']),
      endsAtOnce(stage, provider, 'carol', ['password', 'carol', '--password', 'another']),
      renewedCertificate(stage, provider, () => writeCertificate(certificate, key)),
    ]);
    await stops(stage, provider);
  },
};
export default suite;

function writeCertificate(certificate: string, key: string): void {
  const made = makeSelfSignedCertificate([domain]);
  writeFileSync(certificate, made.certificatePem);
  writeFileSync(key, made.keyPem, { mode: 0o600 });
}

interface Relaying {
  readonly client: RunningProcess;
  readonly peer: EchoPeer;
}

/** A client that relays to a peer of its own, and keeps on. */
async function relaying(stage: Stage, provider: Provider, user: string, host: number): Promise<Relaying> {
  const peer = await openEchoPeer(stage, stage.address(host + 100));
  const client = startUclient(stage, {
    ...{ server: provider.endpoint('turn-udp'), from: stage.address(host), peer: peer.at },
    ...{ user, password: `${user}-secret`, messages: endlessMessages, everyMs: 10, flags: ['-c'] },
  });
  await peer.until(50, 10_000);
  return { client, peer };
}

/** The samples of ringdown_turn_*, by name with labels. */
async function turnMetrics(provider: Provider): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://${hostPort(provider.endpoint('http'))}/metrics`);
  const lines = (await answer.text()).matchAll(/^ringdown_(turn_\S+) (\d+)$/gm);
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
}

async function metricsAndLog(stage: Stage, provider: Provider): Promise<void> {
  const peer = await openEchoPeer(stage, stage.address(120));
  await stage.check('metrics and log tell what one client has relayed', async () => {
    const before = await turnMetrics(provider);
    const options = { server: provider.endpoint('turn-udp'), from: stage.address(20), peer: peer.at };
    const client = startUclient(stage, {
      ...options,
      ...{ user: 'alice', password: 'alice-secret', messages: 30, flags: ['-c', '-s'] },
    });
    const { exit, sent, received, lost } = await uclientReport(client, 20_000);
    assert.deepEqual([exit.code, sent, received, lost, peer.received], [0, 30, 30, 0, 30]);

    const line = new RegExp(
      `info relay user=alice@${domain} client=udp:${stage.address(20)}:\\d+ relayed=udp:${stage.address(1)}:\\d+ seconds=\\d+ bytesToPeers=3000 bytesFromPeers=3000 packetsLost=0 why=deleted`,
    );
    await provider.process.waitFor(line, 3_000);
    const after = await turnMetrics(provider);
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    // uclient leaves relays that it only tried.
    const ended = [...provider.process.output.matchAll(/ info relay user=/g)].length;
    assert.ok(grown('turn_allocations_total') >= 1);
    assert.equal(grown('turn_allocations_total') - ended, after.get('turn_allocations'));
    assert.deepEqual(
      ['peer', 'client'].map((to) => [
        grown(`turn_packets_total{to="${to}"}`),
        grown(`turn_bytes_total{to="${to}"}`),
      ]),
      [
        [30, 3_000],
        [30, 3_000],
      ],
    );
    assert.equal(grown('turn_packets_total{to="nobody"}'), 0);
  });
}

/** How many datagrams the log says the relay of a user has brought to its peer, once it has ended. */
async function endOfRelay(provider: Provider, user: string, withinMs: number, mark: number): Promise<number> {
  const line = new RegExp(`info relay user=${user}@${domain} .*bytesToPeers=([1-9]\\d*) `);
  const [, bytes] = await provider.process.waitFor(line, withinMs, mark);
  return Number(bytes) / packetBytes;
}

/** An account that is changed while it relays. */
async function endsAtOnce(
  stage: Stage,
  provider: Provider,
  user: string,
  command: readonly string[],
): Promise<void> {
  await stage.check(`account ${command[0]}: its relay ends at once, and it gets no other`, async () => {
    const host = user === 'bob' ? 30 : 31;
    const { client, peer } = await relaying(stage, provider, user, host);
    const mark = provider.process.mark();
    await runRingdown(['account', ...command, '--home', provider.home]);
    const arrived = await endOfRelay(provider, user, 2_000, mark);
    await peer.until(arrived, 5_000);
    await idle(500); // fifty datagrams of the client's, which goes on
    assert.equal(peer.received, arrived);
    assert.equal(client.exit, undefined, 'the client still sends');
    await client.stop();
    const again = startUclient(stage, {
      ...{ server: provider.endpoint('turn-udp'), from: stage.address(host + 10), peer: peer.at },
      ...{ user, password: `${user}-secret`, messages: 5, flags: ['-c'] },
    });
    assert.match((await uclientReport(again, 20_000)).output, /Cannot complete Allocation/);
    assert.equal(peer.received, arrived);
  });
}

/** The SHA-256 of the certificate that a TLS listener shows. */
function fingerprint({ host, port }: Endpoint): Promise<string> {
  const shown = new Promise<string>((resolve, reject) => {
    const socket = connect({ host, port, servername: domain, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
  return within(shown, 3_000, `TLS at ${host}:${port}`);
}

async function renewedCertificate(stage: Stage, provider: Provider, renew: () => void): Promise<void> {
  const server = provider.endpoint('turn-tls');
  await stage.check('a renewed certificate is shown to new clients, and relays over TLS go on', async () => {
    const peer = await openEchoPeer(stage, stage.address(150));
    const before = await fingerprint(server);
    const client = startUclient(stage, {
      ...{ server, from: stage.address(50), peer: peer.at, user: 'alice', password: 'alice-secret' },
      ...{ messages: 500, everyMs: 20, flags: ['-c', '-t', '-S'] },
    });
    await peer.until(25, 10_000);
    renew();
    await eventually(
      async () => ((await fingerprint(server)) === before ? undefined : true),
      reloadMs,
      'the renewed certificate is shown',
    );
    const atChange = peer.received;
    assert.ok(atChange < 500, 'the client still relays as the certificate changes');
    // Its own count is no measure: it takes one message from a TLS record and loses a second one.
    const { exit, sent } = await uclientReport(client, 40_000);
    assert.deepEqual([exit.code, sent, peer.received], [0, 500, 500]);
    const from = `client=tls:${stage.address(50)}:\\d+`;
    const all = new RegExp(`${from} .*bytesToPeers=50000 bytesFromPeers=50000 packetsLost=0`);
    await provider.process.waitFor(all, 3_000);
  });
}

async function stops(stage: Stage, provider: Provider): Promise<void> {
  await stage.check('SIGTERM while relaying: status 0 within 5 s, and nothing arrives after', async () => {
    const { client, peer } = await relaying(stage, provider, 'dora', 40);
    const began = performance.now();
    assert.equal(await provider.stop(), 0);
    const tookMs = Math.round(performance.now() - began);
    assert.ok(tookMs < 5_000, `it took ${tookMs} ms`);
    const arrived = await endOfRelay(provider, 'dora', 1_000, 0);
    await peer.until(arrived, 5_000);
    await idle(300);
    assert.equal(peer.received, arrived);
    await client.stop();
  });
}
