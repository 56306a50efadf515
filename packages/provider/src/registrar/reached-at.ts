import { bareHost, type Flow, flowKey, type SipUri } from '@ringdown/sip';

/**
 * Which flow leads to a phone: the one that it registered over (RFC 5626), whatever its Contact says. With one exception,
 * over UDP: where the Contact names the very address that the REGISTER came from, and that is a private one, no NAT has
 * been at work, and a Contact with another port is a phone that listens there (RFC 3261 §10.2.1). A public address proves
 * nothing: phones learn it by STUN, and a symmetric NAT gives them another port toward us.
 */
export const reachedAt = (flow: Flow, contact: SipUri): string => {
  const { remote } = flow;
  const port = contact.port ?? 5060;
  if (flow.transport !== 'udp' || port === remote.port || bareHost(contact.host) !== remote.address)
    return flowKey(flow);
  const transport = contact.parameters.get('transport')?.toLowerCase() ?? 'udp';
  if (contact.scheme === 'sips' || transport !== 'udp' || !isPrivate(remote.address)) return flowKey(flow);
  return flowKey({
    transport: 'udp',
    connection: '',
    local: flow.local,
    remote: { address: remote.address, port },
  });
};

/** RFC 1918, loopback, link-local, and their IPv6 kin; not 100.64/10, behind which a carrier's NAT stands. */
const isPrivate = (address: string): boolean =>
  /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) ||
  /^(::1$|f[cd]|fe[89ab])/i.test(address);
