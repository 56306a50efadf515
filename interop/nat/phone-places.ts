import type { House, NatType } from '../harness/namespaces.ts';
import type { SipTransport } from './phone-meeting.ts';

/** Behind what a phone stands, and by what it speaks with the server. */
export type Side = readonly [type: NatType, transport: SipTransport];

/** Who calls whom: every kind of NAT on either side, directly and by relay, and every transport. */
export const PAIRS: readonly (readonly [caller: Side, called: Side])[] = [
  [
    ['full-cone', 'udp'],
    ['full-cone-without-port-preservation', 'tcp'],
  ],
  [
    ['address-restricted', 'udp'],
    ['port-restricted', 'udp'],
  ],
  [
    ['port-restricted', 'tls'],
    ['port-restricted', 'wss'],
  ],
  [
    ['symmetric', 'udp'],
    ['full-cone', 'udp'],
  ],
  [
    ['full-cone-without-port-preservation', 'wss'],
    ['symmetric', 'udp'],
  ],
  [
    ['address-restricted', 'tcp'],
    ['symmetric', 'tls'],
  ],
  [
    ['address-dependent-mapping', 'udp'],
    ['address-restricted', 'tls'],
  ],
  [
    ['port-restricted', 'udp'],
    ['symmetric', 'udp'],
  ],
  [
    ['address-dependent-mapping', 'wss'],
    ['port-restricted', 'tcp'],
  ],
  [
    ['symmetric', 'udp'],
    ['symmetric', 'wss'],
  ],
  [
    ['no-udp', 'tls'],
    ['port-restricted', 'udp'],
  ],
  [
    ['symmetric', 'tcp'],
    ['no-udp', 'wss'],
  ],
  [
    ['no-udp', 'wss'],
    ['no-udp', 'tcp'],
  ],
];

/** Two phones behind one router, and the way that there is. */
export interface Household extends House {
  readonly name: string;
  readonly kind: 'direct' | 'relayed';
  /** The ends of the path, where there is one that is best. */
  readonly ends?: string;
  readonly transports: readonly [caller: SipTransport, called: SipTransport];
}

export const HOUSES: readonly Household[] = [
  {
    ...{ name: 'one network behind a symmetric NAT', type: 'symmetric', phones: 2 },
    ...{ kind: 'direct', ends: 'host–host', transports: ['udp', 'udp'] },
  },
  {
    ...{ name: 'guests of one router that hairpins', type: 'hairpin', phones: 2, isolated: true },
    ...{ kind: 'direct', ends: 'srflx–srflx', transports: ['udp', 'tls'] },
  },
  {
    ...{ name: 'guests of one router that does not hairpin', type: 'port-restricted', phones: 2 },
    ...{ isolated: true, kind: 'relayed', transports: ['tcp', 'udp'] },
  },
];

/** Something happens to the router of a caller in the middle of a call. */
export interface Upheaval {
  readonly type: NatType;
  readonly transport: SipTransport;
  readonly other: Side;
  readonly happens: 'forgets' | 'another address';
  /** The longest silence that there may be. */
  readonly mostMs: number;
}

/** What goes on by itself is heard at once; else ICE has to miss the path, and where nothing else is left, to start over. */
export const UPHEAVALS: readonly Upheaval[] = [
  {
    ...{ type: 'port-restricted', transport: 'udp', other: ['full-cone', 'udp'] },
    ...{ happens: 'forgets', mostMs: 5_000 },
  },
  {
    ...{ type: 'symmetric', transport: 'tcp', other: ['symmetric', 'udp'] },
    ...{ happens: 'forgets', mostMs: 20_000 },
  },
  {
    ...{ type: 'port-restricted', transport: 'tls', other: ['full-cone', 'udp'] },
    ...{ happens: 'another address', mostMs: 20_000 },
  },
  {
    ...{ type: 'symmetric', transport: 'udp', other: ['symmetric', 'wss'] },
    ...{ happens: 'another address', mostMs: 30_000 },
  },
];
