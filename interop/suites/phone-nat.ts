import assert from 'node:assert/strict';
import { arrange } from '../../conformance/nat/meeting.ts';
import { pairText, table, writeSection } from '../../conformance/nat/page.ts';
import { idle, LISTENS } from '../harness/deadline.ts';
import { buildNatNetwork, forgetMappings, type NatType, readdress } from '../harness/namespaces.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { deviceBehind, KERNEL_KINDS, NO_UDP } from '../nat/kinds.ts';
import {
  type PhoneEnd,
  type PhoneLab,
  PhoneMeeting,
  type PhonePath,
  type SipTransport,
  type Who,
} from '../nat/phone-meeting.ts';
import { HOUSES, type Household, PAIRS, type Side, UPHEAVALS, type Upheaval } from '../nat/phone-places.ts';

/** Longer than the server's keep-alive of about 25 s, shorter than the long call. */
const mappingSeconds = 30;
const LONG_CALL_MS = 75_000;
/** A path that is lost is missed for longer. */
const mostSilentMs = 8_000;
/** Each has two processes, and there are two cores. */
const CALLS_AT_ONCE = 3;

const TYPES: readonly NatType[] = [...KERNEL_KINDS.map(({ type }) => type), NO_UDP];

const suite: Suite = {
  name: 'phone-nat',
  peers: ['nftables'],
  needs: ['relay'],
  shows:
    'The phone in the terminal behind kernel NATs, who calls and who is called, each as it finds its way by itself: answered, heard both ways, directly exactly when theory says so and by the server’s relay else, over UDP, TCP, TLS and secure WebSocket, and hung up from either side. Two in one house; routers that forget or come back with another address in the middle of a call; a long call over short mappings. Needs root.',
  // Sound in real time, from six processes at once.
  alone: true,
  withinMs: 400_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const lab = await buildLab(stage);
    const found: Found = { paths: new Map(), houses: new Map(), silences: new Map() };
    const cases = [...longCall(lab), ...upheavals(lab, found), ...pairs(lab, found), ...houses(lab, found)];
    const next = cases.values();
    const work = async (): Promise<void> => {
      for (const { name, body, isListening } of next)
        await (isListening ? stage.listen : stage.check)(name, body);
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
    if (stage.writesDocs) writeSection('phone', page(found));
  },
};
export default suite;

interface Case {
  readonly name: string;
  /** Whether it counts that no sound is missing, for seconds on end. */
  readonly isListening: boolean;
  body(): Promise<void>;
}

interface Found {
  readonly paths: Map<string, PhonePath>;
  readonly houses: Map<string, PhonePath>;
  readonly silences: Map<string, number>;
}

/** First those who call, then those who are called, behind one NAT of each type; then houses, and the routers of upheavals. */
const buildLab = async (stage: Stage): Promise<PhoneLab> => {
  const network = await buildNatNetwork(stage, {
    types: [...TYPES, ...TYPES, ...UPHEAVALS.map(({ type }) => type), ...HOUSES],
    mappingSeconds,
  });
  const provider = await stage.provider({
    ...{ host: network.serverAddress, namespace: network.server },
    // Where phones look for them that are told of none.
    ...{ turnPort: 3478, turnsPort: 5349 },
    config: '[turn]\nallow_peers = ["203.0.113.0/24"]\n',
  });
  // A call that is made once more has accounts that no other had.
  const calls = PAIRS.length + HOUSES.length + UPHEAVALS.length + 1;
  const names = Array.from({ length: 2 * calls * LISTENS }, (_, at) => userOf(at));
  await provider.addAccounts(names.map((name) => ({ name, password: `${name}-secret` })));
  return { stage, network, provider, certificate: await provider.certificate() };
};

const userOf = (number: number): string => `phone${number}`;

let users = 0;

/** A phone of an account that no other call has. */
const phoneAt = (place: number, transport: SipTransport): PhoneEnd => ({
  user: userOf(users++),
  place,
  transport,
});

const callerBehind = ([type, transport]: Side): PhoneEnd => phoneAt(TYPES.indexOf(type), transport);
const calledBehind = ([type, transport]: Side): PhoneEnd =>
  phoneAt(TYPES.length + TYPES.indexOf(type), transport);

const nameOf = (sides: readonly Side[]): string =>
  sides.map(([type, transport]) => `${type} (${transport})`).join(' calls ');

const pairs = (lab: PhoneLab, { paths }: Found): readonly Case[] =>
  PAIRS.map(([caller, called], index) => ({
    name: nameOf([caller, called]),
    isListening: true,
    body: async () => {
      const meeting = await PhoneMeeting.begin(lab, callerBehind(caller), calledBehind(called));
      const path = await meeting.path();
      paths.set(nameOf([caller, called]), path);
      isAsForetold(caller[0], called[0], path);
      await meeting.end(whoEnds(index));
      meeting.expectSound();
    },
  }));

/** They take turns. */
const whoEnds = (index: number): Who => (index % 2 === 0 ? 'caller' : 'called');

/** What comes out is what theory foretells of two such NATs. */
const isAsForetold = (left: NatType, right: NatType, path: PhonePath): void => {
  const { prediction } = arrange(deviceBehind(left, 'home'), deviceBehind(right, 'away'));
  assert.equal(path.kind, prediction.direct ? 'direct' : 'relayed', pairText(path));
  const possible = prediction.pairs.map(pairText);
  assert.ok(possible.includes(pairText(path)), `${pairText(path)}, in theory ${possible.join(' or ')}`);
};

const houses = (lab: PhoneLab, found: Found): readonly Case[] =>
  HOUSES.map((house, index) => ({
    name: `two phones, ${house.name}`,
    isListening: true,
    body: async () => {
      const [caller, called] = house.transports;
      const place = placeOf(house);
      const meeting = await PhoneMeeting.begin(lab, phoneAt(place, caller), phoneAt(place + 1, called));
      const path = await meeting.path();
      found.houses.set(house.name, path);
      assert.equal(path.kind, house.kind, pairText(path));
      if (house.ends !== undefined) assert.equal(pairText(path), house.ends);
      await meeting.end(whoEnds(index));
      meeting.expectSound();
    },
  }));

const placeOf = (house: Household): number =>
  2 * TYPES.length +
  UPHEAVALS.length +
  HOUSES.slice(0, HOUSES.indexOf(house)).reduce((places, { phones }) => places + phones, 0);

const upheavals = (lab: PhoneLab, { silences }: Found): readonly Case[] =>
  UPHEAVALS.map((upheaval, index) => ({
    name: `${nameOf([[upheaval.type, upheaval.transport], upheaval.other])}, and ${wordsOf(upheaval)}`,
    isListening: false,
    body: async () => {
      const place = 2 * TYPES.length + index;
      const meeting = await PhoneMeeting.begin(
        lab,
        phoneAt(place, upheaval.transport),
        calledBehind(upheaval.other),
      );
      await meeting.path();
      await happen(upheaval, lab, place);
      await meeting.recovered();
      await meeting.end(whoEnds(index));
      const silentMs = meeting.silentMs();
      silences.set(upheavalName(upheaval), silentMs);
      assert.ok(silentMs <= upheaval.mostMs, `${silentMs} ms of silence, more than ${upheaval.mostMs}`);
    },
  }));

const happen = async ({ happens }: Upheaval, { network }: PhoneLab, place: number): Promise<void> => {
  const nat = network.nats[place]!;
  // The address of a NAT is known by its number.
  if (happens === 'forgets') await forgetMappings(nat);
  else await readdress(nat, `203.0.113.${20 + place}`, `203.0.113.${120 + place}`);
};

const wordsOf = ({ happens }: Upheaval): string =>
  happens === 'forgets'
    ? 'the router of the first forgets all'
    : 'the router of the first has another address';

const upheavalName = (upheaval: Upheaval): string =>
  `${nameOf([[upheaval.type, upheaval.transport], upheaval.other])} | ${wordsOf(upheaval)}`;

const longCall = (lab: PhoneLab): readonly Case[] => [
  {
    name: `a call of ${LONG_CALL_MS / 1_000} s over mappings of ${mappingSeconds} s`,
    isListening: false,
    body: async () => {
      const meeting = await PhoneMeeting.begin(
        lab,
        callerBehind(['port-restricted', 'udp']),
        calledBehind(['symmetric', 'udp']),
      );
      await meeting.path();
      await idle(LONG_CALL_MS);
      // By signalling nothing was said meanwhile.
      await meeting.end('called');
      meeting.expectSound();
      const silentMs = meeting.silentMs();
      assert.ok(silentMs < mostSilentMs, `${silentMs} ms of silence: a mapping was lost`);
    },
  },
];

const page = ({ paths, houses: inHouses, silences }: Found): string => {
  const all = [...paths.values()];
  const direct = all.filter(({ kind }) => kind === 'direct');
  return `${all.length} of ${PAIRS.length} calls sounded both ways, ${direct.length} directly and ${all.length - direct.length} by relay (*in italics*), as theory says of each.
The time is from the answer until both had heard the other, in the run that wrote this: three calls at a time on two cores, without any latency between them.

${table([
  ['caller', 'called', 'path', 'heard after, ms'],
  ...PAIRS.map((pair) => [...pair.map(sideText), ...cells(paths.get(nameOf(pair)))]),
  ...HOUSES.map(({ name, transports }) => [
    `${name}: ${transports[0]}`,
    transports[1],
    ...cells(inHouses.get(name)),
  ]),
])}

In the middle of a call: how long one of them heard nothing, by their recordings.

${table([
  ['caller', 'called', 'what happens to the caller', 'silence, s'],
  ...UPHEAVALS.map((upheaval) => [
    sideText([upheaval.type, upheaval.transport]),
    sideText(upheaval.other),
    upheaval.happens === 'forgets'
      ? 'its router forgets everything'
      : 'its router comes back with another address',
    secondsOf(silences.get(upheavalName(upheaval))),
  ]),
])}`;
};

const sideText = ([type, transport]: Side): string => `${type}, ${transport}`;

const cells = (path: PhonePath | undefined): readonly string[] => {
  if (path === undefined) return ['none', ''];
  const ends = pairText(path);
  return [path.kind === 'direct' ? ends : `*${ends}*`, String(path.heardMs)];
};

const secondsOf = (ms: number | undefined): string =>
  ms === undefined ? 'not heard again' : (ms / 1_000).toFixed(1);
