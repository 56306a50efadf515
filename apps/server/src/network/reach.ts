import type { MayReach } from '@ringdown/provider';
import { addressBytes } from '@ringdown/stun';
import { PeerPolicy } from '@ringdown/turn';
import type { Configuration } from '../config/configuration.ts';

/** Networks of books and of labs: nobody's own. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'];

/** What RFC 3263 takes where no SRV record says another. */
const SIP_PORTS = [5060, 5061];

/** What decides where requests may be sent, and is told of this machine's addresses. */
export interface Reach {
  readonly mayReach: MayReach;
  /** Every address that this machine has, in text. */
  setOwn(addresses: readonly string[]): void;
}

/**
 * Requests of our users are sent to public addresses, not into the operator's own network and not to this machine, by
 * whatever name or way of writing: else every account opens what the firewall closes. The operator opens places by naming them
 * in `dns.records` and networks in `limits.trusted`. Phones are none of this: they are reached over their flows.
 */
export const reachOf = ({ dns, limits }: Pick<Configuration, 'dns' | 'limits'>): Reach => {
  const ports = [
    ...SIP_PORTS,
    ...dns.records.flatMap((record) => (record.type === 'SRV' ? [record.port] : [])),
  ];
  const named = new Set(
    dns.records.flatMap((record) =>
      record.type === 'A' || record.type === 'AAAA'
        ? ports.map((port) => `${port} ${spelt(record.address)}`)
        : [],
    ),
  );
  const policy = new PeerPolicy({ allowedPeers: [...DOCUMENTATION, ...limits.trusted] });
  return {
    mayReach: ({ address, port }) =>
      named.has(`${port} ${spelt(address)}`) ||
      policy.judge(addressBytes(unscoped(address))).kind === 'allowed',
    setOwn: (addresses) => {
      policy.own = addresses.map(unscoped);
    },
  };
};

/** One text for each address, however it was written. */
const spelt = (address: string): string => addressBytes(unscoped(address)).join('.');

const unscoped = (address: string): string => address.split('%', 1)[0]!;
