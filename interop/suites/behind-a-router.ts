import assert from 'node:assert/strict';
import type { ConnectivityServer } from '@ringdown/connectivity';
import { Baresip } from '../harness/baresip.ts';
import { buildNatNetwork } from '../harness/namespaces.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';
import { bestShareOfTone } from '../harness/tone.ts';
import { KernelPeer, meetInKernel } from '../nat/kernel-meeting.ts';

const routerAddress = '203.0.113.20';
const sipPort = 5_060;

const suite: Suite = {
  name: 'behind-a-router',
  peers: ['baresip', 'nftables'],
  shows:
    'The server itself behind a router that forwards its ports, with a private address and nothing configured: it finds its public address by a STUN server, phones outside reach it and each other in and out of dialogs, and hear its echo; relays are told at the public address and carry data between two symmetric NATs; a wrong `--advertise` is named. Needs root.',
  withinMs: 60_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const network = await buildNatNetwork(stage, {
      types: ['port-forwarding', 'symmetric', 'symmetric'],
      mappingSeconds: 60,
    });
    const [inside = '', first = '', second = ''] = network.phones;
    const elsewhere = await stage.provider({
      ...{ name: 'elsewhere', domain: 'elsewhere.test', host: network.serverAddress },
      namespace: network.server,
    });
    const asked = elsewhere.endpoint('turn-udp');
    const config = `[stun]\nask = ["${asked.host}:${asked.port}"]\n[turn]\nallow_peers = ["203.0.113.0/24"]\n`;
    const options = { host: network.phoneAddress, namespace: inside, sipPort, config } as const;
    const provider = await stage.provider({ ...options, advertise: false });
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);

    await stage.check('it finds out how the world sees it', async () => {
      const [line] = await provider.process.waitFor(/public address .*/, 5_000);
      assert.match(line, new RegExp(`address=${routerAddress.replaceAll('.', '\\.')} local=10\\.0\\.0\\.2`));
    });

    const outbound = { host: routerAddress, port: sipPort };
    const phone = (user: string, namespace: string, address: string): Promise<Baresip> =>
      Baresip.start(stage, { provider, user, namespace, address, outbound });
    const [alice, bob] = await Promise.all([
      phone('alice', first, network.phoneAddress),
      phone('bob', network.server, network.serverAddress),
    ]);
    await stage.check('phones outside call each other, and each hangs up', async () => {
      for (const [caller, called] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        const marks = [caller.mark(), called.mark()] as const;
        await caller.dial(called.aor);
        await caller.event('CALL_ESTABLISHED', 8_000, marks[0]);
        await called.event('CALL_ESTABLISHED', 8_000, marks[1]);
        // The one who was called hangs up: the BYE goes where Record-Route says.
        const mark = caller.mark();
        await called.hangUp();
        await caller.event('CALL_CLOSED', 8_000, mark);
      }
    });

    await stage.check(
      'the server’s own echo and tone are heard, behind a symmetric NAT and without one',
      async () => {
        for (const caller of [alice, bob]) {
          for (const [service, frequencyHz] of [
            ['tone', 1_000],
            ['echo', 440],
          ] as const) {
            caller.forgetSound();
            const mark = caller.mark();
            await caller.dial(`sip:${service}@${provider.domain}`);
            await caller.event('CALL_ESTABLISHED', 8_000, mark);
            const share = bestShareOfTone(await caller.heard(3_000), frequencyHz);
            assert.ok(share > 0.8, `${service} at ${caller.user}: share of ${frequencyHz} Hz is ${share}`);
            await caller.hangUp();
            await caller.event('CALL_CLOSED', 8_000, mark);
          }
        }
      },
    );

    await stage.check('two behind symmetric NATs meet over relays at the public address', async () => {
      const peers = await Promise.all([
        KernelPeer.start(stage, 'first', first),
        KernelPeer.start(stage, 'second', second),
      ]);
      const turn: ConnectivityServer = {
        kind: 'turn',
        transport: 'udp',
        address: routerAddress,
        port: provider.endpoint('turn-udp').port,
        username: 'alice',
        password: 'alice-secret',
      };
      const { first: one, second: other } = await meetInKernel(peers[0], peers[1], [turn]);
      const relayed = [one, other].filter(({ type }) => type === 'relay');
      assert.notEqual(relayed.length, 0, 'a relay is on the path');
      for (const { address } of relayed) assert.equal(address, routerAddress);
    });

    await stage.check('an address that is wrong is named', async () => {
      await provider.stop();
      const wrong = await stage.provider({ ...options, name: 'wrong', advertise: '203.0.113.99' });
      const [line] = await wrong.process.waitFor(/warn public address .*/, 5_000);
      assert.match(
        line,
        /the world sees 10\.0\.0\.2 as 203\.0\.113\.20 .*not as the advertised 203\.0\.113\.99/,
      );
    });
  },
};
export default suite;
