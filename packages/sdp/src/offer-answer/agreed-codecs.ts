import { find } from '../attribute.ts';
import { ebuAcipProfile } from '../attributes/ebuacip.ts';
import { Maxptime, Ptime } from '../attributes/packet-time.ts';
import { type Format, formatsOf, isAuxiliary, isSameCodec, isTelephoneEvent } from '../codec/format.ts';
import { matchedParameters } from '../codec/matching.ts';
import { opusParameters } from '../codec/opus.ts';
import { telephoneEvents } from '../codec/telephone-events.ts';
import { Malformed } from '../malformed.ts';
import type { MediaDescription } from '../session-description.ts';
import type { AgreedCodec, AgreedPayload, AgreedStream, AgreedTelephoneEvents } from './agreed.ts';
import { DEFAULT_PTIME_MS, type MediaCapabilities } from './capabilities.ts';

interface Lines {
  readonly ours: MediaDescription;
  readonly theirs: MediaDescription;
  readonly weAre: 'offerer' | 'answerer';
  readonly capabilities: MediaCapabilities;
}

type AgreedFormats = Pick<AgreedStream, 'codecs' | 'telephoneEvents' | 'dtmf' | 'comfortNoise'>;

/** A format under the numbers of both sides. */
interface Pair {
  readonly ours: Format;
  readonly theirs: Format;
}

/** Which codecs both have, in the order of the answer (RFC 3264 §6.1). */
export const agreedCodecs = (lines: Lines): AgreedFormats | Malformed => {
  const pairs = pairsOf(lines);
  const codecs = pairs.filter(({ ours }) => !isAuxiliary(ours)).map((pair) => agreedCodec(pair, lines));
  if (codecs[0] === undefined)
    return new Malformed('an answer without a codec of its offer', 'RFC 3264 §6.1');
  const events = pairs.filter(({ ours }) => isTelephoneEvent(ours)).map(agreedEvents);
  const dtmf = events.find(({ clockRateHz }) => clockRateHz === codecs[0]!.clockRateHz);
  return {
    codecs,
    telephoneEvents: events,
    ...(dtmf === undefined ? {} : { dtmf }),
    comfortNoise: pairs.filter(({ ours }) => ours.name.toLowerCase() === 'cn').map(agreedPayload),
  };
};

const pairsOf = ({ ours, theirs, weAre }: Lines): readonly Pair[] => {
  const [local, remote] = [formatsOf(ours), formatsOf(theirs)];
  const [answered, offered] = weAre === 'answerer' ? [local, remote] : [remote, local];
  const taken = new Set<Format>();
  return answered.flatMap((answer) => {
    const same = offered.filter(
      (one) => !taken.has(one) && isSameCodec(answer, one) && matchedParameters(answer, one) !== undefined,
    );
    const offer = same.find(({ payloadType }) => payloadType === answer.payloadType) ?? same[0];
    if (offer === undefined) return [];
    taken.add(offer);
    return weAre === 'answerer' ? [{ ours: answer, theirs: offer }] : [{ ours: offer, theirs: answer }];
  });
};

const agreedPayload = ({ ours, theirs }: Pair): AgreedPayload => ({
  clockRateHz: ours.clockRateHz,
  sendPayloadType: theirs.payloadType,
  receivePayloadType: ours.payloadType,
});

const agreedEvents = (pair: Pair): AgreedTelephoneEvents => {
  const known = new Set(telephoneEvents(pair.theirs.parameters));
  return {
    ...agreedPayload(pair),
    events: telephoneEvents(pair.ours.parameters).filter((event) => known.has(event)),
  };
};

const agreedCodec = (pair: Pair, lines: Lines): AgreedCodec => {
  const { ours, theirs } = pair;
  return {
    // The rate that is true, where the peer wrote that of sampling.
    ...agreedPayload(pair),
    name: ours.name,
    clockRateHz: ours.name.toLowerCase() === 'g722' ? 8_000 : ours.clockRateHz,
    channels: ours.name.toLowerCase() === 'opus' ? 2 : ours.channels,
    sendParameters: theirs.parameters,
    receiveParameters: ours.parameters,
    ptimeMs: ptimeFor(pair, lines),
  };
};

/**
 * What the peer asks for: for this format (EBU Tech 3368), for Opus, for the medium; never more than it takes. Where a packet
 * of the codec would grow large, our own wish bounds it.
 */
const ptimeFor = ({ ours, theirs }: Pair, { theirs: media, capabilities }: Lines): number => {
  const own = capabilities.codecs.find((codec) => isSameCodec(codec, ours))?.ptimeMs;
  const opus = ours.name.toLowerCase() === 'opus' ? opusParameters(theirs.parameters) : undefined;
  const exact = ebuAcipProfile(media)?.packetLengthsMs[theirs.payloadType];
  const asked = opus?.ptimeMs ?? find(Ptime, media) ?? own ?? capabilities.ptimeMs ?? DEFAULT_PTIME_MS;
  const wished = exact ?? Math.min(asked, own ?? asked);
  return Math.min(wished, find(Maxptime, media) ?? opus?.maxptimeMs ?? wished);
};
