import type { ConnectivityServer } from '@ringdown/connectivity';
import type { Toward } from '../way/default-destination.ts';
import { IceWay } from '../way/ice-way.ts';
import { PlainWay } from '../way/plain-way.ts';
import { isPrivateAddress } from '../way/private-address.ts';
import type { Way, WayUser } from '../way/way.ts';
import type { EngineParts } from './parts.ts';
import type { SessionTerms } from './terms.ts';

/** What decides on a way besides the terms. */
export interface WayNeeds {
  /** Whether the peer has not said that it does not speak ICE. */
  readonly ice: boolean;
  /** We made the offer (RFC 8445 §6.1.1). */
  readonly controlling: boolean;
  /** An address of the peer's, where it is known: ours must be of its family. */
  readonly toward: string | undefined;
}

/** Opens a way. @throws RangeError with a clause where there is none */
export const openWay = (
  needs: WayNeeds,
  { relayOnly }: SessionTerms,
  { settings, ports }: EngineParts,
  user: WayUser,
): Way => {
  const { addresses, advertise, gatherMs, mendMs, localAddressToward: toward } = settings;
  if (relayOnly && !needs.ice)
    throw new RangeError('only relays are allowed, and the peer does not speak ICE');
  const address = localAddress(needs.toward, { settings, ports });
  if (address === undefined) throw new RangeError('this device has no address to be reached at');
  const servers = settings.servers();
  if (!needs.ice && !hidesBehindNat(address, servers, toward()))
    return new PlainWay({ address, advertise }, ports.sockets, user);
  const options = { relayOnly, advertise, gatherMs, mendMs, toward, servers, plain: !needs.ice };
  return new IceWay(
    { ...options, controlling: needs.controlling, ...(addresses === undefined ? {} : { addresses }) },
    ports,
    user,
  );
};

/** Whether a peer without ICE can only be told what a server sees of us. */
const hidesBehindNat = (
  address: string,
  servers: readonly ConnectivityServer[],
  toward: Toward | undefined,
) =>
  servers.length > 0 &&
  isPrivateAddress(address) &&
  (toward === undefined || !isPrivateAddress(toward.server)) &&
  servers.some((server) => !isPrivateAddress(server.address));

/** The address that leads to the server, where it is of the peer's family; else the first that is. */
const localAddress = (
  toward: string | undefined,
  { settings, ports }: Pick<EngineParts, 'settings' | 'ports'>,
): string | undefined => {
  const preferred = settings.localAddressToward()?.local;
  const own = settings.addresses ?? ports.sockets.addresses();
  const all = preferred === undefined ? own : [preferred, ...own];
  const isIpv6 = (address: string): boolean => address.includes(':');
  const wanted = toward === undefined ? undefined : isIpv6(toward);
  const fitting = all.find((address) => wanted === undefined || isIpv6(address) === wanted);
  return fitting ?? all[0];
};
