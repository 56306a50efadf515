import type { Clock } from '@ringdown/sans-io';
import type { ExtendedReportBlock } from '../rtcp/extended-report.ts';
import { middleOf, ntpTime, roundTripMs } from '../rtcp/ntp.ts';
import type { ReportBlock } from '../rtcp/report-block.ts';
import type { ReadRtcpPacket } from '../rtcp/rtcp-packet.ts';
import type { SessionOutput } from './output.ts';
import type { RemoteSources } from './remote-sources.ts';

/** What the peer's reports are read by. */
export interface ReportReader {
  readonly clock: Clock;
  readonly sources: RemoteSources;
  readonly ownSsrc: number;
  /** The clock of what we send, in which the peer counts its jitter. */
  readonly clockRateHz: number;
  tell(output: SessionOutput): void;
  /** A round trip became known. */
  roundTrip(milliseconds: number): void;
  /** Somebody left. */
  left(): void;
}

/** Takes what one packet of a compound says. What is malformed, or about others, says nothing. */
export const readReport = (packet: ReadRtcpPacket, reader: ReportReader): void => {
  const { sources, clock } = reader;
  const now = clock.now();
  switch (packet.kind) {
    case 'sender report':
      sources.reported(packet.ssrc, now);
      sources.get(packet.ssrc)?.sentReport(packet.sender.ntp, now);
      readBlocks(packet.reports, reader);
      break;
    case 'receiver report':
      sources.reported(packet.ssrc, now);
      readBlocks(packet.reports, reader);
      break;
    case 'extended report':
      for (const block of packet.blocks) readExtended(block, packet.ssrc, reader);
      break;
    case 'bye':
      for (const ssrc of packet.ssrcs) {
        if (sources.remove(ssrc))
          reader.tell({ kind: 'source ended', ssrc, why: 'bye', reason: packet.reason });
      }
      reader.left();
      break;
    case 'feedback':
      if (packet.mediaSsrc === reader.ownSsrc) reader.tell({ kind: 'feedback', feedback: packet });
      break;
    default:
      break;
  }
};

const readBlocks = (reports: readonly ReportBlock[], reader: ReportReader): void => {
  for (const report of reports) {
    if (report.ssrc !== reader.ownSsrc) continue;
    const now = middleOf(ntpTime(reader.clock.wallTime()));
    const roundTrip = roundTripMs(now, report.lastSenderReport, report.delaySinceLastSenderReport);
    if (roundTrip !== undefined) reader.roundTrip(roundTrip);
    reader.tell({
      kind: 'report',
      report: {
        lossRatio: report.fractionLost / 256,
        cumulativeLost: report.cumulativeLost,
        jitterMs: (1_000 * report.jitter) / reader.clockRateHz,
        roundTripMs: roundTrip,
      },
    });
  }
};

const readExtended = (block: ExtendedReportBlock, ssrc: number, reader: ReportReader): void => {
  if (block.kind === 'receiver reference time')
    reader.sources.get(ssrc)?.sentReference(block.ntp, reader.clock.now());
  if (block.kind !== 'delay since reference') return;
  for (const { ssrc: about, lastReference, delay } of block.delays) {
    if (about !== reader.ownSsrc) continue;
    const now = middleOf(ntpTime(reader.clock.wallTime()));
    const roundTrip = roundTripMs(now, lastReference, delay);
    if (roundTrip !== undefined) reader.roundTrip(roundTrip);
  }
};
