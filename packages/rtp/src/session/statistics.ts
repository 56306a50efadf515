import type { PeerReport } from './output.ts';
import type { SourceStatistics } from './remote-source.ts';

/** Why datagrams were not taken. */
export interface DroppedCounters {
  malformed: number;
  /** From an address that is not the peer's. */
  strangers: number;
  /** Payload types that were not agreed upon. */
  unknownPayload: number;
  /** From the peer, and not of the source that was pinned. */
  otherSource: number;
  /** With our own SSRC: a loop, or a collision that was seen before. */
  looped: number;
  /** Sequence numbers that jumped, and did not go on from there. */
  jumped: number;
  /** What came twice, or so late that it may be a replay. */
  duplicates: number;
}

export const noneDropped = (): DroppedCounters => ({
  malformed: 0,
  strangers: 0,
  unknownPayload: 0,
  otherSource: 0,
  looped: 0,
  jumped: 0,
  duplicates: 0,
});

/** A session in numbers. */
export interface RtpStatistics {
  readonly sent: {
    readonly ssrc: number;
    readonly packets: number;
    readonly octets: number;
    readonly reports: number;
  };
  /**
   * The source that is heard now; undefined before the first. Of what comes twice (RFC 7198) what is left after merging: a packet
   * is lost when none of its copies came.
   */
  readonly received: SourceStatistics | undefined;
  /** What the peer said last of what it hears. */
  readonly peer: PeerReport | undefined;
  readonly roundTripMs: number | undefined;
  readonly dropped: Readonly<DroppedCounters>;
}
