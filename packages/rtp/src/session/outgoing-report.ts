import type { Clock, Instant } from '@ringdown/sans-io';
import type { ExtendedReportBlock } from '../rtcp/extended-report.ts';
import { ntpTime } from '../rtcp/ntp.ts';
import type { RtcpPacket } from '../rtcp/rtcp-packet.ts';
import { SDES_ITEMS } from '../rtcp/source-description.ts';
import type { VoipMetrics } from '../rtcp/voip-metrics.ts';
import type { RemoteSources } from './remote-sources.ts';
import type { SendingStream } from './sending-stream.ts';

/** What a report is made of. */
export interface ReportParts {
  readonly clock: Clock;
  readonly stream: SendingStream;
  /** The SSRC of copies that are sent beside (RFC 7198 §3.1): it reports for itself. */
  readonly copySsrc: number | undefined;
  readonly cname: string;
  readonly sources: RemoteSources;
  /** When the last report went out. */
  readonly since: Instant;
  /** Who has sent since then says so by a sender report (RFC 3550 §6.4). */
  readonly weSent: boolean;
  readonly referenceTimes: boolean;
  readonly voipMetrics: VoipMetrics | undefined;
}

/** A compound by RFC 3550 §6.1: a report, the CNAME, and what RFC 3611 adds. */
export const compoundReport = (parts: ReportParts): readonly RtcpPacket[] => {
  const { clock, stream, copySsrc, cname, sources } = parts;
  const now = clock.now();
  const reports = sources.heardSince(parts.since).map((source) => source.takeReport(now));
  const sender = parts.weSent ? stream.info(clock) : undefined;
  const { ssrc } = stream;
  const packets: RtcpPacket[] = [
    sender === undefined
      ? { kind: 'receiver report', ssrc, reports }
      : { kind: 'sender report', ssrc, sender, reports },
  ];
  const items = [{ type: SDES_ITEMS.cname, text: cname }];
  const chunks = [{ ssrc, items }];
  if (copySsrc !== undefined && sender !== undefined) {
    packets.push({ kind: 'sender report', ssrc: copySsrc, sender, reports: [] });
    chunks.push({ ssrc: copySsrc, items });
  }
  packets.push({ kind: 'source description', chunks });
  const blocks = extendedBlocks(parts, now);
  if (blocks.length > 0) packets.push({ kind: 'extended report', ssrc, blocks });
  return packets;
};

const extendedBlocks = (
  { clock, sources, referenceTimes, voipMetrics }: ReportParts,
  now: Instant,
): readonly ExtendedReportBlock[] => {
  const blocks: ExtendedReportBlock[] = [];
  if (referenceTimes) blocks.push({ kind: 'receiver reference time', ntp: ntpTime(clock.wallTime()) });
  const delays = [...sources].flatMap((source) => source.delaySinceReference(now) ?? []);
  if (delays.length > 0) blocks.push({ kind: 'delay since reference', delays });
  if (voipMetrics !== undefined) blocks.push({ kind: 'voip metrics', metrics: voipMetrics });
  return blocks;
};
