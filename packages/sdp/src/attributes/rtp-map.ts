import type { Attribute } from '../attribute.ts';
import { isToken, malformed, numberIn, readAttribute } from '../grammar.ts';

export interface RtpMapValue {
  readonly payloadType: number;
  readonly name: string;
  readonly clockRateHz: number;
  /** 1 where it is not said (RFC 8866 §6.6). */
  readonly channels: number;
}

/** `a=rtpmap:111 opus/48000/2` (RFC 8866 §6.6). */
export const RtpMap: Attribute<RtpMapValue> = {
  name: 'rtpmap',
  decode: (value) => {
    const [map] = readAttribute('rtpmap', value).rtp ?? [];
    const payloadType = numberIn(map?.payload, 0, 127);
    const clockRateHz = numberIn(map?.rate, 1, 10_000_000);
    const channels = map?.encoding === undefined ? 1 : numberIn(map.encoding, 1, 255);
    const name = String(map?.codec ?? '');
    return payloadType === undefined || clockRateHz === undefined || channels === undefined || !isToken(name)
      ? malformed('a=rtpmap', 'RFC 8866 §6.6')
      : { payloadType, name, clockRateHz, channels };
  },
  encode: ({ payloadType, name, clockRateHz, channels }) =>
    `${payloadType} ${name}/${clockRateHz}${channels === 1 ? '' : `/${channels}`}`,
};

export interface FmtpValue {
  readonly payloadType: number;
  /** `minptime=10;useinbandfec=1`, `0-15`: each codec has its own grammar. */
  readonly parameters: string;
}

/** `a=fmtp:111 minptime=10;useinbandfec=1` (RFC 8866 §6.15). */
export const Fmtp: Attribute<FmtpValue> = {
  name: 'fmtp',
  decode: (value) => {
    const [fmtp] = readAttribute('fmtp', value).fmtp ?? [];
    const payloadType = numberIn(fmtp?.payload, 0, 127);
    return payloadType === undefined || fmtp === undefined
      ? malformed('a=fmtp', 'RFC 8866 §6.15')
      : { payloadType, parameters: String(fmtp.config).trim() };
  },
  encode: ({ payloadType, parameters }) => `${payloadType} ${parameters}`,
};
