import { read24, read32, write24, write32 } from '../bytes.ts';

/** What a receiver says of one source (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** The part lost since the last report, in 256ths. */
  readonly fractionLost: number;
  /** Since the beginning; negative where duplicates outnumber losses. 24 bits. */
  readonly cumulativeLost: number;
  /** With the cycles of the sequence number above its 16 bits. */
  readonly highestSequence: number;
  /** In units of the timestamps. */
  readonly jitter: number;
  /** The middle 32 bits of the last sender report's NTP time; 0 without one. */
  readonly lastSenderReport: number;
  /** Since that report came, in 65,536ths of a second. */
  readonly delaySinceLastSenderReport: number;
}

export const REPORT_BLOCK_BYTES = 24;

const MOST_LOST = 0x7f_ffff;
const LEAST_LOST = -0x80_0000;

export const readReportBlock = (bytes: Uint8Array, at: number): ReportBlock => ({
  ssrc: read32(bytes, at),
  fractionLost: bytes[at + 4]!,
  cumulativeLost: (read24(bytes, at + 5) << 8) >> 8,
  highestSequence: read32(bytes, at + 8),
  jitter: read32(bytes, at + 12),
  lastSenderReport: read32(bytes, at + 16),
  delaySinceLastSenderReport: read32(bytes, at + 20),
});

export const writeReportBlock = (bytes: Uint8Array, at: number, block: ReportBlock): void => {
  write32(bytes, at, block.ssrc);
  bytes[at + 4] = block.fractionLost;
  write24(bytes, at + 5, Math.min(MOST_LOST, Math.max(LEAST_LOST, block.cumulativeLost)));
  write32(bytes, at + 8, block.highestSequence);
  write32(bytes, at + 12, block.jitter);
  write32(bytes, at + 16, block.lastSenderReport);
  write32(bytes, at + 20, block.delaySinceLastSenderReport);
};
