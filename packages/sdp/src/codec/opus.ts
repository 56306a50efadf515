import { numberIn } from '../grammar.ts';
import { formatParameters } from './format-parameters.ts';

/** What a receiver of Opus asks of its sender, and what a sender says of itself (RFC 7587 §6.1). */
export interface OpusParameters {
  /** The receiver plays two channels. Whatever stands here, the rtpmap says `opus/48000/2`. */
  readonly stereo: boolean;
  /** The sender is likely to send two channels. */
  readonly spropStereo: boolean;
  readonly useinbandfec: boolean;
  readonly usedtx: boolean;
  readonly cbr: boolean;
  /** Bits per second, 6,000 to 510,000. */
  readonly maxaveragebitrateBps?: number;
  /** 8,000 to 48,000. */
  readonly maxplaybackrateHz?: number;
  readonly spropMaxcapturerateHz?: number;
  /** Within fmtp, as browsers write it: the least that a packet should hold. */
  readonly minptimeMs?: number;
  /** Within fmtp, as some phones write it. */
  readonly ptimeMs?: number;
  readonly maxptimeMs?: number;
}

/** RFC 7587 §6.1 says what holds where nothing stands: mono, no FEC, no DTX, variable bit rate. */
export const opusParameters = (text: string): OpusParameters => {
  const parameters = formatParameters(text);
  const is = (name: string) => parameters.get(name) === '1';
  const number = <Key extends string>(key: Key, name: string, least: number, most: number) => {
    const value = numberIn(parameters.get(name), least, most);
    return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: number };
  };
  return {
    stereo: is('stereo'),
    spropStereo: is('sprop-stereo'),
    useinbandfec: is('useinbandfec'),
    usedtx: is('usedtx'),
    cbr: is('cbr'),
    ...number('maxaveragebitrateBps', 'maxaveragebitrate', 6_000, 510_000),
    ...number('maxplaybackrateHz', 'maxplaybackrate', 8_000, 48_000),
    ...number('spropMaxcapturerateHz', 'sprop-maxcapturerate', 8_000, 48_000),
    ...number('minptimeMs', 'minptime', 1, 120),
    ...number('ptimeMs', 'ptime', 1, 120),
    ...number('maxptimeMs', 'maxptime', 1, 120),
  };
};

/** The text of fmtp; what is as by default is left out. */
export const opusParametersText = (parameters: Partial<OpusParameters>): string => {
  const flags = {
    stereo: parameters.stereo,
    'sprop-stereo': parameters.spropStereo,
    useinbandfec: parameters.useinbandfec,
    usedtx: parameters.usedtx,
    cbr: parameters.cbr,
  };
  const numbers = {
    maxaveragebitrate: parameters.maxaveragebitrateBps,
    maxplaybackrate: parameters.maxplaybackrateHz,
    'sprop-maxcapturerate': parameters.spropMaxcapturerateHz,
    minptime: parameters.minptimeMs,
    ptime: parameters.ptimeMs,
    maxptime: parameters.maxptimeMs,
  };
  return [
    ...Object.entries(flags).flatMap(([name, isSet]) => (isSet ? [`${name}=1`] : [])),
    ...Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  ].join(';');
};
