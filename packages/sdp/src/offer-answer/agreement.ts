import { find, get, getAll } from '../attribute.ts';
import {
  type Direction,
  directionFrom,
  directionOf,
  narrowed,
  receives,
  reversed,
  sends,
} from '../attributes/direction.ts';
import { ebuAcipProfile } from '../attributes/ebuacip.ts';
import { Extmap } from '../attributes/extmap.ts';
import { Group, Mid } from '../attributes/grouping.ts';
import { Rtcp, RtcpFeedback, RtcpMux, RtcpRsize } from '../attributes/rtcp.ts';
import { Msid, Ssrc, SsrcGroup } from '../attributes/source.ts';
import { iceLinesOf, speaksIce } from '../ice-lines.ts';
import { Malformed } from '../malformed.ts';
import { connectionOf, type MediaDescription, type SessionDescription } from '../session-description.ts';
import type { AgreedMedia, AgreedSession, AgreedStream, RemoteTransport } from './agreed.ts';
import { agreedCodecs } from './agreed-codecs.ts';
import { agreedSecurity } from './agreed-security.ts';
import type { MediaCapabilities } from './capabilities.ts';
import { duplicatedSources } from './duplication.ts';
import { rtpProtocol } from './rtp-protocol.ts';
import type { Side } from './security.ts';

/** An offer, its answer, and which of them is ours. */
export interface Exchange {
  readonly local: SessionDescription;
  readonly remote: SessionDescription;
  readonly weAre: 'offerer' | 'answerer';
  /** The capabilities of each `m=` line; undefined where we refuse it. */
  readonly capabilities: readonly ({ readonly at: number; readonly value: MediaCapabilities } | undefined)[];
}

/** What offer and answer come to (RFC 3264 §6, §7). The same for both ends, so that neither can see it otherwise. */
export const agreeOn = (exchange: Exchange): AgreedSession | Malformed => {
  const { local, remote, weAre } = exchange;
  const [offer, answer] = weAre === 'offerer' ? [local, remote] : [remote, local];
  if (offer.media.length !== answer.media.length)
    return new Malformed('an answer with more or fewer m= lines than its offer', 'RFC 3264 §6');
  const media: AgreedMedia[] = [];
  for (const index of offer.media.keys()) {
    const one = agreeOnMedia(exchange, answer, index);
    if (one instanceof Malformed) return one;
    media.push(one);
  }
  return { media, groups: getAll(answer, Group) };
};

const agreeOnMedia = (
  exchange: Exchange,
  answer: SessionDescription,
  index: number,
): AgreedMedia | Malformed => {
  const [local, remote] = [exchange.local.media[index]!, exchange.remote.media[index]!];
  if (local.media !== remote.media)
    return new Malformed(`an answer of ${remote.media} to an offer of ${local.media}`, 'RFC 3264 §6');
  const mid = find(Mid, local) ?? find(Mid, remote);
  const capabilities = exchange.capabilities[index];
  const isRefused = answer.media[index]!.port === 0 || local.port === 0 || capabilities === undefined;
  const named = { index, media: local.media, ...(mid === undefined ? {} : { mid }) };
  if (isRefused) return { kind: 'refused', ...named };
  return agreeOnStream(exchange, named, capabilities, bundleTag(answer, index));
};

type Named = Pick<AgreedStream, 'index' | 'media' | 'mid'>;

const agreeOnStream = (
  exchange: Exchange,
  named: Named,
  { at, value: capabilities }: { readonly at: number; readonly value: MediaCapabilities },
  tag: number,
): AgreedStream | Malformed => {
  const { local, remote, weAre } = exchange;
  const side = (description: SessionDescription, index: number): Side => ({
    description,
    media: description.media[index]!,
  });
  const [ours, theirs] = [local.media[named.index]!, remote.media[named.index]!];
  const [ourTransport, theirTransport] = [side(local, tag), side(remote, tag)];
  const protocol = rtpProtocol(theirs.protocol);
  if (protocol === undefined) return new Malformed(`${theirs.protocol} instead of RTP`, 'RFC 3264 §6');
  const security = agreedSecurity(ourTransport, theirTransport, weAre);
  if (security instanceof Malformed) return security;
  const formats = agreedCodecs({ ours, theirs, weAre, capabilities });
  if (formats instanceof Malformed) return formats;
  const rtcpMux = get(ours, RtcpMux) === true && get(theirs, RtcpMux) === true;
  if (capabilities.rtcpMux === 'require' && !rtcpMux)
    return new Malformed('RTCP at a port of its own, which we do not have', 'RFC 8858 §4');
  const transport = remoteTransport(theirTransport, rtcpMux);
  if (transport instanceof Malformed) return transport;
  const ice = agreedIce(ourTransport, theirTransport);
  const theirDirection = heldDirection({ description: remote, media: theirs });
  const profile = ebuAcipProfile(theirs);
  return {
    kind: 'agreed',
    ...named,
    capability: at,
    direction: narrowed(directionOf(ours, local), reversed(theirDirection)),
    isHeldByPeer: !receives(theirDirection),
    ...formats,
    remote: transport,
    ...(tag === named.index ? {} : { bundledWith: tag }),
    rtcpMux,
    feedback: protocol.hasFeedback,
    rtcpFeedback: commonFeedback(ours, theirs),
    reducedSizeRtcp: get(ours, RtcpRsize) === true && get(theirs, RtcpRsize) === true,
    security,
    ...(ice === undefined ? {} : { ice }),
    headerExtensions: commonExtensions(ours, theirs),
    ssrcs: getAll(theirs, Ssrc),
    ssrcGroups: getAll(theirs, SsrcGroup),
    ...agreedDuplication({ description: local, media: ours }, { description: remote, media: theirs }),
    msids: getAll(theirs, Msid),
    ...(profile === undefined ? {} : { ebuAcip: profile }),
    bandwidth: theirs.bandwidth.length > 0 ? theirs.bandwidth : remote.bandwidth,
    remoteAttributes: theirs.attributes,
  };
};

/** Source attributes say what a side sends, and cannot be refused (RFC 5576 §8): who says none may not know what copies are. */
const agreedDuplication = (ours: Side, theirs: Side): Pick<AgreedStream, 'duplication'> => {
  const remote = duplicatedSources(theirs.description, theirs.media);
  if (remote === undefined) return {};
  const local = duplicatedSources(ours.description, ours.media);
  return { duplication: local === undefined ? { remote } : { remote, local } };
};

/** The line whose transport a line of a BUNDLE group shares: the first of the group that lives (RFC 9143 §7.3.1). */
const bundleTag = (answer: SessionDescription, index: number): number => {
  const mid = find(Mid, answer.media[index]!);
  const group = getAll(answer, Group).find(
    ({ semantics, mids }) => semantics === 'BUNDLE' && mid !== undefined && mids.includes(mid),
  );
  for (const one of group?.mids ?? []) {
    const at = answer.media.findIndex((media) => media.port !== 0 && find(Mid, media) === one);
    if (at >= 0) return at;
  }
  return index;
};

/**
 * The direction from the peer's view. An address of zeros was how RFC 2543 held, and still means that nothing is to be sent
 * (RFC 3264 §8.4); with ICE it only means that no candidate is known yet (RFC 8840 §4.1.1).
 */
export const heldDirection = ({ description, media }: Side): Direction => {
  const direction = directionOf(media, description);
  const address = connectionOf(description, media)?.address;
  const isHeld = (address === '0.0.0.0' || address === '::') && !speaksIce(media, description);
  return isHeld ? directionFrom(sends(direction), false) : direction;
};

const remoteTransport = ({ description, media }: Side, rtcpMux: boolean): RemoteTransport | Malformed => {
  const address = connectionOf(description, media)?.address;
  if (address === undefined) return new Malformed('no c= for a medium', 'RFC 8866 §5.7');
  const rtp = { address, port: media.port };
  if (rtcpMux) return { rtp, rtcp: rtp };
  const rtcp = find(Rtcp, media);
  // RFC 3605 §2.1; else the next port (RFC 3550 §11), which the last one does not have.
  const port = rtcp?.port ?? Math.min(media.port + 1, 65_535);
  return { rtp, rtcp: { address: rtcp?.address ?? address, port } };
};

const agreedIce = (ours: Side, theirs: Side): AgreedStream['ice'] =>
  speaksIce(ours.media, ours.description) && speaksIce(theirs.media, theirs.description)
    ? { media: iceLinesOf(theirs.media), session: iceLinesOf(theirs.description) }
    : undefined;

const commonFeedback = (ours: MediaDescription, theirs: MediaDescription): readonly string[] => {
  const known = new Set(getAll(ours, RtcpFeedback).map(({ feedback }) => feedback));
  const said = getAll(theirs, RtcpFeedback).map(({ feedback }) => feedback);
  return [...new Set(said)].filter((feedback) => known.has(feedback));
};

/** The numbers are the peer's; an answer repeats those of its offer (RFC 8285 §6). */
const commonExtensions = (ours: MediaDescription, theirs: MediaDescription) => {
  const known = new Set(getAll(ours, Extmap).map(({ uri }) => uri));
  return getAll(theirs, Extmap).filter(({ uri }) => known.has(uri));
};
