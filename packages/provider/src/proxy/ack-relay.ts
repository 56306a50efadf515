import {
  type Flow,
  isSipUri,
  MAGIC_COOKIE,
  Malformed,
  MaxForwards,
  parseUri,
  type SipRequest,
  type SipUri,
} from '@ringdown/sip';
import type { Target, Way } from '../incoming.ts';
import { remotePlace } from '../location/location.ts';
import { droppedIdentities } from './asserted-identity.ts';
import { forwardRequest } from './forward.ts';
import { routingHash } from './loop.ts';
import { type RelayServices, reachable } from './relay.ts';
import { isFromPhone, routeUri } from './way.ts';

/**
 * The ACK of a 2xx belongs to the dialog: it goes where its Route set says, once, without a transaction (RFC 3261 §16.11,
 * §17.1.1.3). Only a token of ours lets it pass, since nobody can challenge an ACK.
 */
export class AckRelay {
  private readonly services: RelayServices;

  constructor(services: RelayServices) {
    this.services = services;
  }

  /** @returns why the ACK was not forwarded; undefined where it was, or its next hop is being looked up. */
  forward(ack: SipRequest, way: Way, flow: Flow): string | undefined {
    if (way.to === undefined) return 'an ACK of no dialog that we know of';
    if (ack.get(MaxForwards) === 0) return 'an ACK whose Max-Forwards has come to 0';
    if (way.to.kind === 'phone') {
      const next = this.services.transport.flowOf(way.to.flow);
      if (next?.open !== true) return 'the connection of the phone is gone';
      this.send(ack, way, next);
      return undefined;
    }
    if (!isFromPhone(way, flow)) return 'an ACK for another domain that is not from the phone of its dialog';
    const open = way.to.flow.startsWith('udp ') ? undefined : this.services.transport.flowOf(way.to.flow);
    if (open?.open === true) {
      this.send(ack, way, open);
      return undefined;
    }
    const next = nextHop(way);
    if (next === undefined) return 'the next hop of the ACK is no SIP URI';
    const { locator, transports, now, transport, mayReach } = this.services;
    const heardFrom = remotePlace(way.to.flow);
    locator.locate(next, { transports }, now(), (result) => {
      const found = result.kind === 'located' ? result.destinations : [];
      const [destination] = reachable(found, mayReach, heardFrom);
      const out = destination === undefined ? undefined : transport.flowTo(destination);
      if (out !== undefined) this.send(ack, way, out);
    });
    return undefined;
  }

  private send(ack: SipRequest, way: Way, flow: Flow): void {
    const target: Target = { uri: way.uri, routes: [], flow: undefined, isPhone: false, q: 1000 };
    const branch = `${MAGIC_COOKIE}${this.services.random.token(12)}.${routingHash(way)}`;
    const dropped = droppedIdentities(ack, false, false);
    const { realms } = this.services;
    const forwarding = { way, target, flow, branch, breadth: 1, recordRoutes: [], realms, dropped };
    this.services.transport.send(flow, forwardRequest(ack, forwarding));
  }
}

const nextHop = ({ routes, uri }: Way): SipUri | undefined => {
  if (routes.length > 0) return routeUri(routes[0]!);
  const parsed = parseUri(uri);
  return parsed instanceof Malformed || !isSipUri(parsed) ? undefined : parsed;
};
