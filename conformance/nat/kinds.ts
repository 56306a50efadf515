import { type Dependence, NAT_DEFINITIONS, type NatDefinition } from '@ringdown/simulator';

/** A kind of box, and what it is called in tables. */
export interface Kind {
  readonly name: string;
  /** What RFC 3489 and people call it. */
  readonly alias?: string;
  readonly definition: NatDefinition;
}

const SHORT: Readonly<Record<Dependence, string>> = {
  'endpoint-independent': 'EI',
  'address-dependent': 'AD',
  'address-and-port-dependent': 'APD',
};

export const DEPENDENCES: readonly Dependence[] = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
];

/** `EI/APD`: how it maps, and how it filters. */
export const shortName = (mapping: Dependence, filtering: Dependence): string =>
  `${SHORT[mapping]}/${SHORT[filtering]}`;

const aliasOf = (mapping: Dependence, filtering: Dependence): string | undefined =>
  Object.entries(NAT_DEFINITIONS).find(
    ([, one]) => one.translates && one.mapping === mapping && one.filtering === filtering,
  )?.[0];

/** Every way to map with every way to filter: RFC 3489's four are among them. */
const NATS: readonly Kind[] = DEPENDENCES.flatMap((mapping) =>
  DEPENDENCES.map((filtering) => {
    const alias = aliasOf(mapping, filtering);
    return {
      name: shortName(mapping, filtering),
      ...(alias === undefined ? {} : { alias }),
      definition: { translates: true, mapping, filtering },
    };
  }),
);

/** All kinds of boxes there are by definition: those that translate, a firewall, and none. */
export const KINDS: readonly Kind[] = [
  { name: 'open', definition: NAT_DEFINITIONS.open },
  { name: 'firewall', definition: NAT_DEFINITIONS.firewall },
  ...NATS,
];
