import assert from 'node:assert/strict';
import type { NatReport } from '@ringdown/stun';
import { startCoturn } from '../harness/coturn.ts';
import { within } from '../harness/deadline.ts';
import { buildNatNetwork, type NatType } from '../harness/namespaces.ts';
import type { Endpoint } from '../harness/provider.ts';
import { runRingdown } from '../harness/ringdown.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Stage, Suite } from '../harness/suite.ts';

/** Behind a NAT that lets nobody in, what goes unanswered takes most of the time. */
const natMs = 40_000;

const suite: Suite = {
  name: 'stun',
  peers: ['coturn', 'turnutils_stunclient', 'turnutils_natdiscovery', 'stun', 'stund', 'nftables'],
  shows:
    'Our STUN server with one address and with two (RFC 5780), asked by coturn’s clients and by one of RFC 3489; `ringdown nat` asks coturn and stund, in the open and behind four kinds of kernel NAT (needs root).',
  needs: ['relay'],
  withinMs: 80_000,
  async run(stage) {
    const [plain, server, coturn, stund] = await Promise.all([
      stage.provider({ name: 'one-address', config: '[stun]\nask = []\n' }),
      stage.provider({
        ...{ name: 'two-addresses', host: stage.address(2) },
        config: `[stun]\nask = []\nother_address = "${stage.address(3)}"\n`,
      }),
      startCoturn(stage, coturnAt([stage.address(4), stage.address(5)])),
      startStund(stage, [stage.address(6), stage.address(7)]),
    ]);
    await Promise.all([
      oneAddress(stage, plain.endpoint('turn-udp')),
      atSipPort(stage, plain.endpoint('udp')),
      twoAddresses(stage, server.endpoint('turn-udp'), stage.address(3)),
      inTheOpen(stage, plain.home, [
        ['Ringdown', server.endpoint('turn-udp')],
        ['coturn', coturn.plain],
        ['stund', stund],
      ]),
      askingOneAddress(stage, plain.home, plain.endpoint('turn-udp')),
      behindNats(stage, plain.home),
    ]);
  },
};
export default suite;

const coturnAt = (addresses: readonly string[]) => ({
  ...{ addresses, port: 3_478, realm: 'interop.test', serverName: 'interop.test' },
  users: [{ name: 'alice', password: 'alice-secret' }],
});

/** The server of RFC 3489 in Debian. */
async function startStund(
  stage: Stage,
  [host = '', other = '']: readonly string[],
  namespace?: string,
): Promise<Endpoint> {
  const port = 3_490;
  const child = stage.start({
    name: 'stund',
    command: 'stund',
    args: ['-h', host, '-a', other, '-p', String(port), '-o', String(port + 1), '-v'],
    ...(namespace === undefined ? {} : { namespace }),
  });
  await child.waitFor(/STUN server version/, 5_000);
  return { host, port };
}

/** A client to its end, from an address of its own: its exit status and what it said. */
async function ask(stage: Stage, command: string, args: readonly string[]) {
  const child = stage.start({ name: `${command} ${args.join(' ')}`, command, args });
  const { code } = await within(child.exited, 20_000, `${child.name} ends`);
  return { code, said: child.output };
}

/** How often a line stands in a text. */
const times = (text: string, line: string): number => text.split(line).length - 1;

const clientOf = (stage: Stage, { host, port }: Endpoint, from: number) => ({
  coturns: ['-p', String(port), '-L', stage.address(from), host],
  classic: [`${host}:${port}`, '-i', stage.address(from), '-v'],
  address: stage.address(from),
});

/** Nothing but where the client is seen. */
async function oneAddress(stage: Stage, server: Endpoint): Promise<void> {
  const { coturns, classic, address } = clientOf(stage, server, 20);
  await stage.check('one address: turnutils_stunclient is told where it is seen', async () => {
    const { code, said } = await ask(stage, 'turnutils_stunclient', coturns);
    assert.equal(code, 0);
    assert.match(said, new RegExp(`UDP reflexive addr: ${address}:\\d+`));
    assert.doesNotMatch(said, /Other addr/);
  });
  await stage.check('one address: a client of RFC 3489 is told where it is seen, and no more', async () => {
    const { said } = await ask(stage, 'stun', classic);
    assert.match(said, new RegExp(`MappedAddress = ${address}:\\d+`));
    assert.doesNotMatch(said, /ChangedAddress/);
    const asked = times(said, 'ChangeRequest: 2') + times(said, 'ChangeRequest: 4');
    const refused = times(said, 'ErrorCode = 4 20');
    assert.ok(refused >= 2, 'both requests to answer from elsewhere are refused');
    assert.ok(refused <= asked, 'and each once: the client asks again where an answer is late');
  });
}

/** Phones ask there, on the socket that they register from (RFC 5626 §4.4.2). */
async function atSipPort(stage: Stage, server: Endpoint): Promise<void> {
  await stage.check('the SIP port: turnutils_stunclient is told where it is seen', async () => {
    const { coturns, address } = clientOf(stage, server, 21);
    const { code, said } = await ask(stage, 'turnutils_stunclient', coturns);
    assert.equal(code, 0);
    assert.match(said, new RegExp(`UDP reflexive addr: ${address}:\\d+`));
  });
}

/** RFC 5780, and RFC 3489 for those who know nothing later. */
async function twoAddresses(stage: Stage, server: Endpoint, otherAddress: string): Promise<void> {
  const { coturns, classic } = clientOf(stage, server, 22);
  const [here, there] = [`${server.host}:${server.port}`, `${otherAddress}:${server.port + 1}`];
  await stage.check(
    'two addresses: turnutils_stunclient gets its answers from where it asks for',
    async () => {
      const { code, said } = await ask(stage, 'turnutils_stunclient', coturns);
      assert.equal(code, 0);
      assert.ok(said.includes(`Response origin: : ${here}`), 'the first from where it was asked');
      assert.ok(said.includes(`Other addr: : ${there}`));
      assert.ok(said.includes(`Response origin: : ${there}`), 'the second from the other address and port');
      assert.equal(times(said, 'error 420'), 1, 'the third asks for PADDING, which the server does not do');
    },
  );
  await stage.check('two addresses: turnutils_natdiscovery finds mapping and filtering', async () => {
    const { code, said } = await ask(stage, 'turnutils_natdiscovery', ['-m', '-f', ...coturns]);
    assert.equal(code, 0);
    assert.equal(times(said, 'RFC 5780 response'), 4);
    assert.equal(times(said, 'NAT with Endpoint Independent Mapping!'), 1);
    assert.equal(times(said, 'NAT with Endpoint Independent Filtering!'), 1);
  });
  await stage.check('two addresses: a client of RFC 3489 finds the open Internet', async () => {
    const { code, said } = await ask(stage, 'stun', classic);
    for (const test of ['I', 'II', 'III', 'I(2)'])
      assert.ok(said.includes(`test ${test} = 1`), `test ${test}`);
    assert.match(said, /Primary: Open/);
    assert.equal(code, 1, 'its status for the open Internet');
  });
}

/** What `ringdown nat` finds out, asking one server. */
async function reportOf(server: Endpoint, home: string, namespace?: string): Promise<NatReport> {
  const options = ['--server', `${server.host}:${server.port}`, '--home', home, '--json'];
  const [report] = JSON.parse(
    await runRingdown(['nat', ...options], namespace, natMs),
  ) as readonly NatReport[];
  assert.notEqual(report, undefined, 'a report');
  return report!;
}

async function inTheOpen(
  stage: Stage,
  home: string,
  servers: readonly (readonly [name: string, server: Endpoint])[],
): Promise<void> {
  for (const [name, server] of servers) {
    await stage.check(`ringdown nat --server ${name}: the open Internet`, async () => {
      const { udp, classic, mapping, filtering, translated } = await reportOf(server, home);
      assert.deepEqual(
        { udp, classic, mapping, filtering, translated },
        {
          ...{ udp: 'works', classic: 'open Internet', translated: false },
          ...{ mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
        },
      );
    });
  }
}

async function askingOneAddress(stage: Stage, home: string, server: Endpoint): Promise<void> {
  await stage.check('ringdown nat --server with one address: who is let in stays unknown', async () => {
    const { udp, classic, filtering, translated } = await reportOf(server, home);
    assert.deepEqual(
      { udp, classic, filtering, translated },
      { udp: 'works', classic: null, filtering: 'unknown', translated: false },
    );
  });
}

const kinds: readonly (readonly [type: NatType, classic: string, mapping: string, filtering: string])[] = [
  ['full-cone', 'full cone', 'endpoint-independent', 'endpoint-independent'],
  ['address-restricted', 'restricted cone', 'endpoint-independent', 'address-dependent'],
  ['port-restricted', 'port-restricted cone', 'endpoint-independent', 'address-and-port-dependent'],
  ['symmetric', 'symmetric', 'address-and-port-dependent', 'address-and-port-dependent'],
];

async function behindNats(stage: Stage, home: string): Promise<void> {
  if (!mayBuildNetworks()) return;
  const network = await buildNatNetwork(stage, { types: kinds.map(([type]) => type), mappingSeconds: 30 });
  const addresses = [network.serverAddress, network.otherServerAddress];
  const servers = [
    ['coturn', (await startCoturn(stage, { ...coturnAt(addresses), namespace: network.server })).plain],
    ['stund', await startStund(stage, addresses, network.server)],
  ] as const;
  for (const [name, server] of servers) {
    const looks = kinds.map(([type, classic, mapping, filtering], index) =>
      stage.check(`ringdown nat --server ${name}, behind a NAT: ${type}`, async () => {
        const report = await reportOf(server, home, network.phones[index]);
        assert.deepEqual(
          [report.classic, report.mapping, report.filtering, report.translated],
          [classic, mapping, filtering, true],
        );
      }),
    );
    await Promise.all(looks);
  }
}
