import type { Malformed } from '../malformed.ts';
import type { ExtendedReportBlock } from './extended-report.ts';
import type { Feedback } from './feedback.ts';
import type { NtpTime } from './ntp.ts';
import type { ReportBlock } from './report-block.ts';
import type { SourceDescription } from './source-description.ts';

/** What a sender says of its stream (RFC 3550 §6.4.1). */
export interface SenderInfo {
  readonly ntp: NtpTime;
  /** The same moment on the clock of the stream's timestamps. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/** One packet of a compound. What cannot be read stands there too: as {@link Malformed}, or with its bytes as `unknown`. */
export type RtcpPacket =
  | {
      readonly kind: 'sender report';
      readonly ssrc: number;
      readonly sender: SenderInfo;
      readonly reports: readonly ReportBlock[];
    }
  | { readonly kind: 'receiver report'; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly kind: 'source description'; readonly chunks: readonly SourceDescription[] }
  | {
      readonly kind: 'bye';
      readonly ssrcs: readonly number[];
      /** A byte string: UTF-8, one character each byte. */
      readonly reason: string | undefined;
    }
  | {
      readonly kind: 'application';
      /** 0–31. */
      readonly subtype: number;
      readonly ssrc: number;
      /** Four ASCII characters. */
      readonly name: string;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'extended report';
      readonly ssrc: number;
      readonly blocks: readonly ExtendedReportBlock[];
    }
  | Feedback
  | {
      readonly kind: 'unknown';
      /** 0–31: what stands in the header's lower five bits. */
      readonly count: number;
      readonly type: number;
      readonly data: Uint8Array;
    };

export type ReadRtcpPacket = RtcpPacket | Malformed;
