import type { Instant } from '@ringdown/sans-io';
import type { SipUri } from '../message/uri.ts';
import type { ViaValue } from '../message/via.ts';
import type { Destination, TransportName } from '../transport/flow.ts';
import type { DnsAnswer } from './dns.ts';

export type AddressFamily = 'ipv4' | 'ipv6';

/** What the caller can send with. */
export interface LocateOptions {
  /** In the order of our preference, which counts where the domain has none (RFC 3263 §4.1). */
  readonly transports: readonly TransportName[];
  /** The families that our sockets have, the preferred one first. Default: IPv4, then IPv6. */
  readonly families?: readonly AddressFamily[];
}

/**
 * Why there is nowhere to send to. The first three are the other side's fault and last; `timeout` and `server failure`
 * are the DNS's and may pass, `busy` is ours.
 */
export type LocateFailure =
  | 'no such domain'
  | 'no address'
  | 'no transport'
  | 'timeout'
  | 'server failure'
  | 'busy';

/** Where to send: at least one destination, to be tried one after the other (RFC 3263 §4.3), or none and why. */
export type LocateResult =
  | { readonly kind: 'located'; readonly destinations: readonly Destination[] }
  /** `why` is one clause for a log line, such as `no such domain example.net`. */
  | { readonly kind: 'failed'; readonly failure: LocateFailure; readonly why: string };

/** Called once; before `locate` returns where nothing has to be asked. It may call the locator again. */
export type Located = (result: LocateResult, now: Instant) => void;

/** Finds where SIP messages go (RFC 3263). */
export interface Locator {
  /** Where a request goes whose next hop is `uri` (§4): the Request-URI, or the first Route. */
  locate(uri: SipUri, options: LocateOptions, now: Instant, done: Located): void;
  /**
   * Where a response goes whose flow is no more (§5, RFC 3261 §18.2.2), by the top Via, with `received` and `rport` in
   * it. The transport is the Via's.
   */
  locateResponse(via: ViaValue, options: Pick<LocateOptions, 'families'>, now: Instant, done: Located): void;
  /** The DNS answered a question that the locator asked; one that it does not wait for is ignored. */
  answered(id: number, answer: DnsAnswer, now: Instant): void;
  /** How many questions wait for their answers. */
  readonly asking: number;
}
