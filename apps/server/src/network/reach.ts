import type { MayReach } from '@ringdown/provider';
import { addressBytes } from '@ringdown/stun';
import { PeerPolicy } from '@ringdown/turn';
import type { Configuration } from '../config/configuration.ts';

/** Networks of books and of labs: nobody's own. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'];

/** What only programs of the system listen at: nobody's SIP. */
const LAST_WELL_KNOWN_PORT = 1023;
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** What decides where requests may be sent, and is told of this machine's addresses. */
export interface Reach {
  readonly mayReach: MayReach;
  /**
   * @param own every address that this machine has, in text
   * @param listened those that we listen at
   */
  setOwn(own: readonly string[], listened: readonly string[]): void;
}

/**
 * Requests of our users are sent to public addresses, not into the operator's own network and not to this machine, by
 * whatever name or way of writing: else every account opens what the firewall closes. The operator opens places by naming them
 * in `dns.records` and networks in `limits.trusted`. Phones are none of this: they are reached over their flows. A server that
 * listens at loopback alone has its users on this machine, and reaches what is there.
 */
export const reachOf = ({ dns, limits }: Pick<Configuration, 'dns' | 'limits'>): Reach => {
  const named = new Set(
    dns.records.flatMap((record) =>
      record.type === 'A' || record.type === 'AAAA' ? [spelt(record.address)] : [],
    ),
  );
  const allowed = [...DOCUMENTATION, ...limits.trusted];
  const outside = new PeerPolicy({ allowedPeers: allowed });
  const here = new PeerPolicy({ allowedPeers: [...allowed, ...LOOPBACK] });
  let policy = outside;
  return {
    mayReach: ({ address, port }) =>
      (port > LAST_WELL_KNOWN_PORT && named.has(spelt(address))) ||
      policy.judge(addressBytes(unscoped(address))).kind === 'allowed',
    setOwn: (own, listened) => {
      policy = listened.every(isLoopback) ? here : outside;
      policy.own = own.map(unscoped);
    },
  };
};

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** One text for each address, however it was written. */
const spelt = (address: string): string => addressBytes(unscoped(address)).join('.');

const unscoped = (address: string): string => address.split('%', 1)[0]!;
