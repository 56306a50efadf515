import { find, get, getAll } from '../attribute.ts';
import { type Direction, reversed } from '../attributes/direction.ts';
import { BundleOnly, Group, Mid } from '../attributes/grouping.ts';
import { RtcpMux, RtcpMuxOnly } from '../attributes/rtcp.ts';
import { type Format, formatsOf, isAuxiliary, isTelephoneEvent } from '../codec/format.ts';
import { matchedParameters } from '../codec/matching.ts';
import { speaksIce } from '../ice-lines.ts';
import { connectionOf, type SessionDescription } from '../session-description.ts';
import { heldDirection } from './agreement.ts';
import type { MediaCapabilities } from './capabilities.ts';
import { type DuplicatedSources, duplicatedSources } from './duplication.ts';
import { rtpProtocol } from './rtp-protocol.ts';
import { chooseSecurity, type SecurityChoice, type Side, securityAlternatives } from './security.ts';

/** What we could say to one `m=` line of an offer. */
export type OfferedMedia = AcceptableMedia | UnacceptableMedia;

export interface AcceptableMedia {
  readonly kind: 'acceptable';
  readonly index: number;
  readonly media: string;
  readonly mid?: string;
  readonly capability: number;
  /** The formats of the answer: the offer's numbers, our parameters. */
  readonly formats: readonly Format[];
  readonly security: SecurityChoice;
  /** The peer speaks ICE: the transport should have its lines. */
  readonly ice: boolean;
  readonly rtcpMux: boolean;
  /** The most that we may say: the offer's, seen from here. */
  readonly direction: Direction;
  /** What the peer sends more than once; it takes the same of us. */
  readonly duplication?: DuplicatedSources;
  /** The line whose transport this one can share (RFC 9143). */
  readonly bundledWith?: number;
}

export interface UnacceptableMedia {
  readonly kind: 'unacceptable';
  readonly index: number;
  readonly media: string;
  readonly mid?: string;
  readonly why: string;
  /** A code for the Warning header (RFC 3261 §20.43); undefined where the peer wants nothing. */
  readonly warning?: 301 | 302 | 304 | 305 | 399;
}

export interface ConsiderOptions {
  readonly capabilities: readonly MediaCapabilities[];
  readonly codecOrder: 'theirs' | 'ours';
  readonly answerWith: 'all' | 'one';
  readonly bundle: boolean;
  /** Which capability each line has had until now. */
  readonly before: readonly (number | undefined)[];
}

/** Looks at every line of an offer; each of our capabilities serves one of them (RFC 3264 §6). */
export const considerOffer = (
  offer: SessionDescription,
  options: ConsiderOptions,
): readonly OfferedMedia[] => {
  const used = new Set(options.before.flatMap((one, at) => (offer.media[at]?.port === 0 ? [] : (one ?? []))));
  const considered = new Map<number, OfferedMedia>();
  for (const index of considerationOrder(offer, options.bundle)) {
    const media = offer.media[index]!;
    const side: Side = { description: offer, media };
    const mid = find(Mid, media);
    const named = { index, media: media.media, ...(mid === undefined ? {} : { mid }) };
    const tag = options.bundle ? acceptedTag(offer, mid, considered) : undefined;
    const own = options.before[index];
    const free = options.capabilities.flatMap((value, at) =>
      at === own || used.has(at) ? [] : [{ value, at }],
    );
    const kept = own === undefined ? undefined : options.capabilities[own];
    // What a line was it stays, while that goes together.
    const candidates = [
      ...(own === undefined || kept === undefined ? [] : [{ value: kept, at: own }]),
      ...free,
    ].filter(({ value }) => value.media === media.media);
    const one = considerMedia(side, named, candidates, options, tag);
    if (one.kind === 'acceptable') used.add(one.capability);
    considered.set(index, one);
  }
  return [...offer.media.keys()].map((index) => considered.get(index)!);
};

/** A group has its own order, and the first of it that lives carries the others (RFC 9143 §7.3.1). */
const considerationOrder = (offer: SessionDescription, bundle: boolean): readonly number[] => {
  const indexes = [...offer.media.keys()];
  if (!bundle) return indexes;
  const mids = offer.media.map((media) => find(Mid, media));
  const grouped = getAll(offer, Group).flatMap(({ semantics, mids: some }) =>
    semantics === 'BUNDLE' ? some.map((mid) => mids.indexOf(mid)).filter((index) => index >= 0) : [],
  );
  return [...new Set([...grouped, ...indexes])];
};

type Named = Pick<AcceptableMedia, 'index' | 'media' | 'mid'>;
type Candidate = { readonly value: MediaCapabilities; readonly at: number };

/** The first line of this one's BUNDLE group that we have accepted. */
const acceptedTag = (
  offer: SessionDescription,
  mid: string | undefined,
  considered: ReadonlyMap<number, OfferedMedia>,
): number | undefined => {
  const group = getAll(offer, Group).find(
    ({ semantics, mids }) => semantics === 'BUNDLE' && mid !== undefined && mids.includes(mid),
  );
  for (const [index, one] of considered) {
    if (one.kind === 'acceptable' && one.mid !== undefined && group?.mids.includes(one.mid)) return index;
  }
  return undefined;
};

const considerMedia = (
  side: Side,
  named: Named,
  candidates: readonly Candidate[],
  options: ConsiderOptions,
  tag: number | undefined,
): OfferedMedia => {
  const { description, media } = side;
  const no = (why: string, warning?: UnacceptableMedia['warning']): UnacceptableMedia => ({
    kind: 'unacceptable',
    ...named,
    why,
    ...(warning === undefined ? {} : { warning }),
  });
  const isBundleOnly = get(media, BundleOnly) === true && tag !== undefined;
  if (media.port === 0 && !isBundleOnly) return no('it is offered with port 0');
  if (rtpProtocol(media.protocol) === undefined) return no(`${media.protocol} is not spoken here`, 301);
  if (candidates.length === 0) return no(`there is no ${media.media} here, or no more of it`, 304);
  if (connectionOf(description, media) === undefined) return no('it has no address', 302);
  const transport: Side = tag === undefined ? side : { description, media: description.media[tag]! };
  const duplication = duplicatedSources(description, media);
  let reason = no('no codec is known here', 305);
  for (const { value, at } of candidates) {
    const formats = answeredFormats(value, formatsOf(media), options);
    if (formats.length === 0) continue;
    const security = chooseSecurity(value, securityAlternatives(transport));
    const rtcpMux = get(media, RtcpMux) === true && value.rtcpMux !== 'never';
    if (security === undefined) reason = no('its security is not what policy allows', 399);
    else if (value.rtcpMux === 'require' && !rtcpMux) reason = no('it has RTCP at a port of its own', 399);
    else if (get(media, RtcpMuxOnly) === true && !rtcpMux)
      reason = no('it has no port of its own for RTCP', 399);
    else
      return {
        kind: 'acceptable',
        ...named,
        capability: at,
        formats,
        security,
        ice: speaksIce(transport.media, description),
        rtcpMux,
        direction: reversed(heldDirection(side)),
        ...(duplication === undefined ? {} : { duplication }),
        ...(tag === undefined ? {} : { bundledWith: tag }),
      };
  }
  return reason;
};

/** Formats of the offer that we know, with our parameters (RFC 3264 §6.1), and what goes along with the codecs among them. */
const answeredFormats = (
  capabilities: MediaCapabilities,
  offered: readonly Format[],
  { codecOrder, answerWith }: ConsiderOptions,
): readonly Format[] => {
  const ranked = offered.flatMap((theirs) => {
    if (isAuxiliary(theirs)) return [];
    for (const [rank, ours] of capabilities.codecs.entries()) {
      const parameters = matchedParameters(ours, theirs);
      if (parameters !== undefined) return [{ rank, format: { ...theirs, parameters } }];
    }
    return [];
  });
  const ordered = codecOrder === 'theirs' ? ranked : ranked.toSorted((one, other) => one.rank - other.rank);
  const codecs = ordered.slice(0, answerWith === 'one' ? 1 : undefined).map(({ format }) => format);
  const clocks = new Set(codecs.map(({ clockRateHz }) => clockRateHz));
  return codecs.length === 0 ? [] : [...codecs, ...auxiliaries(capabilities, offered, clocks)];
};

/** Their clock is that of a codec, or they are of no use (RFC 4733 §2.1, RFC 3389 §4). */
const auxiliaries = (
  { codecs, telephoneEvents }: MediaCapabilities,
  offered: readonly Format[],
  clocks: ReadonlySet<number>,
): readonly Format[] =>
  offered.flatMap((theirs) => {
    if (!isAuxiliary(theirs) || !clocks.has(theirs.clockRateHz)) return [];
    const ours = isTelephoneEvent(theirs)
      ? [{ ...theirs, parameters: telephoneEvents }]
      : codecs.filter(isAuxiliary);
    for (const one of ours) {
      const { parameters } = one;
      if (parameters === undefined) continue;
      const matched = matchedParameters({ ...one, parameters }, theirs);
      if (matched !== undefined) return [{ ...theirs, parameters: matched }];
    }
    return [];
  });
