import { Malformed } from '../malformed.ts';

/** Timestamps of Opus count 48,000 Hz, whatever is sent (RFC 7587 §4.1). */
export const OPUS_CLOCK_RATE_HZ = 48_000;

/** A packet lasts no longer (RFC 6716 §3.2, rule R5). */
const LONGEST_UNITS = 5_760;
const LONGEST_FRAME_BYTES = 1_275;

export type OpusMode = 'silk' | 'hybrid' | 'celt';
export type OpusBandwidth = 'narrowband' | 'mediumband' | 'wideband' | 'superwideband' | 'fullband';

/** What the first byte of a packet says, and the second where there are many frames (RFC 6716 §3.1). */
export interface OpusPacket {
  readonly mode: OpusMode;
  readonly bandwidth: OpusBandwidth;
  readonly stereo: boolean;
  readonly frames: number;
  /** Of each frame, in units of 48,000 Hz. */
  readonly frameUnits: number;
  /** Of the packet. */
  readonly units: number;
}

const SILK_UNITS = [480, 960, 1_920, 2_880];
const CELT_UNITS = [120, 240, 480, 960];
const SILK_BANDWIDTHS: readonly OpusBandwidth[] = ['narrowband', 'mediumband', 'wideband'];
const CELT_BANDWIDTHS: readonly OpusBandwidth[] = ['narrowband', 'wideband', 'superwideband', 'fullband'];

/** Reads what a packet is; its frames stay closed. */
export const readOpus = (payload: Uint8Array): OpusPacket | Malformed => {
  const toc = payload[0];
  if (toc === undefined) return new Malformed('an empty Opus packet');
  const frames = frameCount(payload);
  if (frames instanceof Malformed) return frames;
  const shape = shapeOf(toc >>> 3);
  const units = frames * shape.frameUnits;
  if (units > LONGEST_UNITS) return new Malformed(`an Opus packet of ${units / 48} ms`);
  return { ...shape, stereo: (toc & 4) !== 0, frames, units };
};

const shapeOf = (configuration: number): Pick<OpusPacket, 'mode' | 'bandwidth' | 'frameUnits'> => {
  if (configuration < 12)
    return {
      mode: 'silk',
      bandwidth: SILK_BANDWIDTHS[configuration >> 2]!,
      frameUnits: SILK_UNITS[configuration & 3]!,
    };
  if (configuration < 16)
    return {
      mode: 'hybrid',
      bandwidth: configuration < 14 ? 'superwideband' : 'fullband',
      frameUnits: configuration % 2 === 0 ? 480 : 960,
    };
  return {
    mode: 'celt',
    bandwidth: CELT_BANDWIDTHS[(configuration - 16) >> 2]!,
    frameUnits: CELT_UNITS[configuration & 3]!,
  };
};

/** The rules R1 to R7 of RFC 6716 §3.4, as far as the count hangs on them. */
const frameCount = (payload: Uint8Array): number | Malformed => {
  const rest = payload.length - 1;
  switch (payload[0]! & 3) {
    case 0:
      return rest > LONGEST_FRAME_BYTES ? new Malformed('an Opus frame that is too long') : 1;
    case 1:
      return rest % 2 === 0 && rest / 2 <= LONGEST_FRAME_BYTES
        ? 2
        : new Malformed('two Opus frames of different lengths');
    case 2:
      return twoFrames(payload);
    default: {
      const count = (payload[1] ?? 0) & 0x3f;
      return count === 0 ? new Malformed('an Opus packet without frames') : count;
    }
  }
};

const twoFrames = (payload: Uint8Array): 2 | Malformed => {
  const first = payload[1];
  const isLong = first !== undefined && first >= 252;
  const second = payload[2];
  if (first === undefined || (isLong && second === undefined))
    return new Malformed('an Opus packet that ends in its lengths');
  const length = isLong ? 4 * second! + first : first;
  return (isLong ? 3 : 2) + length > payload.length ? new Malformed('an Opus frame that is cut off') : 2;
};

/** Whether a packet is a sign of DTX: no more than its TOC and one byte (RFC 7587 §3.1.3). */
export const isOpusSilence = (payload: Uint8Array): boolean => payload.length <= 2;

/** Parameters of RFC 7587 §6.1, as a=fmtp has them. */
export interface OpusParameters {
  readonly maxPlaybackRateHz: number;
  readonly maxCaptureRateHz: number;
  /** Undefined: the codec's own choice. */
  readonly maxAverageBitrate: number | undefined;
  /** Whether the peer would rather receive stereo, and whether it may send it. */
  readonly stereo: boolean;
  readonly sendsStereo: boolean;
  readonly constantBitrate: boolean;
  readonly inBandFec: boolean;
  readonly discontinuous: boolean;
}

export const opusParameterDefaults: OpusParameters = Object.freeze({
  maxPlaybackRateHz: 48_000,
  maxCaptureRateHz: 48_000,
  maxAverageBitrate: undefined,
  stereo: false,
  sendsStereo: false,
  constantBitrate: false,
  inBandFec: false,
  discontinuous: false,
});

const LEAST_BITRATE = 6_000;
const MOST_BITRATE = 510_000;

/** Reads the value of a=fmtp; what is not understood is left out. */
export const readOpusParameters = (text: string): OpusParameters => {
  const given = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = ''] = part.split('=', 2);
    given.set(name.trim().toLowerCase(), value.trim());
  }
  const flag = (name: string): boolean => given.get(name) === '1';
  const rate = (name: string): number => {
    const value = Number(given.get(name));
    return value >= 8_000 && value <= 48_000 ? value : 48_000;
  };
  const bitrate = Number(given.get('maxaveragebitrate'));
  return {
    maxPlaybackRateHz: rate('maxplaybackrate'),
    maxCaptureRateHz: rate('sprop-maxcapturerate'),
    maxAverageBitrate: bitrate >= LEAST_BITRATE ? Math.min(MOST_BITRATE, Math.floor(bitrate)) : undefined,
    stereo: flag('stereo'),
    sendsStereo: flag('sprop-stereo'),
    constantBitrate: flag('cbr'),
    inBandFec: flag('useinbandfec'),
    discontinuous: flag('usedtx'),
  };
};

/** Writes the value of a=fmtp: what differs from the defaults. */
export const opusParametersText = (parameters: Partial<OpusParameters>): string => {
  const given = { ...opusParameterDefaults, ...parameters };
  const parts: string[] = [];
  if (given.maxPlaybackRateHz !== 48_000) parts.push(`maxplaybackrate=${given.maxPlaybackRateHz}`);
  if (given.maxCaptureRateHz !== 48_000) parts.push(`sprop-maxcapturerate=${given.maxCaptureRateHz}`);
  if (given.maxAverageBitrate !== undefined) parts.push(`maxaveragebitrate=${given.maxAverageBitrate}`);
  if (given.stereo) parts.push('stereo=1');
  if (given.sendsStereo) parts.push('sprop-stereo=1');
  if (given.constantBitrate) parts.push('cbr=1');
  if (given.inBandFec) parts.push('useinbandfec=1');
  if (given.discontinuous) parts.push('usedtx=1');
  return parts.join(';');
};
