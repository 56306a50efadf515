/**
 * The edge of sound in Node: a media engine that puts ICE, TURN, RTP, SRTP and codecs together, sound in and out as streams,
 * WAV files, tones and devices, and the platform that makes a phone of a user agent.
 */
export type { NodeSound, SoundFormat, SoundSink, SoundSource } from './audio/sound.ts';
export { type CallCodec, type CodecTerms, codecFor } from './codec/codec-for.ts';
export { loadOpus, type OpusCodec, type OpusFactory } from './codec/opus.ts';
export { type OpusOptions, opusDefaults } from './codec/opus-options.ts';
