import type { Instant } from '@ringdown/sans-io';
import { addressBytes, type TransportAddress } from '@ringdown/stun';
import type { Allocation } from './allocation.ts';
import type { Relay } from './relay.ts';
import { type Refused, refused, type TurnDesk } from './requests.ts';

/** A peer that may be reached from a relay. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly relay: Relay;
  readonly peer: TransportAddress;
  /** It is a relay of this server. */
  readonly isOwn: boolean;
}

/** Whether a peer may be reached: 443 where it is of a family that the allocation has not, 403 where it is forbidden. */
export const admit = (peer: TransportAddress, allocation: Allocation, desk: TurnDesk): Admitted | Refused => {
  const relay = allocation.relayFor(peer.address.includes(':'));
  if (relay === undefined) return refused(443, 'the peer is of another family than the relay');
  const verdict = desk.policy.judge(addressBytes(peer.address));
  if (verdict.kind === 'allowed') return { kind: 'admitted', relay, peer, isOwn: false };
  // Relays meet in memory, and only those of UDP do.
  if (verdict.kind === 'own' && allocation.protocol === 'udp' && desk.allocations.relayAt(peer) !== undefined)
    return { kind: 'admitted', relay, peer, isOwn: true };
  const rule = verdict.kind === 'denied' ? verdict.rule : 'an own address';
  return { ...refused(403, `${peer.address} is forbidden: ${rule}`), denied: { peer, rule } };
};

/** Permits all of them, or none: 508 where there would be too many, or too many new ones at once. */
export const permitAll = (
  admitted: readonly Admitted[],
  allocation: Allocation,
  now: Instant,
  { allocationPorts: { limits } }: TurnDesk,
): Refused | undefined => {
  const isNew = ({ relay, peer }: Admitted): boolean =>
    (relay.permissions.get(peer.address)?.expiresAt ?? Number.NEGATIVE_INFINITY) <= now;
  const added = new Set(admitted.filter(isNew).map(({ peer }) => peer.address)).size;
  if (added > 0) for (const { permissions } of allocation.relays) permissions.sweep(now);
  const there = allocation.relays.reduce((sum, { permissions }) => sum + permissions.size, 0);
  if (there + added > limits.permissionsPerAllocation) return refused(508, 'too many permissions');
  if (added > 0 && !allocation.mayMeet(added, now)) return refused(508, 'too many new peers at once');
  for (const { relay, peer, isOwn } of admitted) allocation.permit(relay, peer.address, isOwn, now);
  return undefined;
};
