import type { AddressFamily } from '../local-address.ts';
import { addressBytes, type TransportAddress } from '../transport-address.ts';

/** On how much of a destination a NAT's mapping or filtering depends (RFC 4787 §4.1, §5). */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** `dependent`: on the address, and whether on the port too could not be told. `unknown`: the servers could not show it. */
export type Behaviour = Dependence | 'dependent' | 'unknown';

/** What RFC 3489 §5 and §10.1 call it. RFC 4787 says why such names promise too much: see mapping and filtering. */
export type ClassicNatType =
  | 'open Internet'
  | 'full cone'
  | 'restricted cone'
  | 'port-restricted cone'
  | 'symmetric'
  | 'symmetric UDP firewall'
  | 'UDP blocked';

/**
 * Whether UDP reaches a server and comes back. `blocked`: its server answers over TCP only. `no answer`: over neither, so it may
 * as well be the server that is not there. `no address`: this device has none of that family.
 */
export type UdpConnectivity = 'works' | 'blocked' | 'no answer' | 'no address';

/** How long an idle mapping lives. */
export interface MappingLifetime {
  /** It lived this long; 0: it never did. */
  readonly atLeastMs: number;
  /** It was gone after this; undefined: it outlived the longest measurement. */
  readonly lessThanMs: number | undefined;
  /** By a second socket and RESPONSE-PORT (RFC 5780 §4.6), or by seeing one's own port change. */
  readonly method: 'RESPONSE-PORT' | 'own probes';
}

/** What was found out about the way of one address family; undefined and `unknown` where it could not be. */
export interface NatReport {
  readonly family: AddressFamily;
  readonly udp: UdpConnectivity;
  /** The server that told most of it. */
  readonly server: TransportAddress | undefined;
  readonly local: TransportAddress | undefined;
  /** Where the server sees this device. */
  readonly mapped: TransportAddress | undefined;
  /** Whether there is a NAT at all between this device and the server. */
  readonly translated: boolean | undefined;
  readonly mapping: Behaviour;
  readonly filtering: Behaviour;
  /** Whether two behind this NAT reach each other by their addresses outside (RFC 4787 §6). */
  readonly hairpinning: boolean | undefined;
  /** Whether ports outside are those inside (RFC 4787 §4.2.1). */
  readonly portPreservation: 'always' | 'sometimes' | 'never' | undefined;
  /** Whether even ports stay even and odd ones odd (RFC 4787 §4.2.2). */
  readonly portParity: boolean | undefined;
  readonly lifetime: MappingLifetime | undefined;
  readonly classic: ClassicNatType | undefined;
  /** The same for people, with what it means for a call. */
  readonly sentences: readonly string[];
}

/** What was found, before it has names and words. */
export type NatFindings = Omit<NatReport, 'classic' | 'sentences'>;

export const nothingFound = (family: AddressFamily, udp: UdpConnectivity): NatFindings => ({
  family,
  udp,
  server: undefined,
  local: undefined,
  mapped: undefined,
  translated: undefined,
  mapping: 'unknown',
  filtering: 'unknown',
  hairpinning: undefined,
  portPreservation: undefined,
  portParity: undefined,
  lifetime: undefined,
});

export const sameAddress = (left: TransportAddress, right: TransportAddress): boolean =>
  left.port === right.port &&
  (left.address === right.address ||
    // One IPv6 address has many spellings.
    addressBytes(left.address).join() === addressBytes(right.address).join());
