import {
  From,
  inOnePiece,
  isSipUri,
  Malformed,
  parseUri,
  type SipRequest,
  splitAtCommas,
  To,
  unescapeUri,
} from '@ringdown/sip';
import type { Accounts } from '../accounts/account.ts';
import type { Domains } from '../domains.ts';
import {
  type Addressed,
  type Authenticated,
  type FlowToken,
  type Incoming,
  refuse,
  type Target,
  type Verdict,
} from '../incoming.ts';
import type { StoredBinding } from '../location/binding-store.ts';
import { deviceOf } from '../location/device.ts';
import { isSecureFlow, type Location, remotePlace } from '../location/location.ts';
import { isFromPhone } from './way.ts';

/** Whether the caller has proved to be one of our users. */
export type Standing = 'ours' | 'stranger';

/**
 * Where a service of the server itself is, such as an echo, that is named like a user of a domain of ours; undefined where there
 * is none.
 */
export type HouseServices = (username: string, domain: string) => Target | undefined;

const noServices: HouseServices = () => undefined;

/** Finds where requests go (RFC 3261 §16.5). It never sends a stranger's request to a domain that is not ours. */
export class Routing {
  private readonly location: Location;
  private readonly accounts: Accounts;
  private readonly domains: Pick<Domains, 'of'>;
  private readonly services: HouseServices;

  /** @param services are called by our users only; an account of the same name takes the place of one */
  constructor(
    location: Location,
    accounts: Accounts,
    domains: Pick<Domains, 'of'>,
    services: HouseServices = noServices,
  ) {
    this.location = location;
    this.accounts = accounts;
    this.domains = domains;
    this.services = services;
  }

  private isFromAccount(request: SipRequest): boolean {
    const uri = request.get(From)?.uri;
    if (uri === undefined || !isSipUri(uri) || uri.user === undefined) return false;
    const domain = this.domains.of(uri);
    return domain !== undefined && this.accounts.byAddress(unescapeUri(uri.user), domain.name) !== undefined;
  }

  /** The end of the pipelines for what nobody here answers: the target's phones, or another domain. */
  readonly route =
    (standing: Standing) =>
    (incoming: Addressed & Partial<Pick<Authenticated, 'account'>>): Verdict => {
      const { targetDomain, target, way, account } = incoming;
      const sender = standing === 'ours' ? 'phone' : 'peer';
      if (targetDomain === undefined) {
        if (standing === 'stranger')
          return refuse(403, `"${target.host}" is no domain of ours and the caller is none of our users`);
        // A phone that is named by its own address is reached as it registered.
        const phone = way.routes.length > 0 ? undefined : this.location.namedBy(target, incoming.wallTime);
        const named = phone === undefined ? undefined : targetOf(phone);
        if (named?.isPhone === true && (target.scheme === 'sip' || isReachedSecurely(named)))
          return { kind: 'relay', sender, account, targets: [named] };
        return {
          kind: 'relay',
          sender,
          account,
          targets: [{ uri: way.uri, routes: [], flow: undefined, isPhone: false, q: 1000 }],
        };
      }
      if (target.user === undefined) return refuse(404, 'the Request-URI names no user');
      const username = unescapeUri(target.user);
      const address = inOnePiece([username, '@', targetDomain.name]);
      const bindings = this.location.find(address, incoming.wallTime);
      const targets = bindings.map(targetOf);
      const reached = target.scheme === 'sips' ? targets.filter(isReachedSecurely) : targets;
      if (reached.length > 0) return { kind: 'relay', sender, account, targets: reached };
      if (targets.length > 0) return refuse(480, `no phone of ${username} is registered over TLS`);
      const isAccount = (): boolean => this.accounts.byAddress(username, targetDomain.name) !== undefined;
      const service = this.services(username, targetDomain.name);
      if (service !== undefined && !isAccount())
        return standing === 'ours'
          ? { kind: 'relay', sender, account, targets: [service] }
          : refuse(403, `${address} answers users of ours only`);
      const isKnown = standing === 'stranger' || isAccount();
      // Strangers get one answer for unknown and for unregistered users.
      return isKnown
        ? refuse(480, `no phone of ${address} is registered`)
        : refuse(404, `there is no account ${address}`);
    };

  /**
   * Within a dialog: where our Record-Route says (RFC 5626 §5.3.1). Undefined where the token does not permit it: then the
   * request has to stand for itself like any other.
   */
  readonly inDialog = ({ way, flow, request }: Incoming): Verdict | undefined => {
    const { to } = way;
    if (to === undefined || request.get(To)?.parameters.has('tag') !== true) return undefined;
    const target = { uri: way.uri, routes: [], q: 1000 };
    if (to.kind === 'phone') {
      const { flow, device } = to;
      const phone = { ...target, flow, isPhone: true, ...(device !== undefined && { device }) };
      return { kind: 'relay', sender: 'peer', targets: [phone] };
    }
    // Outward a token alone does not do: the account that it was given to may be gone.
    if (!isFromPhone(way, flow) || !this.isFromAccount(request)) return undefined;
    const uri = parseUri(way.uri);
    if (uri instanceof Malformed || !isSipUri(uri)) return refuse(416, 'the Request-URI is no SIP URI');
    return {
      kind: 'relay',
      sender: 'phone',
      targets: [{ ...target, flow: connectionOf(to), isPhone: false, heardFrom: remotePlace(to.flow) }],
    };
  };
}

/** A phone is reached over the flow that it registered over, or along its Path; what its Contact says is for it to know. */
const targetOf = (binding: StoredBinding): Target => {
  const { contact, path, flow, q, received } = binding;
  const target = { uri: contact, routes: path === '' ? [] : splitAtCommas(path), q, heardFrom: received };
  return flow === ''
    ? { ...target, flow: undefined, isPhone: false }
    : { ...target, flow, isPhone: true, device: deviceOf(binding) };
};

/** Whether what is asked of a `sips:` URI gets there over TLS on the next hop (RFC 3261 §26.4.4), as its caller wants. */
const isReachedSecurely = ({ flow, routes }: Target): boolean =>
  flow === undefined ? /^[^<]*<sips:/i.test(routes[0] ?? '') : isSecureFlow(flow);

/** A connection to another server is used again while it lasts (RFC 5923); over UDP its address is looked up anew. */
const connectionOf = ({ flow }: FlowToken): string | undefined =>
  flow.startsWith('udp ') ? undefined : flow;
