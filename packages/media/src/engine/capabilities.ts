import { AUDIO_PROFILES, type CodecPreference, opusParametersText } from '@ringdown/rtp';
import { DTMF_EVENTS, type MediaCapabilities, type WantedCodec } from '@ringdown/sdp';
import type { MediaProfile, MediaSecurity } from '@ringdown/user-agent';
import type { MakeCodec } from '../stream/formats.ts';

/** Expedited forwarding (RFC 3246), as EBU Tech 3368 recommends it for sound. */
const DSCP = 46;
/** The number that browsers gave to Opus; some peers know no other. */
const OPUS_PAYLOAD_TYPE = 111;

/** What a profile comes to in offers and answers. */
export const capabilitiesOf = (
  profile: MediaProfile,
  security: readonly MediaSecurity[],
  codecs: MakeCodec,
): MediaCapabilities => {
  const { codecs: preferences, comfortNoise, telephoneEvents, buffer } = AUDIO_PROFILES[profile];
  const isBroadcast = profile === 'lossless' || profile === 'music-stereo';
  const wanted = distinct(preferences.map((one) => wantedCodec(one, isBroadcast))).filter((one) =>
    isHad(one, profile, codecs),
  );
  return {
    media: 'audio',
    codecs: comfortNoise ? [...wanted, COMFORT_NOISE] : wanted,
    ...(telephoneEvents ? { telephoneEvents: DTMF_EVENTS } : {}),
    security,
    // Protection is taken wherever a peer has it; what is offered beside plain RTP is decided by `none` (RFC 8643).
    opportunistic: security.some((one) => one !== 'none'),
    // Who speaks DTLS-SRTP and nothing else does it as browsers do, and may know no other profile than theirs (RFC 8827 §4.6).
    feedback: security.every((one) => one === 'dtls-srtp'),
    rtcpMux: 'offer',
    ptimeMs: wanted[0]?.ptimeMs ?? 20,
    ...(isBroadcast
      ? {
          ebuAcip: {
            version: 0,
            jitterBuffers: [{ option: 0, kind: 'auto', minMs: buffer.minMs, maxMs: buffer.maxMs }],
            dscp: DSCP,
          },
        }
      : {}),
  };
};

const COMFORT_NOISE: WantedCodec = { name: 'CN', clockRateHz: 8_000, channels: 1, parameters: '' };

const wantedCodec = (preference: CodecPreference, isBroadcast: boolean): WantedCodec => {
  const { encodingName, clockRateHz, channels, packetMs, opus } = preference;
  const isOpus = encodingName === 'opus';
  return {
    name: encodingName,
    clockRateHz,
    channels: isOpus ? 2 : channels,
    parameters: opus === undefined ? '' : opusParametersText(opus),
    // Elsewhere the peer's wish is followed; studios tell each other of each codec (EBU Tech 3368).
    ...(isBroadcast ? { ptimeMs: packetMs } : {}),
    ...(isOpus ? { payloadType: OPUS_PAYLOAD_TYPE } : {}),
  };
};

/** One line of each codec: how many bits it gets is said by whoever receives it. */
const distinct = (codecs: readonly WantedCodec[]): readonly WantedCodec[] => {
  const keyOf = ({ name, clockRateHz, channels }: WantedCodec): string =>
    `${name}/${clockRateHz}/${channels}`;
  return [...new Map(codecs.toReversed().map((one) => [keyOf(one), one])).values()].toReversed();
};

const isHad = (wanted: WantedCodec, profile: MediaProfile, codecs: MakeCodec): boolean => {
  const { name, clockRateHz, channels, parameters } = wanted;
  const terms = { name, clockRateHz, channels, sendParameters: parameters, receiveParameters: parameters };
  const codec = codecs(terms, profile);
  codec?.close();
  return codec !== undefined;
};
