import type { Text, WallTime } from '@ringdown/sans-io';
import {
  bareHost,
  CallId,
  Contact,
  CSeq,
  Expires,
  type HeaderLines,
  inOnePiece,
  listed,
  Malformed,
  Path,
  Require,
  type SipRequest,
  Supported,
  UserAgent,
  Via,
} from '@ringdown/sip';
import type { Domains } from '../domains.ts';
import { type Authenticated, refuse, type Verdict } from '../incoming.ts';
import type { StoredBinding } from '../location/binding-store.ts';
import { expiryOf, type Location } from '../location/location.ts';
import { isOurs, MAX_ROUTES, routeUri } from '../proxy/way.ts';
import { bindingKey, bindingOf, type ExpiryLimits, readContacts, type WantedContact } from './contacts.ts';
import { reachedAt } from './reached-at.ts';

export interface RegistrarOptions extends ExpiryLimits {
  /** Devices per address-of-record; with one more, the one that registered longest ago goes. */
  readonly maxContacts: number;
}

export const defaultRegistrarOptions: RegistrarOptions = Object.freeze({
  minExpiresSeconds: 60,
  maxExpiresSeconds: 7_200,
  defaultExpiresSeconds: 3_600,
  maxContacts: 10,
});

/** Option tags that a REGISTER may require of us (RFC 3327, RFC 5626). */
const EXTENSIONS: ReadonlySet<string> = new Set(['path', 'outbound']);

/** How much of a User-Agent is kept, and how many of them at a time. */
const USER_AGENT_LENGTH = 80;
const MOST_USER_AGENTS = 1_000;

/** Answers REGISTER (RFC 3261 §10.3). Its sender is known and owns the address-of-record. */
export class Registrar {
  private readonly location: Location;
  private readonly text: Text;
  private readonly options: RegistrarOptions;
  private readonly domains: Pick<Domains, 'isHere'>;
  /** Thousands of phones say the same of themselves: one text for all of them. */
  private readonly userAgents = new Map<string, string>();

  constructor(location: Location, text: Text, domains: Pick<Domains, 'isHere'>, options: RegistrarOptions) {
    this.location = location;
    this.domains = domains;
    this.text = text;
    this.options = options;
  }

  readonly handle = (incoming: Authenticated): Verdict => {
    const { request, account, wallTime } = incoming;
    const missing = request.texts(Require).filter((tag) => !EXTENSIONS.has(tag.toLowerCase()));
    if (missing.length > 0)
      return refuse(420, `requires ${missing.join(', ')}`, [['Unsupported', missing.join(', ')]]);
    const pathless = whyNoPath(request.texts(Path), this.domains);
    if (pathless !== undefined) return refuse(400, pathless);
    const values = request.all(Contact);
    const wanted =
      values instanceof Malformed ? values : readContacts(values, request.get(Expires), this.options);
    if (wanted instanceof Malformed) return refuse(400, wanted.why);
    if (wanted.kind === 'too brief') {
      return refuse(423, 'the time asked for is too brief', [
        ['Min-Expires', String(this.options.minExpiresSeconds)],
      ]);
    }
    const aor = inOnePiece([account.username, '@', account.domain]);
    const present = this.location.find(aor, wallTime);
    if (wanted.kind === 'fetch') return this.accept(incoming, present);
    if (wanted.kind === 'change') return this.change(incoming, aor, present, wanted.contacts);
    const late = present.find((binding) => isOutOfOrder(binding, request));
    if (late !== undefined) return outOfOrder(late);
    this.location.set(aor, []);
    return this.accept(incoming, []);
  };

  /** All Contacts of a request change together or not at all. */
  private change(
    incoming: Authenticated,
    aor: string,
    present: readonly StoredBinding[],
    contacts: readonly WantedContact[],
  ): Verdict {
    let bindings = present;
    for (const contact of contacts) {
      const known = bindingOf(contact, bindings);
      if (known !== undefined && present.includes(known) && isOutOfOrder(known, incoming.request))
        return outOfOrder(known);
      const others = known === undefined ? bindings : bindings.filter((binding) => binding !== known);
      if (contact.expires === 0) bindings = others;
      // Kept to the limit all the time: each of thousands of Contacts is compared with each binding.
      else
        bindings = [this.bind(incoming, aor, contact, known), ...others].slice(0, this.options.maxContacts);
    }
    this.location.set(aor, bindings);
    return this.accept(incoming, this.location.find(aor, incoming.wallTime));
  }

  private bind(
    { request, flow, account, wallTime }: Authenticated,
    aor: string,
    contact: WantedContact,
    known: StoredBinding | undefined,
  ): StoredBinding {
    const { uri } = contact;
    const path = request.texts(Path).join(', ');
    const direct = path === '' || request.count(Via.header) === 1;
    const isPlain = bareHost(uri.host) === flow.remote.address && (uri.port ?? 5060) === flow.remote.port;
    const keep = (value: string, before: string | undefined): string =>
      value === before ? before : this.copy(value);
    const key = keep(bindingKey(contact), known?.key);
    return {
      aor: known?.aor ?? aor,
      key,
      contact: key === uri.text ? key : keep(uri.text, known?.contact),
      contactParameters: keep(contact.parameters, known?.contactParameters),
      q: contact.q,
      expiresAt: expiryOf(wallTime, contact.expires),
      callId: keep(request.get(CallId) ?? '', known?.callId),
      cseq: request.get(CSeq)?.sequence ?? 0,
      path: keep(path, known?.path),
      flow: direct ? keep(reachedAt(flow, uri), known?.flow) : '',
      received: isPlain ? '' : keep(`${flow.remote.address}:${flow.remote.port}`, known?.received),
      userAgent: this.userAgentOf(request),
      accountId: account.id,
      registeredAt: known?.registeredAt ?? wallTime,
    };
  }

  private userAgentOf(request: SipRequest): string {
    const written = (request.get(UserAgent) ?? '').slice(0, USER_AGENT_LENGTH);
    const known = this.userAgents.get(written);
    if (known !== undefined) return known;
    const userAgent = this.copy(written);
    if (this.userAgents.size >= MOST_USER_AGENTS) this.userAgents.clear();
    this.userAgents.set(userAgent, userAgent);
    return userAgent;
  }

  /** A copy that does not keep the datagram alive which the text was cut out of. */
  private copy(value: string): string {
    return value === '' ? '' : this.text.latin1(this.text.latin1Bytes(value));
  }

  /** The 200 lists every binding with the time that it has left (§10.3 step 8), each Contact as its phone wrote it. */
  private accept({ request, wallTime }: Authenticated, bindings: readonly StoredBinding[]): Verdict {
    const headers: (readonly [string, string])[] = [];
    for (const binding of bindings) headers.push(['Contact', contactLine(binding, wallTime)]);
    for (const path of request.texts(Path)) headers.push(['Path', path]);
    if (this.usesOutbound(request)) headers.push(['Require', 'outbound']);
    return { kind: 'respond', status: 200, headers: headers as HeaderLines };
  }

  /** RFC 5626 §6: a phone that asked for outbound learns that its flow is kept beside its Contact. */
  private usesOutbound(request: SipRequest): boolean {
    if (request.indexOf(Supported.header) < 0) return false;
    const contact = request.get(Contact);
    if (contact === undefined || contact === '*' || !contact.parameters.has('reg-id')) return false;
    return (
      contact.parameters.has('+sip.instance') &&
      listed(request.texts(Supported).join(',')).includes('outbound')
    );
  }
}

/** A Path (RFC 3327) leads from us to a phone; one through us would come back with each of its hops once more. */
const whyNoPath = (path: readonly string[], domains: Pick<Domains, 'isHere'>): string | undefined => {
  if (path.length > MAX_ROUTES) return `a Path of ${path.length} hops`;
  for (const text of path) {
    const uri = routeUri(text);
    if (uri === undefined) return 'a Path that is no SIP URI';
    if (isOurs(uri, domains)) return 'a Path that leads back here';
  }
  return undefined;
};

const contactLine = (binding: StoredBinding, now: WallTime): string =>
  `<${binding.contact}>${binding.contactParameters};expires=${Math.max(1, Math.ceil((binding.expiresAt - now) / 1000))}`;

/** §10.3 step 7: within one Call-ID, requests count in the order of their CSeq. */
const isOutOfOrder = (binding: StoredBinding, request: SipRequest): boolean =>
  binding.callId === request.get(CallId) && (request.get(CSeq)?.sequence ?? 0) <= binding.cseq;

const outOfOrder = (binding: StoredBinding): Verdict =>
  refuse(500, `CSeq is not higher than ${binding.cseq}, which this Call-ID had before`);
