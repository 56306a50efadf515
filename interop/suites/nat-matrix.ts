import assert from 'node:assert/strict';
import type { ConnectivityServer } from '@ringdown/connectivity';
import { arrange, meet } from '../../conformance/nat/meeting.ts';
import { pairText, table, writeSection } from '../../conformance/nat/page.ts';
import { isDirect } from '../../conformance/nat/theory.ts';
import { isRoot } from '../harness/capture.ts';
import { buildNatNetwork, type NatNetwork } from '../harness/namespaces.ts';
import type { Endpoint } from '../harness/provider.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { type KernelOutcome, KernelPeer, meetInKernel } from '../nat/kernel-meeting.ts';
import { KERNEL_KINDS, type KernelKind } from '../nat/kinds.ts';

/** Longer than an attempt takes. */
const mappingSeconds = 60;

const suite: Suite = {
  name: 'nat-matrix',
  peers: ['nftables'],
  needs: ['relay'],
  shows:
    'The whole client in two processes behind seven kinds of kernel NATs, each kind with each, from both sides, with Ringdown as STUN and TURN server: connected always, directly exactly when theory and simulator say so. Needs root.',
  withinMs: 180_000,
  async run(stage) {
    if (!isRoot) {
      if (process.env.RINGDOWN_INTEROP_NO_ROOT === '1') return;
      throw new Error(
        'network namespaces and NATs need root: run as root, or set RINGDOWN_INTEROP_NO_ROOT=1 to leave this suite out',
      );
    }
    const types = KERNEL_KINDS.map(({ type }) => type);
    // Those who control, and those who do not: every kind meets every kind.
    const network = await buildNatNetwork(stage, { types: [...types, ...types], mappingSeconds });
    const [peers, servers] = await Promise.all([startPeers(stage, network), startServer(stage, network)]);
    const outcomes = new Map<string, KernelOutcome>();
    for (let round = 0; round < KERNEL_KINDS.length; round += 1) {
      // Each peer has one attempt at a time, and each pair of NATs sees each other once.
      await Promise.all(
        KERNEL_KINDS.map(async (left, index) => {
          const place = (index + round) % KERNEL_KINDS.length;
          const right = KERNEL_KINDS[place]!;
          await stage.check(`${left.type} and ${right.type}`, async () => {
            const second = peers[KERNEL_KINDS.length + place]!;
            const outcome = await meetInKernel(peers[index]!, second, servers);
            outcomes.set(`${left.type} ${right.type}`, outcome);
            await compare(left, right, outcome);
          });
        }),
      );
    }
    if (stage.writesDocs) writeSection('kernel', page(outcomes));
  },
};
export default suite;

const startPeers = (stage: Stage, { phones }: NatNetwork): Promise<readonly KernelPeer[]> =>
  Promise.all(
    phones.map((namespace, index) => {
      const { type } = KERNEL_KINDS[index % KERNEL_KINDS.length]!;
      const role = index < KERNEL_KINDS.length ? 'controlling' : 'controlled';
      return KernelPeer.start(stage, `${role} behind ${type}`, namespace);
    }),
  );

/** Asked for reflexive addresses at one address, and for relays at the other. */
const startServer = async (stage: Stage, network: NatNetwork): Promise<readonly ConnectivityServer[]> => {
  const provider = await stage.provider({
    ...{ host: network.serverAddress, namespace: network.server },
    config: `[stun]\nask = []\nother_address = "${network.otherServerAddress}"\n\n[turn]\nallow_peers = ["203.0.113.0/24"]\n`,
  });
  await provider.addAccount('alice', 'alice-secret');
  const { host: address, port }: Endpoint = provider.endpoint('turn-udp');
  return [
    { kind: 'stun', address: network.otherServerAddress, port },
    { kind: 'turn', address, port, username: 'alice', password: 'alice-secret' },
  ];
};

/** What came out in the kernel is what theory foretells, and what comes out in the simulator. */
const compare = async (left: KernelKind, right: KernelKind, outcome: KernelOutcome): Promise<void> => {
  const meeting = arrange(
    { boxes: [{ name: 'home', ...left.behaviour }] },
    { boxes: [{ name: 'away', ...right.behaviour }] },
  );
  const pair = typesOf(outcome);
  assert.equal(isDirect(pair), meeting.prediction.direct, `by ${pairText(pair)}, in theory otherwise`);
  const possible = meeting.prediction.pairs.map(pairText);
  assert.ok(possible.includes(pairText(pair)), `${pairText(pair)}, in theory ${possible.join(' or ')}`);
  const simulated = await meet(meeting);
  if (isDirect(pair)) assert.equal(pairText(pair), pairText(simulated.pair), 'not as in the simulator');
  else assert.equal(simulated.direct, false, 'directly in the simulator');
};

const typesOf = ({ first, second }: KernelOutcome) => ({ first: first.type, second: second.type });

const page = (outcomes: ReadonlyMap<string, KernelOutcome>): string => {
  const direct = [...outcomes.values()].filter((outcome) => isDirect(typesOf(outcome)));
  return `${outcomes.size} of ${KERNEL_KINDS.length ** 2} pairs connected: ${direct.length} directly, ${outcomes.size - direct.length} by relay.

${table([
  ['', ...KERNEL_KINDS.map(({ type }) => type)],
  ...KERNEL_KINDS.map((left) => [
    `**${left.type}**`,
    ...KERNEL_KINDS.map((right) => cell(outcomes.get(`${left.type} ${right.type}`))),
  ]),
])}`;
};

const cell = (outcome: KernelOutcome | undefined): string => {
  if (outcome === undefined) return 'not connected';
  const text = pairText(typesOf(outcome));
  return isDirect(typesOf(outcome)) ? text : `*${text}*`;
};
