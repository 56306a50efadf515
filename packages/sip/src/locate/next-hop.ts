import { bareHost, isIpv4, isIpv6, type SipUri } from '../message/uri.ts';
import type { ViaValue } from '../message/via.ts';
import { readTransport, type TransportName } from '../transport/flow.ts';
import { failed } from './addresses.ts';
import { canonicalName, isDnsName } from './dns-name.ts';
import type { LocateResult } from './location.ts';

/** What a URI or a Via says about the next hop before anybody is asked (RFC 3263 §4: TARGET, port, transport). */
export interface NextHop {
  /** A canonical name, or an address without brackets. */
  readonly target: string;
  readonly isNumeric: boolean;
  readonly port: number | undefined;
  /** The transports that may be used, in our order; at least one. */
  readonly candidates: readonly TransportName[];
  /** Whether the transport is given, so that the domain is not asked for its preference. */
  readonly isDecided: boolean;
  /** The transport where the domain says none (§4.1). */
  readonly usual: TransportName;
  /** The name that a certificate must prove: what was asked for (RFC 5922 §4); undefined for an address. */
  readonly serverName: string | undefined;
}

/** Only these are found by NAPTR and SRV; a WebSocket server is at the host that is named (RFC 7118). */
const byDns: ReadonlySet<TransportName> = new Set(['udp', 'tcp', 'tls']);

/** Whether a transport leads to servers only, over connections that their clients open. */
export const isWebSocket = (transport: TransportName): boolean => !byDns.has(transport);

const isFailed = (result: TransportName[] | LocateResult): result is LocateResult => 'kind' in result;

/** The next hop of a request. `maddr` is where to send to, but the certificate is still the host's. */
export const nextHopOf = (uri: SipUri, supported: readonly TransportName[]): NextHop | LocateResult => {
  const candidates = candidatesOf(uri, supported);
  if (isFailed(candidates)) return candidates;
  const { port } = uri;
  const host = canonicalName(bareHost(uri.host));
  const maddr = uri.parameters.get('maddr');
  const target = maddr === undefined ? host : canonicalName(bareHost(maddr));
  return checked({
    target,
    isNumeric: isAddress(target),
    port,
    candidates,
    isDecided: uri.parameters.has('transport'),
    usual: candidates.includes('udp') ? 'udp' : candidates[0]!,
    serverName: isAddress(host) ? undefined : host,
  });
};

/**
 * Which of our transports the URI allows (RFC 3263 §4.1): the one it names; for SIPS only TLS. Over a WebSocket only where the
 * URI names it, or we have nothing else. A browser's Contact is a name that is nobody's (RFC 7118 §5, RFC 2606).
 */
const candidatesOf = (uri: SipUri, supported: readonly TransportName[]): TransportName[] | LocateResult => {
  const written = uri.parameters.get('transport');
  const named = written === undefined ? undefined : readTransport(written);
  if (written !== undefined && named === undefined)
    return failed('no transport', `transport "${written.slice(0, 32)}" is not one of ours`);
  const isSecure = uri.scheme === 'sips';
  if (named !== undefined && isWebSocket(named)) {
    const asked = isSecure ? 'wss' : named;
    return supported.includes(asked) && !/\.invalid\.?$/i.test(uri.host)
      ? [asked]
      : failed('no transport', `${uri.host} speaks ${named}: only the flow that it opened reaches it`);
  }
  if (isSecure && named === 'udp') return failed('no transport', 'a SIPS URI cannot be reached over udp');
  // "transport=tcp" of a SIPS URI is TLS over TCP (RFC 3261 §26.2.2).
  const wanted = isSecure ? 'tls' : named;
  const candidates = supported.filter((name) => byDns.has(name) && (wanted === undefined || name === wanted));
  if (candidates.length > 0) return candidates;
  const webSocket = supported.find((name) => isWebSocket(name) && (!isSecure || name === 'wss'));
  return webSocket !== undefined && named === undefined
    ? [webSocket]
    : failed('no transport', `we do not speak ${wanted ?? 'udp, tcp or tls'}, which ${uri.host} needs`);
};

/** The next hop of a response whose flow is gone (RFC 3263 §5): the sent-by of its top Via, over UDP its `maddr`. */
export const nextHopOfVia = (via: ViaValue): NextHop | LocateResult => {
  const transport = readTransport(via.transport);
  if (transport === undefined || !byDns.has(transport))
    return failed('no transport', `a response over ${via.transport} goes back over its own flow only`);
  const maddr = transport === 'udp' ? via.parameters.get('maddr') : undefined;
  const target = canonicalName(bareHost(maddr ?? via.host));
  const isNumeric = isAddress(target);
  return checked({
    target,
    isNumeric,
    port: via.port,
    candidates: [transport],
    isDecided: true,
    usual: transport,
    serverName: isNumeric ? undefined : target,
  });
};

const checked = (hop: NextHop): NextHop | LocateResult => {
  if (hop.port === 0) return failed('no address', `port 0 of ${hop.target} is nobody's`);
  if (!hop.isNumeric && !isDnsName(hop.target))
    return failed('no such domain', `"${hop.target.slice(0, 64)}" is no domain name`);
  return hop;
};

export const isAddress = (host: string): boolean => isIpv4(host) || isIpv6(host);

const ports: Readonly<Record<TransportName, number>> = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 };

/** RFC 3261 §19.1.2, RFC 7118 §5. */
export const defaultPort = (transport: TransportName): number => ports[transport];
