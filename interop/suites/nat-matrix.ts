import assert from 'node:assert/strict';
import type { ConnectivityServer } from '@ringdown/connectivity';
import { arrange, meet } from '../../conformance/nat/meeting.ts';
import { pairText, table, writeSection } from '../../conformance/nat/page.ts';
import { isDirect } from '../../conformance/nat/theory.ts';
import { buildNatNetwork, type NatNetwork, type NatType } from '../harness/namespaces.ts';
import type { Endpoint } from '../harness/provider.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { askCoturn, askRingdown, type Found, type Seen } from '../nat/discovery.ts';
import { type KernelOutcome, KernelPeer, meetInKernel } from '../nat/kernel-meeting.ts';
import { deviceBehind, KERNEL_KINDS, type KernelKind, NO_UDP } from '../nat/kinds.ts';

/** Longer than an attempt takes. */
const mappingSeconds = 60;

const TYPES: readonly NatType[] = [...KERNEL_KINDS.map(({ type }) => type), NO_UDP];

const suite: Suite = {
  name: 'nat-matrix',
  peers: ['nftables', 'coturn’s turnutils_natdiscovery'],
  needs: ['relay'],
  shows:
    'The whole client in two processes behind seven kinds of kernel NATs and one that lets no UDP pass, each kind with each, from both sides, with Ringdown as STUN and TURN server: connected always, directly exactly when theory and simulator say so. `ringdown nat` and coturn’s discovery call each NAT what it is. Needs root.',
  withinMs: 180_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    // Those who control, and those who do not: every kind meets every kind.
    const sides = [...TYPES, ...TYPES];
    const network = await buildNatNetwork(stage, { types: sides, mappingSeconds });
    const [peers, server] = await Promise.all([
      startPeers(stage, network, sides),
      startServer(stage, network),
    ]);
    const servers = serversOf(server, network);
    const outcomes = new Map<string, KernelOutcome>();
    const check = (left: number, right: number): Promise<boolean> => {
      const pair = [sides[left]!, sides[sides.length / 2 + right]!] as const;
      return stage.check(pair.join(' and '), async () => {
        const outcome = await meetInKernel(peers[left]!, peers[sides.length / 2 + right]!, servers);
        outcomes.set(pair.join(' '), outcome);
        await compare(...pair, outcome);
      });
    };
    const count = sides.length / 2;
    for (let round = 0; round < count; round += 1) {
      // Each peer has one attempt at a time, and each pair of NATs sees each other once.
      await Promise.all(Array.from({ length: count }, (_, left) => check(left, (left + round) % count)));
    }
    const found = new Map<NatType, Found>();
    await Promise.all(
      KERNEL_KINDS.map(async (kind, index) => {
        await stage.check(`ringdown nat and coturn say what stands behind ${kind.type}`, async () => {
          const namespace = network.phones[index]!;
          const ours = await askRingdown(server, stage.folder, namespace);
          found.set(kind.type, ours);
          assert.deepEqual(ours, foundBehind(kind));
          assert.deepEqual(await askCoturn(server, namespace), saidByCoturn(kind));
        });
      }),
    );
    if (stage.writesDocs) writeSection('kernel', page(outcomes, found));
  },
};
export default suite;

const startPeers = (
  stage: Stage,
  { phones }: NatNetwork,
  types: readonly NatType[],
): Promise<readonly KernelPeer[]> =>
  Promise.all(
    phones.map((namespace, index) => {
      const role = index < types.length / 2 ? 'controlling' : 'controlled';
      return KernelPeer.start(stage, `${role} behind ${types[index]}`, namespace);
    }),
  );

/** One that lets NATs be looked at (RFC 5780), and relays to the documentation's addresses, of which the lab is made. */
const startServer = async (stage: Stage, network: NatNetwork): Promise<Endpoint> => {
  const provider = await stage.provider({
    ...{ host: network.serverAddress, namespace: network.server },
    config: `[stun]\nask = []\nother_address = "${network.otherServerAddress}"\n\n[turn]\nallow_peers = ["203.0.113.0/24"]\n`,
  });
  await provider.addAccount('alice', 'alice-secret');
  return provider.endpoint('turn-udp');
};

/** Asked for reflexive addresses at one address, and for relays at the other. */
const serversOf = ({ host, port }: Endpoint, network: NatNetwork): readonly ConnectivityServer[] => [
  { kind: 'stun', address: network.otherServerAddress, port },
  { kind: 'turn', address: host, port, username: 'alice', password: 'alice-secret' },
];

/** What a look from inside has to find. */
const foundBehind = ({ behaviour, classic }: KernelKind): Found => ({
  mapping: behaviour.mapping,
  filtering: behaviour.filtering,
  // A mapping that depends on the destination has no one address outside by which another host inside could be reached.
  hairpinning: behaviour.mapping === 'endpoint-independent' ? behaviour.hairpinning === true : undefined,
  classic,
});

/**
 * turnutils_natdiscovery of coturn 4.6.1 takes the OTHER-ADDRESS of its second answer for its third question, not that of the
 * first (RFC 5780 §4.3): it then asks the first address again where a server tells by RFC 5780 §6.1 what is other, and sees
 * the first mapping. So it cannot tell a mapping by address from one by address and port; its own server tells otherwise.
 */
const saidByCoturn = ({ behaviour: { mapping, filtering } }: KernelKind): Seen => ({
  mapping: mapping === 'address-dependent' ? 'address-and-port-dependent' : mapping,
  filtering,
});

/** What came out in the kernel is what theory foretells, and what comes out in the simulator. */
const compare = async (left: NatType, right: NatType, outcome: KernelOutcome): Promise<void> => {
  const meeting = arrange(deviceBehind(left, 'home'), deviceBehind(right, 'away'));
  const pair = typesOf(outcome);
  assert.equal(isDirect(pair), meeting.prediction.direct, `by ${pairText(pair)}, in theory otherwise`);
  const possible = meeting.prediction.pairs.map(pairText);
  assert.ok(possible.includes(pairText(pair)), `${pairText(pair)}, in theory ${possible.join(' or ')}`);
  const simulated = await meet(meeting);
  if (isDirect(pair)) assert.equal(pairText(pair), pairText(simulated.pair), 'not as in the simulator');
  else assert.equal(simulated.direct, false, 'directly in the simulator');
};

const typesOf = ({ first, second }: KernelOutcome) => ({ first: first.type, second: second.type });

const page = (outcomes: ReadonlyMap<string, KernelOutcome>, found: ReadonlyMap<NatType, Found>): string => {
  const all = [...outcomes.values()];
  const direct = all.filter((outcome) => isDirect(typesOf(outcome)));
  const relayed = all.filter((outcome) => !direct.includes(outcome));
  return `${all.length} of ${TYPES.length ** 2} pairs connected: ${direct.length} directly, ${relayed.length} by relay (*in italics*). In the run that wrote this,
eight pairs at a time on two cores, each had heard the other after ${medianHeard(direct)} ms directly and ${medianHeard(relayed)} ms by relay (medians), without any latency between them.

${table([
  ['', ...TYPES],
  ...TYPES.map((left) => [`**${left}**`, ...TYPES.map((right) => cell(outcomes.get(`${left} ${right}`)))]),
])}

What \`ringdown nat\` says from behind each. coturn's \`turnutils_natdiscovery\`, asking the same server (RFC 5780), says the same of
mapping and filtering, but for the mapping by address: that it calls one by address and port, because it asks the first address
again where RFC 5780 §4.3 asks the other one.

${table([
  ['NAT', 'classic name', 'mapping', 'filtering', 'hairpinning'],
  ...KERNEL_KINDS.map(({ type }) => [type, ...words(found.get(type))]),
])}`;
};

const medianHeard = (some: readonly KernelOutcome[]): number | undefined =>
  some.map(({ heardMs }) => heardMs).sort((left, right) => left - right)[Math.floor(some.length / 2)];

const words = (found: Found | undefined): readonly string[] => {
  if (found === undefined) return ['nothing', '', '', ''];
  const { classic = 'unknown', mapping, filtering, hairpinning } = found;
  return [
    classic,
    mapping,
    filtering,
    hairpinning === undefined ? 'cannot be told' : hairpinning ? 'yes' : 'no',
  ];
};

const cell = (outcome: KernelOutcome | undefined): string => {
  if (outcome === undefined) return 'not connected';
  return isDirect(typesOf(outcome)) ? pairText(typesOf(outcome)) : '*relay*';
};
