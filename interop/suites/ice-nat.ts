import assert from 'node:assert/strict';
import type { ConnectivityServer } from '@ringdown/connectivity';
import {
  agentOffers,
  BrowserPeer,
  connected as browserConnected,
  browserOffers,
  trickle,
} from '../harness/browser-peer.ts';
import { Chromium } from '../harness/chromium.ts';
import { DtlsCertificate } from '../harness/dtls-server.ts';
import { IceAgents, type IceProgram, introduce, type Way } from '../harness/ice-program.ts';
import { buildLibnice, exchange, connected as niceConnected } from '../harness/libnice.ts';
import { buildNatNetwork, type NatType } from '../harness/namespaces.ts';
import { hostPort } from '../harness/provider.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Suite } from '../harness/suite.ts';

const types = ['port-restricted', 'symmetric', 'no-udp'] as const satisfies readonly NatType[];

type Kind = (typeof types)[number];

/** Two ports that are the same for everybody meet; one that is not finds a filter in its way. */
const isDirect = (theirs: Kind, ours: Kind): boolean =>
  theirs === 'port-restricted' && ours === 'port-restricted';

const suite: Suite = {
  name: 'ice-nat',
  peers: ['Chromium', 'libnice', 'nftables', 'OpenSSL'],
  shows:
    'Our ICE agent behind a kernel NAT meets Chromium and libnice behind another, with Ringdown as their STUN and TURN server: port-restricted, symmetric, and one that lets no UDP pass, each with each; directly where that can be, over a relay everywhere else, and data goes both ways. Needs root.',
  needs: ['relay'],
  withinMs: 90_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const network = await buildNatNetwork(stage, { types: [...types, ...types], mappingSeconds: 60 });
    const [startNice, provider] = await Promise.all([
      buildLibnice(stage),
      stage.provider({
        ...{ host: network.serverAddress, namespace: network.server },
        config: '[turn]\nallow_peers = ["203.0.113.0/24"]\n',
      }),
    ]);
    await provider.addAccount('alice', 'alice-secret');
    const certificate = new DtlsCertificate(stage);
    const [udp, tcp] = [provider.endpoint('turn-udp'), provider.endpoint('turn-tcp')];
    const [address, port, username, password] = [udp.host, udp.port, 'alice', 'alice-secret'];
    const servers: readonly ConnectivityServer[] = [
      { kind: 'stun', address, port },
      { kind: 'turn', address, port, username, password },
    ];

    const hosts = await Promise.all(
      types.map((_, index) => IceAgents.start(stage, network.phones[types.length + index])),
    );
    const agentAt = (
      name: string,
      ours: Kind,
      controls: boolean,
      more: { readonly carryTo?: number } = {},
    ): IceProgram => {
      const role = controls ? 'controlling' : 'controlled';
      const options = { role, addresses: [network.phoneAddress], servers, ...more } as const;
      return hosts[types.indexOf(ours)]!.open(name, options);
    };
    const isExpected =
      (theirs: Kind, ours: Kind) =>
      (own: Way, other: Way): boolean => {
        const ends = [own.local, own.remote, other.local, other.remote];
        return ends.every(({ type }) => type !== 'relay') === isDirect(theirs, ours);
      };
    const title = (stranger: string, theirs: Kind, ours: Kind): string =>
      `${stranger} behind ${theirs}, ours behind ${ours}: ${isDirect(theirs, ours) ? 'directly' : 'over a relay'}`;

    const withNice = async (theirs: Kind, ours: Kind, controls: boolean): Promise<void> => {
      await stage.check(title('libnice', theirs, ours), async () => {
        const agent = agentAt(`agent for libnice, ${theirs}, ${ours}`, ours, controls);
        const nice = startNice({
          name: `libnice, ${theirs}, ${ours}`,
          controlling: !controls,
          addresses: [network.phoneAddress],
          namespace: network.phones[types.indexOf(theirs)] ?? '',
          more: [
            `stun=${address},${port}`,
            `turn=${address},${port},${username},${password},udp`,
            `turn=${tcp.host},${tcp.port},${username},${password},tcp`,
          ],
        });
        introduce(nice, agent);
        introduce(agent, nice);
        await niceConnected({ nice, ours: agent }, isExpected(theirs, ours));
        await exchange({ nice, ours: agent });
        for (const program of [nice, agent]) program.tell('close');
      });
    };

    const urls = [`stun:${hostPort(udp)}`, `turn:${hostPort(udp)}`, `turn:${hostPort(tcp)}?transport=tcp`];
    const configuration = { iceServers: [{ urls, username, credential: password }] };
    const withChromium = async (theirs: Kind): Promise<void> => {
      const namespace = network.phones[types.indexOf(theirs)] ?? '';
      const chromium = await Chromium.start(stage, { namespace, name: `chromium behind ${theirs}` });
      const page = await chromium.page({ microphone: true });
      for (const [index, ours] of types.entries()) {
        await stage.check(title('Chromium', theirs, ours), async () => {
          const controls = (types.indexOf(theirs) + index) % 2 === 0;
          const browser = await BrowserPeer.create(
            page,
            { name: ours, media: 'data', configuration },
            !controls,
          );
          const place = network.phones[types.length + index] ?? '';
          const carryTo = await certificate.serve(place);
          const agent = agentAt(`agent for Chromium, ${theirs}, ${ours}`, ours, controls, { carryTo });
          const meeting = { browser, agent, fingerprint: certificate.fingerprint };
          trickle(meeting);
          await (controls ? agentOffers : browserOffers)(meeting);
          const { theirs: way } = await browserConnected(meeting, isExpected(theirs, ours));
          assert.ok(way.responsesReceived > 0);
          agent.tell('close');
          await browser.close();
        });
      }
      await chromium.process.stop();
    };

    const niceOnes = async (): Promise<void> => {
      for (const [index, theirs] of types.entries())
        for (const [place, ours] of types.entries()) await withNice(theirs, ours, (index + place) % 2 === 0);
    };
    // One browser at a time: each takes as much of the machine as all the rest.
    const browsers = async (): Promise<void> => {
      for (const theirs of types) await withChromium(theirs);
    };
    await Promise.all([niceOnes(), browsers()]);
  },
};
export default suite;
