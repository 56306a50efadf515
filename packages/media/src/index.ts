/**
 * The edge of sound in Node: a media engine that puts ICE, TURN, RTP, SRTP and codecs together, sound in and out as streams,
 * WAV files, tones and devices, and the platform that makes a phone of a user agent.
 */
export type { NodeSound, SoundFormat, SoundSink, SoundSource } from './audio/sound.ts';
