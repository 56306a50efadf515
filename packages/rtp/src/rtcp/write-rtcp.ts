import { bytesOf, joined, padded, write16, write32 } from '../bytes.ts';
import { extendedReportBytes } from './extended-report.ts';
import { feedbackParts } from './feedback.ts';
import {
  APPLICATION,
  BYE,
  EXTENDED_REPORT,
  RECEIVER_REPORT,
  SENDER_REPORT,
  SOURCE_DESCRIPTION,
} from './packet-type.ts';
import { REPORT_BLOCK_BYTES, type ReportBlock, writeReportBlock } from './report-block.ts';
import type { RtcpPacket, SenderInfo } from './rtcp-packet.ts';
import { sourceDescriptionBytes } from './source-description.ts';

/** What the header's five bits can count. */
const MOST = 31;

/** Writes a compound packet; whoever calls puts a report first (RFC 3550 §6.1). @throws RangeError for what none can hold */
export const writeRtcp = (packets: readonly RtcpPacket[]): Uint8Array => joined(packets.map(packetBytes));

const packetBytes = (packet: RtcpPacket): Uint8Array => {
  switch (packet.kind) {
    case 'sender report':
      return withHeader(
        SENDER_REPORT,
        packet.reports.length,
        reportBytes(packet.ssrc, packet.reports, packet.sender),
      );
    case 'receiver report':
      return withHeader(RECEIVER_REPORT, packet.reports.length, reportBytes(packet.ssrc, packet.reports));
    case 'source description':
      return withHeader(SOURCE_DESCRIPTION, packet.chunks.length, sourceDescriptionBytes(packet.chunks));
    case 'bye':
      return withHeader(BYE, packet.ssrcs.length, byeBytes(packet.ssrcs, packet.reason));
    case 'application': {
      if (packet.name.length !== 4) throw new RangeError(`APP ${packet.name}: four characters`);
      const name = joined([words([packet.ssrc]), bytesOf(packet.name)]);
      return withHeader(APPLICATION, packet.subtype, joined([name, packet.data]));
    }
    case 'extended report':
      return withHeader(
        EXTENDED_REPORT,
        0,
        joined([words([packet.ssrc]), extendedReportBytes(packet.blocks)]),
      );
    case 'feedback': {
      const { type, format, body } = feedbackParts(packet);
      return withHeader(type, format, body);
    }
    case 'unknown':
      return withHeader(packet.type, packet.count, packet.data);
  }
};

const withHeader = (type: number, count: number, body: Uint8Array): Uint8Array => {
  if (count > MOST) throw new RangeError(`${count} in one RTCP packet: ${MOST} at most`);
  if (body.length % 4 !== 0) throw new RangeError(`an RTCP packet of ${body.length} bytes: whole words only`);
  const bytes = new Uint8Array(4 + body.length);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  write16(bytes, 2, body.length / 4);
  bytes.set(body, 4);
  return bytes;
};

const words = (values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, index) => {
    write32(bytes, 4 * index, value);
  });
  return bytes;
};

const reportBytes = (ssrc: number, reports: readonly ReportBlock[], sender?: SenderInfo): Uint8Array => {
  const head =
    sender === undefined
      ? words([ssrc])
      : words([
          ssrc,
          sender.ntp.seconds,
          sender.ntp.fraction,
          sender.rtpTimestamp,
          sender.packetCount,
          sender.octetCount,
        ]);
  const blocks = new Uint8Array(reports.length * REPORT_BLOCK_BYTES);
  reports.forEach((report, index) => {
    writeReportBlock(blocks, index * REPORT_BLOCK_BYTES, report);
  });
  return joined([head, blocks]);
};

const byeBytes = (ssrcs: readonly number[], reason: string | undefined): Uint8Array => {
  if (reason === undefined) return words(ssrcs);
  if (reason.length > 255) throw new RangeError(`a reason of ${reason.length} bytes: 255 at most`);
  const told = new Uint8Array(padded(1 + reason.length));
  told[0] = reason.length;
  told.set(bytesOf(reason), 1);
  return joined([words(ssrcs), told]);
};
