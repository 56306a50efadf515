import type { Instant } from '@ringdown/sans-io';
import type { RtpPacket } from '../packet/rtp-packet.ts';
import { delayUnits, middleOf, type NtpTime } from '../rtcp/ntp.ts';
import type { ReportBlock } from '../rtcp/report-block.ts';
import { InterarrivalJitter } from './interarrival-jitter.ts';
import { type Newness, SequenceWindow } from './sequence-window.ts';
import type { SourceSequence } from './source-sequence.ts';

/** What has come from a source so far. */
export interface SourceStatistics {
  readonly ssrc: number;
  readonly packets: number;
  /** Of payload. */
  readonly octets: number;
  /** Packets that were expected and did not come; negative where duplicates outnumber them. */
  readonly cumulativeLost: number;
  /** Of all that were expected, 0–1. */
  readonly lossRatio: number;
  readonly jitterMs: number;
  readonly duplicates: number;
}

/** A source of the peer's: its sequence, its jitter, and what its reports said. */
export class RemoteSource {
  readonly ssrc: number;
  heardAt: Instant;
  readonly #sequence: SourceSequence;
  readonly #window = new SequenceWindow();
  readonly #jitter = new InterarrivalJitter();
  #clockRateHz = 0;
  #octets = 0;
  #duplicates = 0;
  #senderReport: { readonly middle: number; readonly at: Instant } | undefined = undefined;
  #reference: { readonly middle: number; readonly at: Instant } | undefined = undefined;

  constructor(ssrc: number, sequence: SourceSequence, now: Instant) {
    this.ssrc = ssrc;
    this.heardAt = now;
    this.#sequence = sequence;
  }

  /** What a packet is to this source. `jumped` packets are not counted, and nobody gets them. */
  accept(packet: RtpPacket): Newness | 'jumped' | 'restarted' {
    const { sequence } = packet;
    const verdict = this.#sequence.accept(sequence);
    if (verdict === 'jumped') return 'jumped';
    if (verdict === 'restarted') {
      this.#window.reset(sequence);
      this.#jitter.rebase();
    }
    const newness = this.#window.accept(sequence);
    if (newness !== 'new') this.#duplicates++;
    return verdict === 'restarted' ? 'restarted' : newness;
  }

  /** Counts a packet that is taken. */
  count(packet: RtpPacket, clockRateHz: number, now: Instant): void {
    this.heardAt = now;
    this.#octets += packet.payload.length;
    if (clockRateHz !== this.#clockRateHz) this.#jitter.rebase();
    this.#clockRateHz = clockRateHz;
    this.#jitter.add(packet.timestamp, clockRateHz, now);
  }

  /** The packet that was held back while the source was proving itself. */
  remember(packet: RtpPacket): void {
    this.#window.accept(packet.sequence);
  }

  /** Whether a packet from elsewhere goes on where this source is: not a guess, and no replay. */
  isContinuedBy(sequence: number): boolean {
    const ahead = (sequence - this.#sequence.extendedHighest) & 0xffff;
    return ahead > 0 && ahead < MAX_GAP;
  }

  sentReport(ntp: NtpTime, now: Instant): void {
    this.heardAt = now;
    this.#senderReport = { middle: middleOf(ntp), at: now };
  }

  sentReference(ntp: NtpTime, now: Instant): void {
    this.#reference = { middle: middleOf(ntp), at: now };
  }

  /** The answer to its last reference time (RFC 3611 §4.5). */
  delaySinceReference(now: Instant): { ssrc: number; lastReference: number; delay: number } | undefined {
    const reference = this.#reference;
    return reference === undefined
      ? undefined
      : { ssrc: this.ssrc, lastReference: reference.middle, delay: delayUnits(now - reference.at) };
  }

  /** Its block in a report, which begins a new interval. */
  takeReport(now: Instant): ReportBlock {
    const { lost, extendedHighest } = this.#sequence;
    const report = this.#senderReport;
    return {
      ssrc: this.ssrc,
      fractionLost: this.#sequence.takeFractionLost(),
      cumulativeLost: lost,
      highestSequence: extendedHighest,
      jitter: Math.round((this.#jitter.ms * this.#clockRateHz) / 1_000),
      lastSenderReport: report?.middle ?? 0,
      delaySinceLastSenderReport: report === undefined ? 0 : delayUnits(now - report.at),
    };
  }

  get statistics(): SourceStatistics {
    const { received, expected, lost } = this.#sequence;
    return {
      ssrc: this.ssrc,
      packets: received,
      octets: this.#octets,
      cumulativeLost: lost,
      lossRatio: expected <= 0 ? 0 : Math.max(0, lost / expected),
      jitterMs: this.#jitter.ms,
      duplicates: this.#duplicates,
    };
  }
}

/** As much as a stream may lose while its peer moves. */
const MAX_GAP = 3_000;
