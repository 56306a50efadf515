import {
  From,
  isSipUri,
  Malformed,
  MaxBreadth,
  MaxForwards,
  ProxyRequire,
  parseUri,
  type SipRequest,
  streamFramerDefaults,
  To,
} from '@ringdown/sip';
import type { Domains } from './domains.ts';
import { type Addressed, type Incoming, refuse, type Verdict } from './incoming.ts';
import { isLoop } from './proxy/loop.ts';
import { MAX_ROUTES } from './proxy/way.ts';

export interface ScreeningLimits {
  /** A longer Request-URI gets 414. */
  readonly maxUriLength: number;
  /** A longer head gets 513 (RFC 3261 §21.5.7). */
  readonly maxHeadLength: number;
  /** A longer body gets 413. */
  readonly maxBodyLength: number;
}

export const defaultScreeningLimits: ScreeningLimits = Object.freeze({
  maxUriLength: 2_048,
  maxHeadLength: streamFramerDefaults.maxHeadBytes,
  maxBodyLength: streamFramerDefaults.maxBodyBytes,
});

/** What every request is looked at for, whoever sent it (RFC 3261 §16.3). */
export class Screening {
  private readonly domains: Domains;
  private readonly limits: ScreeningLimits;

  constructor(domains: Domains, limits: ScreeningLimits) {
    this.domains = domains;
    this.limits = limits;
  }

  /** A request that may go on, or why not. */
  readonly screen = (incoming: Incoming): Incoming | Verdict => {
    const { request, way } = incoming;
    if (request.uri.length > this.limits.maxUriLength)
      return refuse(414, `the Request-URI has ${request.uri.length} characters`);
    if (request.head.length > this.limits.maxHeadLength)
      return refuse(513, `the head has ${request.head.length} bytes`);
    if (request.body.length > this.limits.maxBodyLength)
      return refuse(413, `the body has ${request.body.length} bytes`);
    if (way.routes.length > MAX_ROUTES) return refuse(400, `${way.routes.length} Routes`);
    if (request.get(MaxForwards) === 0 && request.method !== 'REGISTER' && !this.isForServer(incoming))
      return refuse(483, 'Max-Forwards has come to 0');
    if (request.get(MaxBreadth) === 0) return refuse(440, 'Max-Breadth has come to 0');
    const required = request.texts(ProxyRequire);
    if (required.length > 0)
      return refuse(420, `Proxy-Require: ${required.join(', ')}`, [['Unsupported', required.join(', ')]]);
    if (isLoop(request, way, this.domains))
      return refuse(482, 'the request has been here before with the same way to go');
    return incoming;
  };

  /** OPTIONS that names no user asks what this server can do; also where it has come to the end of its hops (§16.3 step 3). */
  isForServer({ request, way }: Incoming): boolean {
    if (request.method !== 'OPTIONS' || way.uri.includes('@')) return false;
    const host = /^sips?:(\[[^\]]+\]|[^:;?]+)/i.exec(way.uri)?.[1];
    return host !== undefined && this.domains.of({ host: host.toLowerCase() }) !== undefined;
  }

  /** Reads who is called. */
  readonly address = (incoming: Incoming): Addressed | Verdict => {
    const { request, way } = incoming;
    const target = way.uri === request.uri ? request.target : parseUri(way.uri);
    if (target instanceof Malformed) return refuse(400, 'the Request-URI cannot be read');
    if (!isSipUri(target)) return refuse(416, `"${target.scheme}:" leads nowhere from here`);
    return Object.assign(incoming, { target, targetDomain: this.domains.of(target) });
  };

  /** The domain of ours whose user a request says it is from: To's for REGISTER (RFC 3261 §10.2), From's else. */
  homeDomain(request: SipRequest): ReturnType<Domains['of']> {
    const uri = request.get(request.method === 'REGISTER' ? To : From)?.uri;
    return uri !== undefined && isSipUri(uri) ? this.domains.of(uri) : undefined;
  }
}
