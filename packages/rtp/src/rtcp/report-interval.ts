import type { Random } from '@ringdown/sans-io';

/** What the interval between reports hangs on (RFC 3550 §6.3). */
export interface ReportIntervalInput {
  /** Participants, this one included. */
  readonly members: number;
  /** Those of them that have sent lately. */
  readonly senders: number;
  readonly weSent: boolean;
  /** What all reports together may take. */
  readonly rtcpBytesPerSecond: number;
  readonly averageRtcpBytes: number;
  /** No report has been sent yet: half of the minimum. */
  readonly initial: boolean;
  readonly minimumMs: number;
}

/** The part of the bandwidth that senders get where they are few (§6.2). */
const SENDER_PART = 0.25;
/** Reconsideration makes intervals shorter than was asked for; e − 1.5 makes up for it (§6.3.1). */
const COMPENSATION = Math.E - 1.5;

/** The deterministic interval Td of §6.3.1, in milliseconds. */
export const deterministicIntervalMs = (input: ReportIntervalInput): number => {
  const { members, senders, weSent, initial, minimumMs } = input;
  const minimum = initial ? minimumMs / 2 : minimumMs;
  let count = members;
  let bandwidth = input.rtcpBytesPerSecond;
  if (senders > 0 && senders < members * SENDER_PART) {
    bandwidth *= weSent ? SENDER_PART : 1 - SENDER_PART;
    count = weSent ? senders : members - senders;
  }
  return Math.max(minimum, (1_000 * count * input.averageRtcpBytes) / bandwidth);
};

/** The interval T: 0.5 to 1.5 of the deterministic one, so that participants do not fall into step. */
export const reportIntervalMs = (input: ReportIntervalInput, random: Random): number =>
  (deterministicIntervalMs(input) * (random.fraction() + 0.5)) / COMPENSATION;
