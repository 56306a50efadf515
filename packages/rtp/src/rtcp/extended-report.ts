import { joined, read16, read32, write16, write32 } from '../bytes.ts';
import { Malformed } from '../malformed.ts';
import type { NtpTime } from './ntp.ts';
import { readVoipMetrics, VOIP_METRICS_BYTES, type VoipMetrics, voipMetricsBytes } from './voip-metrics.ts';

/** What answers a receiver's reference time (RFC 3611 §4.5). */
export interface DelaySinceReference {
  /** Whose reference time it was. */
  readonly ssrc: number;
  /** The middle 32 bits of it; 0 without one. */
  readonly lastReference: number;
  /** Since it came, in 65,536ths of a second. */
  readonly delay: number;
}

/** One block of RFC 3611. Of those that nothing here needs the bytes are kept. */
export type ExtendedReportBlock =
  | { readonly kind: 'receiver reference time'; readonly ntp: NtpTime }
  | { readonly kind: 'delay since reference'; readonly delays: readonly DelaySinceReference[] }
  | { readonly kind: 'voip metrics'; readonly metrics: VoipMetrics }
  | {
      readonly kind: 'other';
      readonly type: number;
      readonly typeSpecific: number;
      readonly data: Uint8Array;
    };

const REFERENCE_TIME = 4;
const DELAY_SINCE = 5;
const VOIP_METRICS = 7;
const DELAY_BYTES = 12;

export const readExtendedReport = (body: Uint8Array): readonly ExtendedReportBlock[] | Malformed => {
  const blocks: ExtendedReportBlock[] = [];
  let at = 0;
  while (at < body.length) {
    const start = at + 4;
    const end = start + 4 * read16(body, at + 2);
    if (end > body.length) return new Malformed('a block that is longer than its extended report');
    blocks.push(readBlock(body[at]!, body[at + 1]!, body.subarray(start, end)));
    at = end;
  }
  return blocks;
};

const readBlock = (type: number, typeSpecific: number, data: Uint8Array): ExtendedReportBlock => {
  if (type === REFERENCE_TIME && data.length === 8)
    return { kind: 'receiver reference time', ntp: { seconds: read32(data, 0), fraction: read32(data, 4) } };
  if (type === VOIP_METRICS && data.length === VOIP_METRICS_BYTES)
    return { kind: 'voip metrics', metrics: readVoipMetrics(data) };
  if (type !== DELAY_SINCE || data.length % DELAY_BYTES !== 0)
    return { kind: 'other', type, typeSpecific, data };
  const delays: DelaySinceReference[] = [];
  for (let at = 0; at < data.length; at += DELAY_BYTES)
    delays.push({
      ssrc: read32(data, at),
      lastReference: read32(data, at + 4),
      delay: read32(data, at + 8),
    });
  return { kind: 'delay since reference', delays };
};

/** @throws RangeError for data of an `other` block that fills no whole words */
export const extendedReportBytes = (blocks: readonly ExtendedReportBlock[]): Uint8Array =>
  joined(blocks.map(blockBytes));

const blockBytes = (block: ExtendedReportBlock): Uint8Array => {
  switch (block.kind) {
    case 'receiver reference time': {
      const data = new Uint8Array(8);
      write32(data, 0, block.ntp.seconds);
      write32(data, 4, block.ntp.fraction);
      return withHeader(REFERENCE_TIME, 0, data);
    }
    case 'delay since reference': {
      const data = new Uint8Array(DELAY_BYTES * block.delays.length);
      block.delays.forEach(({ ssrc, lastReference, delay }, index) => {
        write32(data, DELAY_BYTES * index, ssrc);
        write32(data, DELAY_BYTES * index + 4, lastReference);
        write32(data, DELAY_BYTES * index + 8, delay);
      });
      return withHeader(DELAY_SINCE, 0, data);
    }
    case 'voip metrics':
      return withHeader(VOIP_METRICS, 0, voipMetricsBytes(block.metrics));
    case 'other':
      return withHeader(block.type, block.typeSpecific, block.data);
  }
};

const withHeader = (type: number, typeSpecific: number, data: Uint8Array): Uint8Array => {
  if (data.length % 4 !== 0) throw new RangeError(`a block of ${data.length} bytes: whole words only`);
  const bytes = new Uint8Array(4 + data.length);
  bytes[0] = type;
  bytes[1] = typeSpecific;
  write16(bytes, 2, data.length / 4);
  bytes.set(data, 4);
  return bytes;
};
