import { NAT_DEFINITIONS, type NatType } from '@ringdown/simulator';
import type { Device } from './device.ts';
import { KINDS } from './kinds.ts';
import type { Box } from './theory.ts';

/** Two devices in places that a table of two NATs does not know. */
export interface Case {
  readonly name: string;
  readonly first: Device;
  readonly second: Device;
  /** How many seeds it is tried with: one where nothing is left to chance. */
  readonly seeds?: number;
}

const box = (name: string, type: NatType, more: Partial<Box> = {}): Box => ({
  name,
  ...NAT_DEFINITIONS[type],
  ...more,
});

const home = (name: string, type: NatType = 'port-restricted'): Device => ({ boxes: [box(name, type)] });

/** A home whose provider translates once more (RFC 6888). */
const behindCarrier = (name: string, carrier: Box): Device => ({
  boxes: [box(name, 'port-restricted'), carrier],
});

const NAT64: Device = { boxes: [box('mobile', 'port-restricted')], ipv6: 'nat64' };

const inOneHome = (type: NatType, hairpinning: boolean): Case => ({
  name: `both behind one ${type} NAT, hairpinning ${hairpinning ? 'on' : 'off'}`,
  first: { boxes: [box('home', type, { hairpinning })] },
  second: { boxes: [box('home', type, { hairpinning })] },
});

const ofOneCarrier = (type: NatType, hairpinning: boolean): Case => {
  const carrier = box('carrier', type, { hairpinning });
  return {
    name: `two homes of one carrier, its NAT ${type}, hairpinning ${hairpinning ? 'on' : 'off'}`,
    first: behindCarrier('one', carrier),
    second: behindCarrier('another', carrier),
  };
};

const ofTwoCarriers = (left: NatType, right: NatType): Case => ({
  name: `two homes of two carriers, ${left} and ${right}`,
  first: behindCarrier('one', box('carrier of one', left)),
  second: behindCarrier('another', box('carrier of another', right)),
});

const NO_UDP = { udp: false } as const;
const ONLY_443 = { udp: false, tcpPorts: [443] } as const;

/** A fifth of all packets lost on the link of one, or of each: then three of five questions have no answer. */
const lossy = (left: NatType, right: NatType, both: boolean): Case => ({
  name: `${left} and ${right}, 20 % lost each way on the link of ${both ? 'each' : 'one'}`,
  first: { ...home('one', left), link: { loss: 0.2 } },
  second: { ...home('another', right), ...(both ? { link: { loss: 0.2 } } : {}) },
  seeds: 3,
});

/** A slow and shaky line: half a second to the server and back, packets twice and in another order. */
const SHAKY = { latencyMs: 240, jitterMs: 60, duplication: 0.05, reordering: 0.05, loss: 0.02 } as const;

export const CASES: readonly Case[] = [
  inOneHome('port-restricted', false),
  inOneHome('port-restricted', true),
  inOneHome('symmetric', false),
  inOneHome('full-cone', true),
  ofOneCarrier('full-cone', false),
  ofOneCarrier('full-cone', true),
  ofOneCarrier('port-restricted', true),
  ofOneCarrier('symmetric', true),
  ofTwoCarriers('port-restricted', 'port-restricted'),
  ofTwoCarriers('full-cone', 'symmetric'),
  ofTwoCarriers('symmetric', 'symmetric'),
  { name: 'one without UDP', first: { ...home('one'), firewall: NO_UDP }, second: home('another') },
  {
    name: 'both without UDP',
    first: { ...home('one'), firewall: NO_UDP },
    second: { ...home('another'), firewall: NO_UDP },
  },
  {
    name: 'one with nothing but port 443 open',
    first: { ...home('one'), firewall: ONLY_443 },
    second: home('another', 'symmetric'),
  },
  {
    name: 'both with nothing but port 443 open',
    first: { ...home('one'), firewall: ONLY_443 },
    second: { ...home('another'), firewall: ONLY_443 },
  },
  {
    name: 'two without UDP in one home',
    first: { ...home('home'), firewall: NO_UDP },
    second: { ...home('home'), firewall: NO_UDP },
  },
  ...KINDS.map(
    ({ name, definition }): Case => ({
      name: `IPv6 alone behind NAT64, and IPv4 alone behind ${name}`,
      first: NAT64,
      second: { boxes: [{ name: 'home', ...definition }] },
    }),
  ),
  {
    name: 'IPv6 alone behind two NAT64s',
    first: NAT64,
    second: { boxes: [box('another', 'port-restricted')], ipv6: 'nat64' },
  },
  {
    name: 'IPv6 alone behind NAT64, and dual stack behind a symmetric NAT',
    first: NAT64,
    second: { ...home('another', 'symmetric'), ipv6: 'beside' },
  },
  {
    name: 'dual stack, both behind symmetric NATs and firewalls',
    first: { ...home('one', 'symmetric'), ipv6: 'beside' },
    second: { ...home('another', 'symmetric'), ipv6: 'beside' },
  },
  {
    name: 'dual stack and IPv4 alone, both behind symmetric NATs',
    first: { ...home('one', 'symmetric'), ipv6: 'beside' },
    second: home('another', 'symmetric'),
  },
  {
    name: 'one that shows its relay alone',
    first: { ...home('one', 'full-cone'), relayOnly: true },
    second: home('another', 'full-cone'),
  },
  {
    name: 'both show their relays alone',
    first: { ...home('one', 'full-cone'), relayOnly: true },
    second: { ...home('another', 'full-cone'), relayOnly: true },
  },
  ...[false, true].flatMap((both) => [
    lossy('full-cone', 'port-restricted', both),
    lossy('port-restricted', 'port-restricted', both),
    lossy('address-restricted', 'symmetric', both),
    lossy('port-restricted', 'symmetric', both),
    lossy('symmetric', 'symmetric', both),
  ]),
  {
    name: 'port-restricted and port-restricted over two shaky satellites',
    first: { ...home('one'), link: SHAKY },
    second: { ...home('another'), link: SHAKY },
    seeds: 3,
  },
  {
    name: 'symmetric and symmetric over two shaky satellites',
    first: { ...home('one', 'symmetric'), link: SHAKY },
    second: { ...home('another', 'symmetric'), link: SHAKY },
    seeds: 3,
  },
];
