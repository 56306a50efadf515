import { find, getAll, lineOf } from '../attribute.ts';
import { Fingerprint, type SetupRole } from '../attributes/dtls.ts';
import { Extmap } from '../attributes/extmap.ts';
import { RtcpFeedback, RtcpRsize } from '../attributes/rtcp.ts';
import type { Format } from '../codec/format.ts';
import { isAuxiliary } from '../codec/format.ts';
import { PayloadNumbers, type WantedCodec } from '../codec/payload-numbers.ts';
import type { AttributeLine, MediaDescription } from '../session-description.ts';
import {
  defaultSuites,
  type LocalMedia,
  type LocalTransport,
  type MediaCapabilities,
} from './capabilities.ts';
import { mediaDescription, refusal } from './media-lines.ts';
import { rtpProtocolText } from './rtp-protocol.ts';
import { cryptoLine, dtlsLines } from './security.ts';
import type { Agreement, Slot } from './slot.ts';

/** A medium that we want, with all that is needed to offer it. */
export interface WantedMedia {
  readonly capability: number;
  readonly capabilities: MediaCapabilities;
  readonly local: LocalMedia & { readonly transport: LocalTransport };
}

/**
 * The `m=` lines of an offer (RFC 3264 §5, §8). What was there keeps its place; what is no longer wanted gets port 0; what is
 * new takes the place of something that is gone, or the next one.
 */
export const offeredSlots = (
  wanted: readonly WantedMedia[],
  agreement: Agreement | undefined,
  usesMids: boolean,
): readonly Slot[] => {
  const before = agreement?.slots ?? [];
  const waiting = [...wanted];
  const take = (accepts: (one: WantedMedia) => boolean): WantedMedia | undefined => {
    const at = waiting.findIndex(accepts);
    return at < 0 ? undefined : waiting.splice(at, 1)[0];
  };
  const kept = before.map(({ capability }) => take((one) => one.capability === capability));
  const slots = before.map((slot, index) => {
    const isFree = agreement?.session.media[index]?.kind === 'refused';
    const medium =
      kept[index] ?? (isFree ? take(({ capabilities }) => capabilities.media === slot.media) : undefined);
    if (medium === undefined) return { ...slot, last: refusal(slot.last, slot.mid) };
    return offeredSlot(
      medium,
      slot,
      usesMids ? (slot.mid ?? freeMid(before, index)) : slot.mid,
      index,
      agreement,
    );
  });
  for (const medium of waiting) {
    const index = slots.length;
    slots.push(
      offeredSlot(medium, undefined, usesMids ? freeMid(slots, index) : undefined, index, agreement),
    );
  }
  return slots;
};

const freeMid = (slots: readonly Slot[], index: number): string => {
  const taken = new Set(slots.map(({ mid }) => mid));
  let number = index;
  while (taken.has(String(number))) number += 1;
  return String(number);
};

const offeredSlot = (
  { capability, capabilities, local }: WantedMedia,
  before: Slot | undefined,
  mid: string | undefined,
  index: number,
  agreement: Agreement | undefined,
): Slot => {
  const [formats, numbers] = offeredFormats(capabilities, before?.numbers ?? new PayloadNumbers());
  const { kind, protocol } = offeredProtocol(capabilities, before, index, agreement);
  const security =
    kind === 'none'
      ? []
      : securityLines(capabilities, local.transport, kind, offeredSetup(local.transport, index, agreement));
  const last = mediaDescription({
    capabilities,
    local,
    protocol,
    formats,
    direction: local.direction ?? 'sendrecv',
    mid,
    hasIce: local.transport.ice !== undefined,
    rtcpMux: capabilities.rtcpMux !== 'never',
    security,
    negotiated: negotiatedLines(capabilities),
  });
  return { media: capabilities.media, capability, mid, numbers, last };
};

/** All codecs, and telephone events at each of their clocks (RFC 4733 §2.1). */
const offeredFormats = (
  { codecs, telephoneEvents }: MediaCapabilities,
  before: PayloadNumbers,
): readonly [readonly Format[], PayloadNumbers] => {
  const clocks = new Set(codecs.filter((codec) => !isAuxiliary(codec)).map(({ clockRateHz }) => clockRateHz));
  const events: readonly WantedCodec[] =
    telephoneEvents === undefined
      ? []
      : [...clocks].map((clockRateHz) => eventsAt(clockRateHz, telephoneEvents));
  const all = [...codecs, ...events];
  const [payloadTypes, numbers] = before.assign(all);
  const formats = all.map(({ name, clockRateHz, channels, parameters }, at) => ({
    name,
    clockRateHz,
    channels,
    parameters,
    payloadType: payloadTypes[at]!,
  }));
  return [formats, numbers];
};

const eventsAt = (clockRateHz: number, parameters: string): WantedCodec => ({
  name: 'telephone-event',
  clockRateHz,
  channels: 1,
  parameters,
  // The number that everybody uses; some old gateways know no other.
  ...(clockRateHz === 8_000 ? { payloadType: 101 } : {}),
});

type OfferedSecurity = 'dtls-srtp' | 'sdes' | 'opportunistic' | 'none';

/** What is agreed stays; else the best that policy allows, or plain RTP with the rest beside it (RFC 8643). */
const offeredProtocol = (
  { security, opportunistic = false, feedback = false }: MediaCapabilities,
  before: Slot | undefined,
  index: number,
  agreement: Agreement | undefined,
): { readonly kind: OfferedSecurity; readonly protocol: string } => {
  const agreed = agreement?.session.media[index];
  const best = security[0] ?? 'none';
  if (agreed?.kind === 'agreed' && before !== undefined) {
    const isPlain = before.last.protocol.startsWith('RTP/AVP');
    const kind =
      agreed.security.kind === 'none' && isPlain && opportunistic ? 'opportunistic' : agreed.security.kind;
    return { kind, protocol: before.last.protocol };
  }
  const isOpportunistic = opportunistic && security.includes('none');
  const protocol = rtpProtocolText({
    isDtls: best === 'dtls-srtp' && !isOpportunistic,
    isSecure: best !== 'none' && !isOpportunistic,
    hasFeedback: feedback,
  });
  return { kind: isOpportunistic ? 'opportunistic' : best, protocol };
};

const securityLines = (
  { security, suites = defaultSuites }: MediaCapabilities,
  transport: LocalTransport,
  kind: Exclude<OfferedSecurity, 'none'>,
  setup: SetupRole,
): readonly AttributeLine[] => {
  const offers = (one: 'dtls-srtp' | 'sdes') =>
    kind === one || (kind === 'opportunistic' && security.includes(one));
  return [
    ...(offers('dtls-srtp') ? dtlsLines(transport, setup) : []),
    ...(offers('sdes') ? suites.map((suite, at) => cryptoLine(transport, suite, at + 1)) : []),
  ];
};

/** An association that goes on keeps its roles, so that no answer can turn them; a new one is open (RFC 8842 §5.2, §5.5). */
const offeredSetup = (
  transport: LocalTransport,
  index: number,
  agreement: Agreement | undefined,
): SetupRole => {
  const agreed = agreement?.session.media[index];
  const before = agreement?.local.media[index];
  if (agreed?.kind !== 'agreed' || agreed.security.kind !== 'dtls-srtp' || before === undefined)
    return 'actpass';
  const fingerprints = new Set(getAll(before, Fingerprint).map(({ value }) => value));
  const isSame = (transport.fingerprints ?? []).every(({ value }) => fingerprints.has(value));
  if (!isSame) return 'actpass';
  return agreed.security.role === 'client' ? 'active' : 'passive';
};

const negotiatedLines = ({
  rtcpFeedback = [],
  headerExtensions = [],
  feedback = false,
}: MediaCapabilities): readonly AttributeLine[] => [
  ...(feedback ? [lineOf(RtcpRsize, true)] : []),
  ...rtcpFeedback.map((one) => lineOf(RtcpFeedback, { feedback: one })),
  ...headerExtensions.map((uri, at) => lineOf(Extmap, { id: at + 1, uri })),
];

/** What of an offer's feedback, extensions and reduced RTCP we have as well, as an answer repeats it. */
export const repeatedLines = (
  { rtcpFeedback = [], headerExtensions = [], feedback = false }: MediaCapabilities,
  offered: MediaDescription,
  payloadTypes: readonly number[],
): readonly AttributeLine[] => [
  ...(feedback && find(RtcpRsize, offered) === true ? [lineOf(RtcpRsize, true)] : []),
  ...getAll(offered, RtcpFeedback)
    .filter(
      ({ feedback: one, payloadType }) =>
        rtcpFeedback.includes(one) && (payloadType === undefined || payloadTypes.includes(payloadType)),
    )
    .map((one) => lineOf(RtcpFeedback, one)),
  ...getAll(offered, Extmap)
    .filter(({ uri }) => headerExtensions.includes(uri))
    .map(({ id, uri }) => lineOf(Extmap, { id, uri })),
];
