import {
  CODEC_IMPAIRMENTS,
  type JitterBufferStatistics,
  QualityMeter,
  type RtpStatistics,
} from '@ringdown/rtp';
import type { Instant } from '@ringdown/sans-io';
import type { Quality } from '@ringdown/user-agent';

/** What the wire has seen of a call, headers of RTP included. */
export interface Traffic {
  sentBytes: number;
  receivedBytes: number;
}

/**
 * Nothing for so long is no pause between words: an encoder of Opus that says nothing sends a packet each 400 ms, and who agreed on
 * comfort noise says that it falls silent.
 */
const CUT_OFF_MS = 1_000;

/** How a call sounds, since it was asked last. */
export class CallQuality {
  #codec = '';
  #meter = new QualityMeter(CODEC_IMPAIRMENTS.PCMU);
  #before: { readonly at: Instant; readonly traffic: Traffic };

  constructor(now: Instant) {
    this.#before = { at: now, traffic: { sentBytes: 0, receivedBytes: 0 } };
  }

  /** @param silentMs for how long nothing has come that should have */
  report(
    codec: string,
    session: RtpStatistics,
    buffer: JitterBufferStatistics,
    traffic: Traffic,
    { now, silentMs }: { readonly now: Instant; readonly silentMs: number },
  ): Quality {
    if (codec !== this.#codec) {
      this.#codec = codec;
      this.#meter = new QualityMeter(impairmentOf(codec));
    }
    const { mos, lossRatio, jitterMs, roundTripMs, bufferMs, concealedRatio } = this.#meter.report(
      session,
      buffer,
    );
    const { at, traffic: before } = this.#before;
    const bitsPerSecond = (bytes: number): number => Math.round((8_000 * bytes) / Math.max(1, now - at));
    this.#before = { at: now, traffic: { ...traffic } };
    const { received, peer } = session;
    const isCutOff = silentMs >= CUT_OFF_MS;
    return {
      // Where nothing comes, no sequence number tells what is missing: it is everything.
      mos: isCutOff ? 1 : mos,
      lossRatio: isCutOff ? 1 : lossRatio,
      ...(isCutOff ? { silentMs } : {}),
      lost: Math.max(0, received?.cumulativeLost ?? 0),
      received: received?.packets ?? 0,
      sent: session.sent.packets,
      jitterMs,
      roundTripMs,
      bufferMs,
      concealedRatio,
      driftPpm: buffer.driftPpm,
      sentBitsPerSecond: bitsPerSecond(traffic.sentBytes - before.sentBytes),
      receivedBitsPerSecond: bitsPerSecond(traffic.receivedBytes - before.receivedBytes),
      peer: peer === undefined ? undefined : { lossRatio: peer.lossRatio, jitterMs: peer.jitterMs },
    };
  }
}

const impairmentOf = (codec: string) =>
  Object.hasOwn(CODEC_IMPAIRMENTS, codec)
    ? CODEC_IMPAIRMENTS[codec as keyof typeof CODEC_IMPAIRMENTS]
    : CODEC_IMPAIRMENTS.PCMU;
