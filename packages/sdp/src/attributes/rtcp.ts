import { type Attribute, flag } from '../attribute.ts';
import { isToken, malformed, numberIn, readAttribute, wordsOf } from '../grammar.ts';
import { addressTypeOf } from '../session-description.ts';

export interface RtcpValue {
  readonly port: number;
  /** Undefined: the address of `c=`. */
  readonly address?: string;
}

/** `a=rtcp:53020 IN IP4 192.0.2.1` (RFC 3605): where RTCP goes if not to the next port. */
export const Rtcp: Attribute<RtcpValue> = {
  name: 'rtcp',
  decode: (value) => {
    const { rtcp } = readAttribute('rtcp', value);
    const port = numberIn(rtcp?.port, 0, 65_535);
    if (port === undefined) return malformed('a=rtcp', 'RFC 3605 §2.1');
    return rtcp?.address === undefined ? { port } : { port, address: String(rtcp.address) };
  },
  encode: ({ port, address }) =>
    address === undefined ? `${port}` : `${port} IN ${addressTypeOf(address)} ${address}`,
};

/** `a=rtcp-mux` (RFC 5761 §5.1.1). */
export const RtcpMux = flag('rtcp-mux');

/** `a=rtcp-mux-only`: there is no other port (RFC 8858). */
export const RtcpMuxOnly = flag('rtcp-mux-only');

/** `a=rtcp-rsize` (RFC 5506 §5). */
export const RtcpRsize = flag('rtcp-rsize');

export interface RtcpFeedbackValue {
  /** Undefined for `*`: all of them. */
  readonly payloadType?: number;
  /** `nack`, `nack pli`, `trr-int 1000`, `transport-cc` … */
  readonly feedback: string;
}

/** `a=rtcp-fb:111 transport-cc` (RFC 4585 §4.2). */
export const RtcpFeedback: Attribute<RtcpFeedbackValue> = {
  name: 'rtcp-fb',
  decode: (value) => {
    const [format, ...words] = wordsOf(value);
    const payloadType = numberIn(format, 0, 127);
    const feedback = words.join(' ');
    if (words[0] === undefined || !isToken(words[0]) || (payloadType === undefined && format !== '*'))
      return malformed('a=rtcp-fb', 'RFC 4585 §4.2');
    return payloadType === undefined ? { feedback } : { payloadType, feedback };
  },
  encode: ({ payloadType, feedback }) => `${payloadType ?? '*'} ${feedback}`,
};
