import {
  edit,
  type Flow,
  formatHost,
  isSecure,
  MaxBreadth,
  MaxForwards,
  RecordRoute,
  Route,
  type SipRequest,
  Via,
  viaTransport,
} from '@ringdown/sip';
import type { FlowToken, Target, Way } from '../incoming.ts';
import type { droppedIdentities } from './asserted-identity.ts';
import type { FlowTokens } from './flow-token.ts';
import { type OwnRealms, ownCredentials } from './own-realms.ts';
import { routeUri } from './way.ts';

/** What a forwarded request gets besides what it came with (RFC 3261 §16.6). */
export interface Forwarding {
  readonly way: Way;
  readonly target: Target;
  readonly flow: Flow;
  readonly branch: string;
  /** How many branches it may be forked to at once further on (RFC 5393). */
  readonly breadth: number;
  /** The Record-Routes to write, the one of the next side first; empty within a dialog. */
  readonly recordRoutes: readonly string[];
  /** Credentials for these were for us. */
  readonly realms: OwnRealms;
  /** Headers that say who calls and are not believed, or not told. */
  readonly dropped: ReturnType<typeof droppedIdentities>;
}

/** RFC 3261 §8.1.1.6: what a request without Max-Forwards gets. */
const MAX_FORWARDS = 70;

/** Writes the request that goes to one target: all that is not named in {@link Forwarding} stays byte by byte. */
export const forwardRequest = (request: SipRequest, forwarding: Forwarding): SipRequest => {
  const { way, target, flow, branch, breadth, recordRoutes, realms, dropped } = forwarding;
  const change = edit(request);
  const { uri, routes } = strictNextHop(target, way);
  if (uri !== request.uri) change.uri(uri);
  if (routes !== way.routes || way.detour) {
    change.remove(Route);
    for (let index = routes.length - 1; index >= 0; index--) change.prepend(Route, routes[index]!);
  } else if (way.popped > 0) change.removeFirst(Route, way.popped);
  change.set(MaxForwards, String((request.get(MaxForwards) ?? MAX_FORWARDS + 1) - 1));
  change.set(MaxBreadth, String(breadth));
  for (const header of dropped) change.remove(header);
  for (const line of ownCredentials(request, realms)) change.removeAt(line);
  for (let index = recordRoutes.length - 1; index >= 0; index--)
    change.prepend(RecordRoute, recordRoutes[index]!);
  return change.prepend(Via, viaOf(flow, branch)).withLength().build();
};

/** §16.6 step 6: where the next hop is a strict router, the Request-URI goes to the end of Route. */
const strictNextHop = (target: Target, way: Way): { uri: string; routes: readonly string[] } => {
  if (target.routes.length === 0 && way.routes.length === 0) return { uri: target.uri, routes: way.routes };
  const routes = target.routes.length === 0 ? way.routes : [...target.routes, ...way.routes];
  const first = routeUri(routes[0]!);
  if (first === undefined || first.parameters.has('lr')) return { uri: target.uri, routes };
  return { uri: first.text, routes: [...routes.slice(1), `<${target.uri}>`] };
};

/** Our Via on a flow: where the peer reaches us. `rport` asks the next hop to answer where we sent from (RFC 3581). */
export const viaOf = (flow: Flow, branch: string): string => {
  const { address, port } = flow.advertised;
  return `SIP/2.0/${viaTransport(flow.transport)} ${formatHost(address)}:${port};branch=${branch};rport`;
};

/**
 * A Record-Route through which requests of the dialog come back to us and on over this flow (RFC 3261 §16.6 step 4). Another
 * server that has to open a connection for them asks our certificate for the name that stands here (§26.3.2.2, RFC 5922 §7.3).
 */
export const recordRouteOf = (
  flow: Flow,
  token: FlowToken,
  callId: string,
  secure: boolean,
  { tokens, tlsName }: { readonly tokens: FlowTokens; readonly tlsName: string | undefined },
): string => {
  const { address, port } = flow.advertised;
  const host = token.kind === 'peer' && flow.transport === 'tls' ? (tlsName ?? address) : address;
  const scheme = secure && isSecure(flow.transport) ? 'sips' : 'sip';
  const transport = flow.transport === 'udp' ? '' : `;transport=${flow.transport}`;
  return `<${scheme}:${tokens.write(token, callId)}@${formatHost(host)}:${port}${transport};lr>`;
};
