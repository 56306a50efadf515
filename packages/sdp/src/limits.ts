/** What of a description is read at most. Browsers with many streams write some hundred kilobytes; phones a few. */
export interface SdpLimits {
  /** Characters of the whole. */
  readonly maxLength: number;
  readonly maxLines: number;
  /** Characters of one line. */
  readonly maxLineLength: number;
  /** `m=` lines. */
  readonly maxMedia: number;
}

/** A whole description fits into a SIP message that fits into one datagram. */
export const sdpLimits: SdpLimits = Object.freeze({
  maxLength: 65_536,
  maxLines: 2_000,
  maxLineLength: 2_048,
  maxMedia: 64,
});
