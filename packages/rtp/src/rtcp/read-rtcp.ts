import { byteString, read16, read32 } from '../bytes.ts';
import { Malformed } from '../malformed.ts';
import { readExtendedReport } from './extended-report.ts';
import { readFeedback } from './feedback.ts';
import {
  APPLICATION,
  BYE,
  EXTENDED_REPORT,
  PAYLOAD_FEEDBACK,
  RECEIVER_REPORT,
  SENDER_REPORT,
  SOURCE_DESCRIPTION,
  TRANSPORT_FEEDBACK,
} from './packet-type.ts';
import { REPORT_BLOCK_BYTES, type ReportBlock, readReportBlock } from './report-block.ts';
import type { ReadRtcpPacket } from './rtcp-packet.ts';
import { readSourceDescriptions } from './source-description.ts';

const VERSION = 2;
const HEADER_BYTES = 4;

export interface ParseRtcpOptions {
  /** Whether a compound may begin with anything (RFC 5506), or only with a report (RFC 3550 §6.1). */
  readonly reducedSize?: boolean;
}

/**
 * Reads a compound packet (RFC 3550 §6.1), checked as Appendix A.2 says: one chain of headers over all of its bytes. A
 * packet in it whose body makes no sense stands there as {@link Malformed}, and those behind it count.
 */
export const parseRtcp = (
  bytes: Uint8Array,
  { reducedSize = false }: ParseRtcpOptions = {},
): readonly ReadRtcpPacket[] | Malformed => {
  if (bytes.length < HEADER_BYTES) return new Malformed('shorter than an RTCP header');
  const firstType = bytes[1]!;
  if (!reducedSize && firstType !== SENDER_REPORT && firstType !== RECEIVER_REPORT)
    return new Malformed(`a compound that begins with packet type ${firstType}, and not with a report`);
  const packets: ReadRtcpPacket[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER_BYTES > bytes.length) return new Malformed('an RTCP header that is cut off');
    const first = bytes[at]!;
    if (first >>> 6 !== VERSION) return new Malformed(`RTCP of version ${first >>> 6}`);
    const start = at + HEADER_BYTES;
    let end = start + 4 * read16(bytes, at + 2);
    if (end > bytes.length) return new Malformed('an RTCP packet that is longer than its compound');
    const next = end;
    if ((first & 0x20) !== 0) {
      const padding = bytes[end - 1]!;
      if (next !== bytes.length || padding === 0 || padding > end - start)
        return new Malformed('padding that does not end a compound');
      end -= padding;
    }
    packets.push(readPacket(bytes[at + 1]!, first & 0x1f, bytes.subarray(start, end)));
    at = next;
  }
  return packets;
};

const readPacket = (type: number, count: number, body: Uint8Array): ReadRtcpPacket => {
  switch (type) {
    case SENDER_REPORT:
    case RECEIVER_REPORT:
      return readReport(type, count, body);
    case SOURCE_DESCRIPTION: {
      const chunks = readSourceDescriptions(body, count);
      return chunks instanceof Malformed ? chunks : { kind: 'source description', chunks };
    }
    case BYE:
      return readBye(count, body);
    case APPLICATION:
      return body.length < 8
        ? new Malformed('APP without its name')
        : {
            kind: 'application',
            subtype: count,
            ssrc: read32(body, 0),
            name: byteString(body.subarray(4, 8)),
            data: body.subarray(8),
          };
    case EXTENDED_REPORT: {
      if (body.length < 4) return new Malformed('an extended report without its source');
      const blocks = readExtendedReport(body.subarray(4));
      return blocks instanceof Malformed
        ? blocks
        : { kind: 'extended report', ssrc: read32(body, 0), blocks };
    }
    case TRANSPORT_FEEDBACK:
    case PAYLOAD_FEEDBACK:
      return readFeedback(type, count, body);
    default:
      return { kind: 'unknown', count, type, data: body };
  }
};

const readReport = (type: number, count: number, body: Uint8Array): ReadRtcpPacket => {
  const reportsAt = type === SENDER_REPORT ? 24 : 4;
  if (body.length < reportsAt + count * REPORT_BLOCK_BYTES)
    return new Malformed('a report with fewer blocks than were told');
  const ssrc = read32(body, 0);
  const reports: ReportBlock[] = [];
  for (let index = 0; index < count; index++)
    reports.push(readReportBlock(body, reportsAt + index * REPORT_BLOCK_BYTES));
  if (type === RECEIVER_REPORT) return { kind: 'receiver report', ssrc, reports };
  const sender = {
    ntp: { seconds: read32(body, 4), fraction: read32(body, 8) },
    rtpTimestamp: read32(body, 12),
    packetCount: read32(body, 16),
    octetCount: read32(body, 20),
  };
  return { kind: 'sender report', ssrc, sender, reports };
};

const readBye = (count: number, body: Uint8Array): ReadRtcpPacket => {
  if (body.length < 4 * count) return new Malformed('BYE with fewer sources than were told');
  const ssrcs = Array.from({ length: count }, (_, index) => read32(body, 4 * index));
  const rest = body.subarray(4 * count);
  const length = rest[0];
  if (length === undefined) return { kind: 'bye', ssrcs, reason: undefined };
  return length >= rest.length
    ? new Malformed('a reason that is longer than its BYE')
    : { kind: 'bye', ssrcs, reason: byteString(rest.subarray(1, 1 + length)) };
};
