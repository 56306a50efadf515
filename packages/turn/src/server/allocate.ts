import { byteString, successTo, XorMappedAddress } from '@ringdown/stun';
import { AddressErrorCode } from '../attributes/address-error-code.ts';
import { XorRelayedAddress } from '../attributes/addresses.ts';
import { IPV4, IPV6, Lifetime, ReservationToken } from '../attributes/numbers.ts';
import { type AllocateWish, readAllocate } from './allocate-wish.ts';
import { Allocation } from './allocation.ts';
import type { Relay } from './relay.ts';
import { LATER, refused, SILENCE, type TurnDesk, type TurnRequest, type Verdict } from './requests.ts';

/** What came of one family. */
interface Tried {
  readonly isIpv6: boolean;
  readonly relay: Relay | undefined;
  readonly next: Relay | undefined;
}

/** RFC 8656 §7.2. The relays open later; until then the 5-tuple is taken already. */
export const allocate = (request: TurnRequest, desk: TurnDesk): Verdict => {
  const { client, message, credential } = request;
  const transactionId = byteString(message.transactionId);
  const same = desk.allocations.of(client);
  if (same !== undefined) return again(request, same, transactionId);
  const wish = readAllocate(request, desk);
  if (wish.kind === 'refused') return wish;
  const { user } = credential;
  // What was kept is handed over first: it was counted, and now is counted anew.
  const kept = wish.token === undefined ? undefined : desk.reservations.claim(wish.token);
  const full = countAll(wish, user.name, client.remote.address, desk);
  if (full !== undefined) {
    kept?.close();
    return refused(full, full === 486 ? 'too many allocations' : 'the server is full');
  }
  const made = { protocol: wish.protocol, transactionId };
  const allocation = new Allocation(client, user, made, desk.allocationPorts);
  desk.allocations.add(allocation);
  if (kept !== undefined) {
    const tried = [{ isIpv6: kept.isIpv6, relay: kept, next: undefined }];
    return finish(request, allocation, wish, tried, desk);
  }
  openAll(request, allocation, wish, desk);
  return LATER;
};

/** The same request again gets the same answer; another finds the 5-tuple taken (RFC 8656 §7.2). */
const again = ({ credential }: TurnRequest, allocation: Allocation, transactionId: string): Verdict => {
  if (allocation.transactionId !== transactionId || allocation.user.name !== credential.user.name)
    return refused(437, 'the 5-tuple has an allocation');
  if (allocation.answer !== undefined) allocation.client.send(allocation.answer.slice());
  return SILENCE;
};

/** A pair is two: the second is counted for as long as it is kept. */
const countAll = (
  { port }: AllocateWish,
  user: string,
  address: string,
  { quota }: TurnDesk,
): 486 | 508 | undefined => {
  const first = quota.take(user, address);
  if (first !== undefined || port !== 'pair') return first;
  const second = quota.take(user, address);
  if (second !== undefined) quota.release(user, address);
  return second;
};

const openAll = (request: TurnRequest, allocation: Allocation, wish: AllocateWish, desk: TurnDesk): void => {
  const tried: Tried[] = [];
  for (const isIpv6 of wish.families) {
    const near = request.client.local.address;
    desk.opener.open({ isIpv6, protocol: wish.protocol, near, port: wish.port }, (relay, next) => {
      tried.push({ isIpv6, relay, next });
      if (tried.length < wish.families.length) return;
      desk.answer(request, finish(request, allocation, wish, tried, desk));
    });
  }
};

const finish = (
  request: TurnRequest,
  allocation: Allocation,
  wish: AllocateWish,
  tried: readonly Tried[],
  desk: TurnDesk,
): Verdict => {
  // IPv4 first, whichever opened first.
  const relays = tried
    .flatMap(({ relay }) => relay ?? [])
    .sort((left, right) => Number(left.isIpv6) - Number(right.isIpv6));
  const next = tried[0]?.next;
  const source = allocation.client.remote.address;
  if (allocation.isOver || relays.length === 0) {
    for (const relay of relays) relay.close();
    next?.close();
    if (wish.port === 'pair') desk.quota.release(allocation.user.name, source);
    allocation.end('deleted');
    return allocation.isOver && relays.length > 0 ? SILENCE : refused(508, 'no port could be opened');
  }
  allocation.open(relays, wish.lifetimeMs);
  desk.allocations.introduce(allocation);
  const answer = successTo(request.message);
  for (const { address } of relays) answer.add(XorRelayedAddress, address);
  answer.add(Lifetime, wish.lifetimeMs / 1_000).add(XorMappedAddress, request.client.remote);
  if (next !== undefined)
    answer.add(ReservationToken, desk.reservations.keep(next, allocation.user.name, source));
  for (const [family, code] of missing(wish, tried))
    answer.add(AddressErrorCode, { family, code, reason: '' });
  return { kind: 'success', answer, ready: (bytes) => desk.started(allocation, bytes) };
};

/** Which of two families could not be had, and why (RFC 8656 §7.2). */
const missing = (wish: AllocateWish, tried: readonly Tried[]): readonly (readonly [number, number])[] => {
  const failed = tried.filter(({ relay }) => relay === undefined).map(({ isIpv6 }) => isIpv6);
  return [
    ...wish.unsupported.map((isIpv6) => [isIpv6 ? IPV6 : IPV4, 440] as const),
    ...failed.map((isIpv6) => [isIpv6 ? IPV6 : IPV4, 508] as const),
  ];
};
