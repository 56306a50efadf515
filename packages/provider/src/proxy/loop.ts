import { type SipRequest, Via } from '@ringdown/sip';
import type { Domains } from '../domains.ts';
import type { Way } from '../incoming.ts';

/**
 * A number, written in base 36, of all that our routing depends on: a request that comes back with another one is a
 * spiral, with the same one a loop (RFC 3261 §16.6 step 8, RFC 5393 §4.2).
 */
export const routingHash = (way: Pick<Way, 'uri' | 'routes' | 'to'>): string => {
  let hash = mix(0x811c9dc5, way.uri);
  for (const route of way.routes) hash = mix(hash, route);
  if (way.to !== undefined) hash = mix(hash, way.to.flow);
  return hash.toString(36);
};

/** FNV-1a, 32 bits: nobody has to be unable to find a collision, a collision only refuses one's own request. */
const mix = (seed: number, text: string): number => {
  let hash = seed;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};

/** Whether a request has been here before with the same routing (RFC 3261 §16.3 step 4). */
export const isLoop = (request: SipRequest, way: Way, domains: Domains): boolean => {
  const vias = hasOneVia(request) ? [] : request.all(Via);
  if (!Array.isArray(vias) || vias.length < 2) return false;
  const hash = routingHash(way);
  for (const { host, port, transport, parameters } of vias) {
    if (!parameters.get('branch')?.endsWith(`.${hash}`)) continue;
    if (domains.isHere(host, port, transport === 'TLS' ? 5061 : 5060)) return true;
  }
  return false;
};

/** What comes from its sender directly has one: there is nothing to look for. */
const hasOneVia = (request: SipRequest): boolean =>
  request.count(Via.header) === 1 && !request.valueAt(request.indexOf(Via.header)).includes(',');
