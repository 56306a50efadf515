import { RecordRoute } from '../message/address.ts';
import { Malformed } from '../message/malformed.ts';
import type { SipMessage } from '../message/message.ts';
import { formatHost, isSipUri, parseSipUriOnly, type SipUri } from '../message/uri.ts';

/** More hops than Max-Forwards lets a request take, each recorded twice, cannot be meant. */
const MAX_ROUTES = 140;

/**
 * The Record-Route values of a message, in their order and as written. What is kept is copied: a slice would hold the
 * whole message.
 */
export const recordedRoutes = (message: SipMessage): string[] | Malformed => {
  const values = message.all(RecordRoute);
  if (values instanceof Malformed) return values;
  if (values.length > MAX_ROUTES) return new Malformed(`more than ${MAX_ROUTES} Record-Route values`);
  if (!values.every(({ uri }) => isSipUri(uri))) return new Malformed('a Record-Route that is no SIP URI');
  return values.map(({ uri, parameters }) => detached(`<${uri.text}>${parameters.text}`));
};

/** Where a request within a dialog goes: what stands in its Request-URI and its Route. */
export interface RequestRoute {
  readonly uri: string;
  /** Route values in order; empty without a Route header. */
  readonly routes: readonly string[];
}

/** Request-URI and Route from a remote target and a route set (RFC 3261 §12.2.1.1). */
export const requestRoute = (remoteTarget: string, routeSet: readonly string[]): RequestRoute => {
  const first = routeSet[0];
  const uri = first === undefined ? undefined : routeUri(first);
  if (uri === undefined || uri.parameters.has('lr'))
    return { uri: asRequestUri(remoteTarget), routes: routeSet };
  // A strict router moves the first Route into the Request-URI: the remote target travels at the end (§12.2.1.1).
  return { uri: asRequestUri(uri.text), routes: [...routeSet.slice(1), `<${remoteTarget}>`] };
};

/** The next hop of such a request: what RFC 3263 locates (RFC 3261 §8.1.2). */
export const nextHop = ({ uri, routes }: RequestRoute): SipUri | undefined => {
  const first = routes[0] === undefined ? undefined : routeUri(routes[0]);
  if (first?.parameters.has('lr')) return first;
  const read = parseSipUriOnly(uri);
  return read instanceof Malformed ? undefined : read;
};

/** The URI of a value that {@link recordedRoutes} wrote. */
const routeUri = (route: string): SipUri | undefined => {
  const uri = parseSipUriOnly(route.slice(1, route.indexOf('>')));
  return uri instanceof Malformed ? undefined : uri;
};

/** A URI without what may not stand in a Request-URI: `method` and headers (RFC 3261 §19.1.1, table 1). */
const asRequestUri = (text: string): string => {
  const uri = parseSipUriOnly(text);
  if (uri instanceof Malformed || (uri.headers === undefined && !uri.parameters.has('method'))) return text;
  const user =
    uri.user === undefined ? '' : `${uri.user}${uri.password === undefined ? '' : `:${uri.password}`}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  return `${uri.scheme}:${user}${formatHost(uri.host)}${port}${uri.parameters.without('method').text}`;
};

/** The same text in memory of its own: V8 keeps the whole message alive for a slice of it. */
export const detached = (text: string): string => ` ${text}`.slice(1);
