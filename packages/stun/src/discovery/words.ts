import type { TransportAddress } from '../transport-address.ts';
import { classicName } from './classic-name.ts';
import type { Behaviour, MappingLifetime, NatFindings, NatReport } from './nat-report.ts';

/** Names what was found, and says it for people. */
export const reportOf = (found: NatFindings): NatReport => ({
  ...found,
  classic: classicName(found),
  sentences: sentencesOf(found).filter((sentence) => sentence !== undefined),
});

type Sentence = string | undefined;

const sentencesOf = (found: NatFindings): readonly Sentence[] => {
  if (found.udp !== 'works') return [WITHOUT_UDP[found.udp](found.family)];
  if (found.mapped === undefined)
    return [
      `The server answers over ${found.family}, but does not say where it sees this device: ask another one.`,
    ];
  const isPublic = !NOT_PUBLIC.test(found.mapped.address);
  return [
    whereWeAre(found.mapped, found),
    isPublic ? undefined : insideOnly(found.mapped),
    ...(found.translated === true ? natSentences(found) : [firewallSentence(found.filtering, isPublic)]),
    lifetimeSentence(found.lifetime),
  ];
};

const WITHOUT_UDP = {
  blocked: (family: string) =>
    `UDP does not get through over ${family}, though the server answers over TCP: calls need the relay over TCP or TLS, or a firewall that lets UDP pass.`,
  'no answer': (family: string) =>
    `No server answered over ${family}, neither over UDP nor over TCP: check their names and ports, and whether a firewall stands before this device.`,
  'no address': (family: string) => `This device has no ${family} address, so calls do not use ${family}.`,
} as const;

const whereWeAre = (mapped: TransportAddress, { family, translated }: NatFindings): Sentence =>
  translated === true
    ? `Your ${family} address outside is ${mapped.address}: a NAT stands between this device and the server.`
    : `The server sees this device's own ${family} address ${mapped.address}: no NAT stands between them.`;

/** RFC 1918, RFC 6598, loopback and link-local; fc00::/7, fe80::/10. */
const NOT_PUBLIC =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd]|fe[89ab])/;

const insideOnly = ({ address }: TransportAddress): string =>
  `${address} is no public address: this holds up to that server only; name one on the Internet to learn the rest.`;

const natSentences = (found: NatFindings): readonly Sentence[] => [
  mappingSentence(found),
  FILTERING[found.filtering],
  hairpinSentence(found.hairpinning),
  portSentence(found),
];

const mappingSentence = ({ mapping, filtering }: NatFindings): string => {
  if (mapping === 'unknown')
    return 'Whether your router gives you a new port for each peer is not known: that takes a server with two addresses, or a second server.';
  if (mapping !== 'endpoint-independent') {
    const each = mapping === 'address-and-port-dependent' ? 'peer' : 'address that you speak with';
    return `Your router gives you a new port for each ${each} (symmetric NAT). Calls to people behind the same kind, or behind a strict filter, need the relay.`;
  }
  const start = 'Your router keeps one port for all peers';
  if (filtering === 'endpoint-independent' || filtering === 'address-dependent')
    return `${start}. Calls go directly to nearly everybody.`;
  return `${start}. Calls go directly to most people; those behind a symmetric NAT need the relay.`;
};

const FILTERING: Readonly<Record<Behaviour, string>> = {
  'endpoint-independent': 'It lets everybody in to a port that is open (full cone).',
  'address-dependent': 'It lets in only the addresses that you have sent to.',
  'address-and-port-dependent': 'It lets in only the addresses and ports that you have sent to.',
  dependent: 'It does not let strangers in; whether their port counts too is not known.',
  unknown: 'Whom it lets in is not known: that takes a server with two addresses (RFC 5780).',
};

const firewallSentence = (filtering: Behaviour, isPublic: boolean): Sentence => {
  if (filtering === 'unknown')
    return 'Whether a firewall stands before it is not known: that takes a server with two addresses (RFC 5780).';
  if (filtering !== 'endpoint-independent')
    return 'A firewall lets in only answers: calls go directly once both sides have sent, which ICE does.';
  return isPublic ? 'Everybody can reach it: calls go directly.' : undefined;
};

const hairpinSentence = (hairpinning: boolean | undefined): Sentence => {
  if (hairpinning === undefined) return undefined;
  return hairpinning
    ? 'Two devices behind it also reach each other by their addresses outside.'
    : 'Two devices behind it do not reach each other by their addresses outside: calls within the house use those inside.';
};

const portSentence = ({ portPreservation, portParity }: NatFindings): Sentence => {
  if (portPreservation === 'always') return 'It keeps your port numbers.';
  if (portPreservation === 'sometimes') return 'It keeps your port numbers where they are free.';
  return portParity === true ? 'It gives you other port numbers, even ones for even ones.' : undefined;
};

const lifetimeSentence = (lifetime: MappingLifetime | undefined): Sentence => {
  if (lifetime === undefined) return undefined;
  const { atLeastMs, lessThanMs } = lifetime;
  if (lessThanMs === undefined)
    return `A way through that is idle stays open for ${seconds(atLeastMs)} s and more.`;
  const range = `between ${seconds(atLeastMs)} and ${seconds(lessThanMs)} s`;
  const often = Math.max(1, Math.floor(atLeastMs / 2000));
  return `A way through that is idle closes after ${range}: something has to be sent every ${often} s.`;
};

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
