/**
 * Sound over the network, without I/O: RTP and RTCP (RFC 3550, 3551, 3611, 4585, 5761, 8285), sessions that prove who speaks
 * (RFC 4961, 7198), a jitter buffer, G.711, G.722, L16, telephone-events and comfort noise, concealment, and how it all
 * sounds (G.107). Opus is read as a format (RFC 7587); its codec is given by an edge as an {@link AudioCodec}.
 *
 * Sound is `Pcm`: an Int16Array for each channel. Sockets, SRTP, SDP, resampling and sound devices are elsewhere.
 *
 * @example
 * const codec = g722Codec();
 * const buffer = new JitterBuffer({ clockRateHz: 8_000 });
 * const session = new RtpSession(
 *   { payloadTypes: { 9: { clockRateHz: 8_000 } }, remote: { address: '192.0.2.1', port: 4000 } },
 *   {
 *     clock, timers, random,
 *     deliver: (output) => {
 *       if (output.kind === 'transmit') socket.send(output.bytes, output.to);
 *       else if (output.kind === 'source') buffer.reset();
 *       else if (output.kind === 'packet') {
 *         const { sequence, timestamp, payload } = output.packet;
 *         buffer.insert({ sequence, timestamp, payload, duration: codec.durationOf(payload) ?? 0 }, output.at);
 *       }
 *     },
 *   },
 * );
 * // Every 20 ms: what the microphone has, and what the loudspeaker wants.
 * session.send({ payloadType: 9, payload: codec.encode([microphone]), timestamp: 160 * packets });
 * const decision = buffer.take(clock.now());
 * if (decision.kind === 'play') play(codec.decode(decision.packet.payload));
 * else if (decision.kind === 'conceal') play(codec.conceal(320));
 * // For each datagram:
 * session.received(bytes, from);
 */

export { Concealment } from './concealment/concealment.ts';
export { type StretchManner, timeStretch } from './concealment/time-stretch.ts';
export { classifyDatagram, type SharedPortProtocol } from './first-byte.ts';
export type { BufferedPacket, Decision, JitterBufferStatistics } from './jitter-buffer/decision.ts';
export { JitterBuffer } from './jitter-buffer/jitter-buffer.ts';
export { type JitterBufferOptions, jitterBufferDefaults } from './jitter-buffer/options.ts';
export { Malformed } from './malformed.ts';
export {
  type HeaderExtension,
  readAudioLevel,
} from './packet/header-extension.ts';
export { parseRtp, RTP_HEADER_BYTES, RtpPacket } from './packet/rtp-packet.ts';
export { type RtpFields, writeRtp } from './packet/rtp-writer.ts';
export type { AudioCodec, AudioFormat } from './payload/audio-codec.ts';
export {
  COMFORT_NOISE_PAYLOAD_TYPE,
  ComfortNoise,
  comfortNoiseLevel,
  comfortNoisePayload,
  isNoLouder,
  levelOf,
} from './payload/comfort-noise.ts';
export { decodeG711, encodeG711, type G711Law } from './payload/g711.ts';
export { G722Decoder, G722Encoder } from './payload/g722.ts';
export {
  decodeL16,
  encodeL16,
  l16PacketTime,
  type PacketTime,
  packetTimeWarning,
} from './payload/l16.ts';
export {
  isOpusSilence,
  OPUS_CLOCK_RATE_HZ,
  type OpusBandwidth,
  type OpusMode,
  type OpusPacket,
  type OpusParameters,
  opusParameterDefaults,
  opusParametersText,
  readOpus,
  readOpusParameters,
} from './payload/opus.ts';
export { hasOpusRedundancy } from './payload/opus-redundancy.ts';
export type { Pcm } from './payload/pcm.ts';
export {
  type EventPacket,
  EventReceiver,
  EventSender,
  eventOfKey,
  keyOfEvent,
  type ReceivedEvent,
  readTelephoneEvent,
  type TelephoneEvent,
  telephoneEventPayload,
} from './payload/telephone-event.ts';
export { g711Codec, g722Codec, l16Codec } from './payload/waveform-codecs.ts';
export { AUDIO_PROFILES, type AudioProfile, type CodecPreference, type ProfileName } from './profiles.ts';
export {
  CODEC_IMPAIRMENTS,
  type CodecImpairment,
  type EModelInput,
  type EModelResult,
  eModel,
  mosOf,
} from './quality/e-model.ts';
export { QualityMeter, type QualityReport } from './quality/quality-meter.ts';
export type { DelaySinceReference, ExtendedReportBlock } from './rtcp/extended-report.ts';
export type { Feedback } from './rtcp/feedback.ts';
export { delayUnits, middleOf, type NtpTime, ntpTime, roundTripMs } from './rtcp/ntp.ts';
export { type ParseRtcpOptions, parseRtcp } from './rtcp/read-rtcp.ts';
export type { ReportBlock } from './rtcp/report-block.ts';
export {
  deterministicIntervalMs,
  type ReportIntervalInput,
  reportIntervalMs,
} from './rtcp/report-interval.ts';
export type { ReadRtcpPacket, RtcpPacket, SenderInfo } from './rtcp/rtcp-packet.ts';
export {
  SDES_ITEMS,
  type SourceDescription,
  type SourceDescriptionItem,
} from './rtcp/source-description.ts';
export { UNKNOWN_METRIC, type VoipMetrics } from './rtcp/voip-metrics.ts';
export { writeRtcp } from './rtcp/write-rtcp.ts';
export {
  type Duplication,
  type PeerPolicy,
  type RtpSessionOptions,
  rtpSessionDefaults,
  type SessionPorts,
} from './session/options.ts';
export type { PeerReport, SessionOutput } from './session/output.ts';
export type { SourceStatistics } from './session/remote-source.ts';
export { RtpSession } from './session/rtp-session.ts';
export type { OutgoingFrame } from './session/sending-stream.ts';
export type { DroppedCounters, RtpStatistics } from './session/statistics.ts';
