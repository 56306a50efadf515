import { lineOf } from '../attribute.ts';
import type { Direction } from '../attributes/direction.ts';
import { directionLine } from '../attributes/direction.ts';
import { ebuAcipLines } from '../attributes/ebuacip.ts';
import { Mid } from '../attributes/grouping.ts';
import { Maxptime, Ptime } from '../attributes/packet-time.ts';
import { Rtcp, RtcpMux, RtcpMuxOnly } from '../attributes/rtcp.ts';
import { DuplicationDelay, Msid, Ssrc, SsrcGroup } from '../attributes/source.ts';
import { type Format, formatLines, isSameCodec } from '../codec/format.ts';
import { attributeLine } from '../parse.ts';
import {
  type AttributeLine,
  addressTypeOf,
  type ConnectionData,
  type MediaDescription,
} from '../session-description.ts';
import type { LocalMedia, LocalSource, LocalTransport, MediaCapabilities } from './capabilities.ts';

/** The material of one `m=` line of ours, offered or answered. */
export interface MediaLine {
  readonly capabilities: MediaCapabilities;
  readonly local: LocalMedia & { readonly transport: LocalTransport };
  readonly protocol: string;
  readonly formats: readonly Format[];
  readonly direction: Direction;
  readonly mid: string | undefined;
  readonly hasIce: boolean;
  readonly rtcpMux: boolean;
  /** Fingerprints and setup, or keys. */
  readonly security: readonly AttributeLine[];
  /** What is negotiated otherwise: rtcp-fb, rtcp-rsize, extmap. */
  readonly negotiated: readonly AttributeLine[];
  /** It shares the transport of another line, which says all of it (RFC 9143 §7.3.3). */
  readonly isBundled?: boolean;
}

export const mediaDescription = (line: MediaLine): MediaDescription => {
  const { capabilities, local, formats, direction, mid, rtcpMux, isBundled = false } = line;
  const { transport } = local;
  const numbers = formats.map(({ payloadType }) => String(payloadType));
  return {
    media: capabilities.media,
    port: transport.port,
    protocol: line.protocol,
    formats: numbers,
    connections: [connectionData(transport.address)],
    bandwidth: capabilities.bandwidth ?? [],
    attributes: [
      ...(mid === undefined ? [] : [lineOf(Mid, mid)]),
      ...(isBundled ? [] : transportLines(line)),
      ...(rtcpMux ? [lineOf(RtcpMux, true)] : []),
      directionLine(direction),
      ...formats.flatMap(formatLines),
      ...line.negotiated,
      ...(capabilities.ptimeMs === undefined ? [] : [lineOf(Ptime, capabilities.ptimeMs)]),
      ...(capabilities.maxptimeMs === undefined ? [] : [lineOf(Maxptime, capabilities.maxptimeMs)]),
      ...sourceLines(local),
      ...ebuLines(capabilities, formats),
      ...(capabilities.attributes ?? []),
    ],
  };
};

const transportLines = ({
  capabilities,
  local,
  hasIce,
  rtcpMux,
  security,
}: MediaLine): readonly AttributeLine[] => {
  const { ice = [], rtcp } = local.transport;
  return [
    // With RTCP on the same port this line is for those who do not know that (RFC 5761 §5.1.1), and there is none to name.
    ...(rtcp === undefined || capabilities.rtcpMux === 'require' ? [] : [lineOf(Rtcp, rtcp)]),
    ...(hasIce ? ice.map(attributeLine) : []),
    ...security,
    ...(rtcpMux && capabilities.rtcpMux === 'require' ? [lineOf(RtcpMuxOnly, true)] : []),
  ];
};

const sourceLines = ({ source, msid }: LocalMedia): readonly AttributeLine[] => [
  ...(msid === undefined ? [] : [lineOf(Msid, msid)]),
  ...(source === undefined ? [] : [cnameLine(source.ssrc, source), ...copyLines(source)]),
];

const cnameLine = (ssrc: number, { cname }: LocalSource): AttributeLine =>
  lineOf(Ssrc, { ssrc, attribute: 'cname', value: cname });

/** The copy has the canonical name of its original (RFC 7198 §3). */
const copyLines = (source: LocalSource): readonly AttributeLine[] => {
  const { ssrc, copy } = source;
  if (copy === undefined) return [];
  return [
    cnameLine(copy.ssrc, source),
    lineOf(SsrcGroup, { semantics: 'DUP', ssrcs: [ssrc, copy.ssrc] }),
    lineOf(DuplicationDelay, [copy.delayMs]),
  ];
};

const ebuLines = (
  { ebuAcip, codecs }: MediaCapabilities,
  formats: readonly Format[],
): readonly AttributeLine[] => {
  if (ebuAcip === undefined) return [];
  const packetLengthsMs = Object.fromEntries(
    formats.flatMap((format) => {
      const ptimeMs = codecs.find((codec) => isSameCodec(codec, format))?.ptimeMs;
      return ptimeMs === undefined ? [] : [[format.payloadType, ptimeMs]];
    }),
  );
  return ebuAcipLines(
    { ...ebuAcip, packetLengthsMs },
    formats.map(({ payloadType }) => String(payloadType)),
  );
};

export const connectionData = (address: string): ConnectionData => ({
  addressType: addressTypeOf(address),
  address,
});

/** An `m=` line that says no: port 0, all else as it was (RFC 3264 §6). */
export const refusal = (media: MediaDescription, mid: string | undefined): MediaDescription => ({
  media: media.media,
  port: 0,
  protocol: media.protocol,
  formats: media.formats,
  connections: [],
  bandwidth: [],
  attributes: mid === undefined ? [] : [lineOf(Mid, mid)],
});
