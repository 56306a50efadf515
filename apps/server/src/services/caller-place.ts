import { isIP } from 'node:net';
import type { SocketAddress } from '@ringdown/sans-io';
import { bareHost, isMalformed, isSipUri, parseUri, RecordRoute, type SipRequest } from '@ringdown/sip';
import { relayAddresses } from '../turn/relay-address.ts';

/** How sound gets from here to one caller. */
export interface CallerPlace {
  /** The addresses of ours that it may come from, the likeliest first. */
  readonly addresses: readonly string[];
  /** What the caller is told instead of one of them. */
  advertise(local: SocketAddress): SocketAddress;
}

/** What is known of this machine's network at present. */
export interface OwnNetwork {
  /** The addresses that we listen at. */
  readonly addresses: readonly string[];
  /** What the world reaches this machine at, as far as it is known: a name or an address. */
  readonly advertised: string | undefined;
}

/**
 * The caller has reached us at the address that our own Record-Route names toward it: one of ours in its own network, the
 * advertised one elsewhere. Sound goes the same way.
 */
export const callerPlace = (invite: SipRequest, { addresses, advertised }: OwnNetwork): CallerPlace => {
  const reached = reachedAt(invite);
  const outside = advertised !== undefined && isIP(advertised) !== 0 ? advertised : undefined;
  const told = new Map(relayAddresses(addresses, outside).map((one) => [one.address, one.advertised]));
  const isOwn = reached !== undefined && addresses.includes(reached);
  const isLocal = isOwn && isLoopback(reached);
  const family = reached !== undefined && isIP(reached) !== 0 ? isIP(reached) : 4;
  const fit = addresses.filter((address) => isLoopback(address) === isLocal || addresses.every(isLoopback));
  const likeliest = isOwn ? reached : fit.find((address) => isIP(address) === family && told.has(address));
  return {
    addresses: likeliest === undefined ? fit : [likeliest, ...fit.filter((address) => address !== likeliest)],
    advertise: ({ address, port }) => ({
      address: isOwn ? address : (told.get(address) ?? address),
      port,
    }),
  };
};

/** The host of our Record-Route on the caller's side: the second one, behind that of the service's side. */
const reachedAt = (invite: SipRequest): string | undefined => {
  const text = invite.texts(RecordRoute)[1];
  const uri = /<([^>]*)>/.exec(text ?? '')?.[1];
  const parsed = uri === undefined ? undefined : parseUri(uri);
  return parsed === undefined || isMalformed(parsed) || !isSipUri(parsed) ? undefined : bareHost(parsed.host);
};

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
