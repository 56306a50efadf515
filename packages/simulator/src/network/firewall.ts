import type { Packet } from './packet.ts';

/** What a network lets out, whatever else its NAT does. Answers come in; strangers do not where a list is given. */
export interface Firewall {
  /** False: no UDP passes at all. */
  readonly udp?: boolean;
  /** The remote ports to which UDP may go, and from which it may come. */
  readonly udpPorts?: readonly number[];
  /** The remote ports to which streams may be opened; none may then be opened from outside. */
  readonly tcpPorts?: readonly number[];
}

/** Why a packet is stopped; undefined for one that passes. */
export const stoppedBy = (
  { udp = true, udpPorts, tcpPorts }: Firewall,
  { protocol, from, to, payload }: Packet,
  direction: 'out' | 'in',
): string | undefined => {
  const remote = direction === 'out' ? to : from;
  if (protocol !== 'tcp') {
    return udp && udpPorts?.includes(remote.port) !== false ? undefined : 'firewall: no UDP';
  }
  if (payload.kind !== 'syn' || tcpPorts === undefined) return undefined;
  return direction === 'out' && tcpPorts.includes(remote.port) ? undefined : 'firewall: no such stream';
};
