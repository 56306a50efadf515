/**
 * The edge of sound in Node: a media engine that puts ICE, TURN, RTP, SRTP and codecs together, sound in and out as streams,
 * WAV files, tones and devices, and the platform that makes a phone of a user agent.
 *
 * @example
 * import { connect } from '@ringdown/user-agent';
 *
 * const phone = await connect({ account: 'reporter@radio.example', password: 'secret', platform: node() });
 * const call = await phone.call('studio', {
 *   sound: { play: wavSource('report.wav'), record: (format) => wavSink('talkback.wav', format) },
 * });
 */
export { converted, convertedSink } from './audio/conversion.ts';
export { type DelayLine, delayLine } from './audio/delay-line.ts';
export { LevelMeter } from './audio/level-meter.ts';
export { type PcmSourceOptions, pcmSink, pcmSource, teeSink } from './audio/pcm.ts';
export { loadResampler } from './audio/resampler.ts';
export { silenceSource } from './audio/silence.ts';
export type { NodeSound, SoundFormat, SoundSink, SoundSource } from './audio/sound.ts';
export { SoundError } from './audio/sound-error.ts';
export { type ToneOptions, toneSource } from './audio/tone.ts';
export { type WavSinkOptions, wavSink } from './audio/wav-sink.ts';
export { type WavSource, wavSource } from './audio/wav-source.ts';
export { type CallCodec, type CodecTerms, codecFor } from './codec/codec-for.ts';
export { loadOpus, type OpusCodec, type OpusFactory } from './codec/opus.ts';
export { type OpusOptions, opusDefaults } from './codec/opus-options.ts';
export {
  type DeviceOptions,
  type DeviceStatistics,
  type Devices,
  describeDevices,
  openDevices,
} from './devices/devices.ts';
export { createMediaEngine, type NodeMediaEngine } from './engine/media-engine.ts';
export {
  type DtlsPort,
  type MediaEngineOptions,
  type MediaEnginePorts,
  mediaEngineDefaults,
  type SdesPort,
} from './engine/options.ts';
export { node } from './platform/node.ts';
export { loadNodeMedia, type NodeMediaOptions, type OpenNodeMedia } from './platform/node-media.ts';
export type { NodePlatformOptions } from './platform/node-options.ts';
export { createDtls } from './secure/create-dtls.ts';
export type { Dtls, DtlsIdentity, DtlsOptions, DtlsUser } from './secure/dtls.ts';
export { makeDtlsIdentity } from './secure/dtls-identity.ts';
export { openGuard, type PacketGuard } from './secure/packet-guard.ts';
export { makeSdesKeys, SDES_SUITES, sdesGuard } from './secure/sdes.ts';
export type { MakeCodec } from './stream/formats.ts';
