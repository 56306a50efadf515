import type { LocalCandidate } from '@ringdown/ice';
import { isPrivateAddress } from './private-address.ts';

/** Which of our addresses leads to the server, and where that is. */
export interface Toward {
  readonly local: string;
  readonly server: string;
}

/**
 * The candidate that a description names in `c=`, for peers that speak no ICE: they are likely to be where the server is. Behind
 * a NAT that is what a server has seen, unless the way to the server leads through none. A relay only where nothing else is
 * told.
 */
export const defaultDestination = (
  candidates: readonly LocalCandidate[],
  toward: Toward | undefined,
): LocalCandidate | undefined => {
  const hosts = candidates.filter(({ type }) => type === 'host');
  const host =
    hosts.find(({ address }) => address === toward?.local) ??
    hosts.find(({ address }) => !address.includes(':')) ??
    hosts[0];
  if (host === undefined) return candidates.find(({ type }) => type === 'relay') ?? candidates[0];
  const isBehindNat = isPrivateAddress(host.address) && !(toward && isPrivateAddress(toward.server));
  const reflexive = candidates.find(({ type, base }) => type === 'srflx' && base.id === host.base.id);
  return isBehindNat && reflexive !== undefined ? reflexive : host;
};
