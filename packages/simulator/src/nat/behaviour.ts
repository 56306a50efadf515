/** On how much of a destination something depends (RFC 4787 §4.1 and §5). */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** What NATs are called in RFC 3489 and by people, and two boxes that do not translate. */
export type NatType =
  | 'open'
  | 'firewall'
  | 'full-cone'
  | 'address-restricted'
  | 'port-restricted'
  | 'symmetric';

/** What a kind of NAT is by definition: from this a test can compute what passes. */
export interface NatDefinition {
  /** Whether addresses are translated at all; without it every address inside is known outside as it is. */
  readonly translates: boolean;
  readonly mapping: Dependence;
  /** `none`: everything comes in; only where nothing is translated. */
  readonly filtering: Dependence | 'none';
}

/** The kinds by their names. RFC 3489's four are those of RFC 4787 that its words fit. */
export const NAT_DEFINITIONS: Readonly<Record<NatType, NatDefinition>> = Object.freeze({
  open: { translates: false, mapping: 'endpoint-independent', filtering: 'none' },
  firewall: {
    translates: false,
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
  },
  'full-cone': {
    translates: true,
    mapping: 'endpoint-independent',
    filtering: 'endpoint-independent',
  },
  'address-restricted': {
    translates: true,
    mapping: 'endpoint-independent',
    filtering: 'address-dependent',
  },
  'port-restricted': {
    translates: true,
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
  },
  symmetric: {
    translates: true,
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
  },
});

export interface NatBehaviour extends NatDefinition {
  /** How long a UDP mapping lives after the last packet that refreshed it. RFC 4787 REQ-5: no less than 2 minutes. */
  readonly lifetimeMs: number;
  /** The same for streams. RFC 5382 REQ-5: no less than 2 hours and 4 minutes. */
  readonly tcpLifetimeMs: number;
  /** Packets from outside refresh too (RFC 4787 REQ-6); those from inside always do. */
  readonly refreshedByInbound: boolean;
  /**
   * Whether hosts inside reach each other by their addresses outside, and which source the receiver then sees
   * (RFC 4787 §6, REQ-9): `true` is `external`, as the RFC demands.
   */
  readonly hairpinning: boolean | 'internal-source' | 'external-source';
  /** Keep the port of inside where it is free. A port is never given twice ("overloading", REQ-3). */
  readonly portPreservation: boolean;
  /** Even ports stay even, odd ones odd (REQ-4). */
  readonly portParity: boolean;
  /** The first and the last port that are given. */
  readonly portRange: readonly [number, number];
  /** `paired`: one host inside always appears at one address outside (REQ-2). */
  readonly pooling: 'paired' | 'arbitrary';
  /** The most mappings at a time. */
  readonly maxMappings: number;
}

export const NAT_DEFAULTS: NatBehaviour = Object.freeze({
  ...NAT_DEFINITIONS['port-restricted'],
  lifetimeMs: 120_000,
  tcpLifetimeMs: 7_440_000,
  refreshedByInbound: false,
  hairpinning: false,
  portPreservation: false,
  portParity: false,
  portRange: [1024, 65_535],
  pooling: 'paired',
  maxMappings: 65_536,
} as const);

/** What of a remote endpoint counts: the empty string where nothing does. */
export const countingPart = (
  dependence: Dependence,
  { address, port }: { readonly address: string; readonly port: number },
): string => {
  if (dependence === 'endpoint-independent') return '';
  return dependence === 'address-dependent' ? address : `${address} ${port}`;
};
