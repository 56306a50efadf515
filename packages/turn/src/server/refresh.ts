import { Malformed, successTo } from '@ringdown/stun';
import { IPV6, Lifetime, RequestedAddressFamily } from '../attributes/numbers.ts';
import type { Allocation } from './allocation.ts';
import { lifetimeMs } from './lifetime.ts';
import type { Relay } from './relay.ts';
import { type AllocationHandler, refused, type TurnRequest } from './requests.ts';

/** RFC 8656 §8.2: lets an allocation live on, or ends it; of two relays one alone, where its family is named. */
export const refresh: AllocationHandler = (request, allocation, desk) => {
  const relays = relaysOf(request, allocation);
  if (relays instanceof Malformed) return refused(400, relays.why);
  if (relays.length === 0) return refused(443, 'it has no address of that family');
  const lifetime = lifetimeMs(request, desk);
  if (lifetime instanceof Malformed) return refused(400, lifetime.why);
  for (const relay of relays) {
    if (lifetime === 0) allocation.drop(relay, 'deleted');
    else allocation.refresh(relay, lifetime);
  }
  return { kind: 'success', answer: successTo(request.message).add(Lifetime, lifetime / 1_000) };
};

const relaysOf = ({ message }: TurnRequest, allocation: Allocation): readonly Relay[] | Malformed => {
  if (!message.has(RequestedAddressFamily)) return [...allocation.relays];
  const family = message.get(RequestedAddressFamily);
  if (family === undefined) return new Malformed('a REQUESTED-ADDRESS-FAMILY that cannot be read');
  return allocation.relays.filter(({ isIpv6 }) => isIpv6 === (family === IPV6));
};
