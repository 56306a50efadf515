import { From, isSipUri, To } from '@ringdown/sip';
import type { Domain } from './accounts/account.ts';
import type { Domains } from './domains.ts';
import { type Authenticator, overLimit } from './identity/authenticate.ts';
import { refuseUnowned } from './identity/ownership.ts';
import { type Addressed, type Authenticated, type Incoming, refuse, type Verdict } from './incoming.ts';
import { type Handler, pipeline, type Step } from './pipeline.ts';
import type { FloodLimit } from './policy/flood.ts';
import type { Routing } from './proxy/routing.ts';
import { isFromPhone } from './proxy/way.ts';
import type { Registrar } from './registrar/registrar.ts';
import type { Screening } from './screening.ts';

/** Who answers for presence: undefined where the request is none of its business. */
export interface PresenceHandlers {
  readonly publish: (incoming: Authenticated) => Verdict | undefined;
  readonly subscribe: (incoming: Authenticated) => Verdict | undefined;
}

export interface PipelineParts {
  readonly domains: Domains;
  readonly screening: Screening;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly registrar: Registrar;
  readonly routing: Routing;
  readonly presence: PresenceHandlers;
  /** Turns away what is too much, before anything is spent on it. */
  readonly admit: Step<Incoming, Incoming>;
  /** Bounds what strangers are told; the authenticator has its own hand on it. */
  readonly flood: FloodLimit;
}

/** Methods that we answer ourselves: their sender is asked by 401, all others by 407. */
const ANSWERED_HERE: ReadonlySet<string> = new Set(['REGISTER', 'PUBLISH', 'SUBSCRIBE']);

/** What OPTIONS of the server itself learns (RFC 3261 §11.2). */
const CAPABILITIES_ANSWER: Verdict = {
  kind: 'respond',
  status: 200,
  stateless: true,
  headers: [
    [
      'Allow',
      'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PUBLISH, SUBSCRIBE, NOTIFY, MESSAGE, REFER, INFO, UPDATE, PRACK',
    ],
    ['Accept', 'application/sdp, application/pidf+xml'],
    ['Supported', 'path, outbound'],
    ['Allow-Events', 'presence'],
  ],
};

/**
 * The three ways through the provider. Within a dialog a token of ours speaks for a request; requests of our own users are
 * authenticated; those of strangers reach our users and nobody else.
 */
export const pipelines = (parts: PipelineParts): Handler<Incoming> => {
  const { screening, routing, presence, registrar } = parts;
  const relayOwn = routing.route('ours');

  const strangers = pipeline<Incoming>()
    .use(screening.address)
    .route({ REGISTER: noAccount, PUBLISH: noAccount, SUBSCRIBE: forbidden }, routing.route('stranger'));

  const users = (domain: Domain): Handler<Incoming> =>
    pipeline<Incoming>()
      .use(screening.address)
      .use(authenticate(parts, domain))
      .route(
        {
          REGISTER: registrar.handle,
          PUBLISH: (incoming) =>
            presence.publish(incoming) ?? refuse(489, 'nobody here takes publications of that event'),
          SUBSCRIBE: (incoming) => presence.subscribe(incoming) ?? relayOwn(incoming),
        },
        relayOwn,
      );

  const byDomain = new Map<Domain, Handler<Incoming>>();
  const handlerOf = (domain: Domain): Handler<Incoming> => {
    const known = byDomain.get(domain);
    if (known !== undefined) return known;
    const handler = users(domain);
    byDomain.set(domain, handler);
    return handler;
  };

  return (incoming) => {
    const { request } = incoming;
    const screened = screening.screen(incoming);
    if (screened.kind !== 'incoming') return bounded(screened, incoming, parts.flood);
    const inDialog = routing.inDialog(incoming);
    if (inDialog !== undefined) return unproven(parts, incoming) ?? inDialog;
    const admitted = parts.admit(incoming);
    if (admitted.kind !== 'incoming') return admitted;
    if (screening.isForServer(incoming)) return bounded(CAPABILITIES_ANSWER, incoming, parts.flood);
    const domain = screening.homeDomain(request);
    return domain === undefined
      ? bounded(strangers(incoming), incoming, parts.flood)
      : handlerOf(domain)(incoming);
  };
};

const authenticate =
  ({ authenticator, domains }: PipelineParts, domain: Domain) =>
  (incoming: Addressed): Authenticated | Verdict => {
    const { request } = incoming;
    const result = authenticator.authenticate(
      incoming,
      ANSWERED_HERE.has(request.method) ? 'registrar' : 'proxy',
      domain,
    );
    if (result.kind !== 'identified') return result;
    const isRegister = request.method === 'REGISTER';
    const claimed = request.get(isRegister ? To : From);
    const { account } = result;
    if (claimed === undefined) return refuse(400, 'From or To cannot be read');
    return (
      refuseUnowned(domains, account, isRegister ? 'To' : 'From', claimed.uri) ??
      Object.assign(incoming, { account })
    );
  };

/**
 * Within a dialog a token of ours speaks for its phone, but others have seen it, too: whoever says to be a user of ours and
 * sends from elsewhere than the phone, which may have another address by now, has to prove it. Undefined where all is well.
 */
const unproven = (parts: PipelineParts, incoming: Incoming): Verdict | undefined => {
  const { screening } = parts;
  const domain = screening.homeDomain(incoming.request);
  if (domain === undefined || isFromPhone(incoming.way, incoming.flow)) return undefined;
  const addressed = screening.address(incoming);
  if (addressed.kind !== 'incoming') return bounded(addressed, incoming, parts.flood);
  const known = authenticate(parts, domain)(addressed);
  return known.kind === 'incoming' ? undefined : known;
};

/** An answer to somebody who has not proved who he is costs credit. */
const bounded = (verdict: Verdict, { flow, now }: Incoming, flood: FloodLimit): Verdict => {
  if (verdict.kind !== 'respond') return verdict;
  const flooded = flood.take(flow.remote.address, now);
  return flooded === 'answer' ? verdict : overLimit(flooded);
};

const noAccount: Handler<Addressed> = ({ request }) => {
  // RFC 3261 §10.2: the address-of-record is a SIP URI.
  const aor = request.get(To)?.uri;
  return request.method === 'REGISTER' && aor !== undefined && !isSipUri(aor)
    ? refuse(400, `"${aor.scheme}:" is no address-of-record`)
    : refuse(403, `${request.method} is for users of domains of ours`);
};

const forbidden: Handler<Addressed> = () => refuse(403, 'strangers may not watch our users');
