import {
  CallId,
  type Flow,
  isSipUri,
  Malformed,
  parseUri,
  Route,
  type SipRequest,
  type SipUri,
} from '@ringdown/sip';
import type { Domains } from '../domains.ts';
import type { FlowToken, Way } from '../incoming.ts';
import { remoteAddress } from '../location/location.ts';
import type { FlowTokens } from './flow-token.ts';

/** More than a request may have hops (RFC 3261 §8.1.1.6: 70): nobody means such a list, and we do not read it. */
export const MAX_ROUTES = 70;

const NOWHERE: readonly string[] = Object.freeze([]);

/** Where a token's device is by now. */
export type Current = (token: FlowToken) => FlowToken;

const unmoved: Current = (token) => token;

/**
 * Finds a request's way (RFC 3261 §16.4): undoes what a strict router did, takes the Routes that are ours off the top, and
 * reads what their tokens say, and where what they name has gone since.
 */
export const readWay = (
  request: SipRequest,
  domains: Domains,
  tokens: FlowTokens,
  current: Current = unmoved,
): Way => {
  const routes = request.texts(Route);
  if (routes.length === 0) return straight(withoutOurMaddr(request.uri, domains), NOWHERE);
  if (routes.length > MAX_ROUTES) return straight(request.uri, routes);
  const strict = strictDetour(request, routes, domains);
  const left = strict === undefined ? routes : routes.slice(0, -1);
  const callId = request.get(CallId) ?? '';
  // Only the first that carries a token and the last one count: anybody can write many, and each check costs an HMAC.
  let first = strict;
  let last = strict;
  let popped = 0;
  for (const text of left) {
    const uri = routeUri(text);
    if (uri === undefined || !isOurs(uri, domains)) break;
    if (first?.user === undefined) first = uri;
    last = uri;
    popped++;
  }
  const read = (uri: SipUri | undefined): FlowToken | undefined => {
    const token = tokenOf(uri, callId, tokens);
    return token?.device === undefined ? token : current(token);
  };
  const from = read(first);
  const to = last === first ? from : read(last);
  return {
    uri: strict === undefined ? request.uri : addressText(routes.at(-1)!),
    popped,
    detour: strict !== undefined,
    routes: left.slice(popped),
    from,
    to,
  };
};

/** Where no Route of ours is taken off. */
const straight = (uri: string, routes: readonly string[]): Way => ({
  uri,
  popped: 0,
  detour: false,
  routes,
  from: undefined,
  to: undefined,
});

/** The Request-URI, where it is a Record-Route of ours: then a strict router has put the real one last into Route. */
const strictDetour = (
  request: SipRequest,
  routes: readonly string[],
  domains: Domains,
): SipUri | undefined => {
  if (routes.length === 0 || !/^sips?:(phone|peer)_/i.test(request.uri)) return undefined;
  const uri = parseUri(request.uri);
  return !(uri instanceof Malformed) && isSipUri(uri) && isOurs(uri, domains) ? uri : undefined;
};

/** §16.4: a `maddr` that names us has brought the request here and goes, with the port and transport beside it. */
const withoutOurMaddr = (text: string, domains: Domains): string => {
  if (!text.includes('maddr')) return text;
  const uri = parseUri(text);
  if (uri instanceof Malformed || !isSipUri(uri)) return text;
  const maddr = uri.parameters.get('maddr');
  if (maddr === undefined || !domains.isHere(maddr, uri.port, defaultPort(uri))) return text;
  const user =
    uri.user === undefined ? '' : `${uri.user}${uri.password === undefined ? '' : `:${uri.password}`}@`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${uri.host}${uri.parameters.without('maddr').without('transport').text}${headers}`;
};

/** Whether a Route or Path leads here. */
export const isOurs = (uri: SipUri, domains: Pick<Domains, 'isHere'>): boolean =>
  domains.isHere(uri.host, uri.port, defaultPort(uri));

const defaultPort = (uri: SipUri): number =>
  uri.scheme === 'sips' || uri.parameters.get('transport')?.toLowerCase() === 'tls' ? 5061 : 5060;

const tokenOf = (uri: SipUri | undefined, callId: string, tokens: FlowTokens): FlowToken | undefined =>
  uri?.user === undefined ? undefined : tokens.read(uri.user, callId);

/**
 * Whether a request within a dialog comes from the phone that the dialog began with: nothing else is sent on to another
 * domain, or anyone who ever saw a token could relay.
 */
export const isFromPhone = ({ from }: Way, flow: Flow): boolean =>
  from?.kind === 'phone' && remoteAddress(from.flow) === flow.remote.address;

/** The URI of a Route value. */
export const routeUri = (text: string): SipUri | undefined => {
  const uri = parseUri(addressText(text));
  return uri instanceof Malformed || !isSipUri(uri) ? undefined : uri;
};

/** What stands between the angle brackets of an address. */
const addressText = (text: string): string => {
  const open = text.indexOf('<');
  return open < 0 ? text : text.slice(open + 1, text.indexOf('>', open));
};
