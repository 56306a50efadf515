import type { JitterBufferStatistics } from '../jitter-buffer/decision.ts';
import type { RtpStatistics } from '../session/statistics.ts';
import { type CodecImpairment, eModel } from './e-model.ts';

/** How a call sounds, over the time since the last report. */
export interface QualityReport {
  readonly mos: number;
  readonly rFactor: number;
  /** Of packets, 0–1: what the network lost, won back or not. */
  readonly lossRatio: number;
  readonly jitterMs: number;
  /** Undefined until the peer has reported. */
  readonly roundTripMs: number | undefined;
  readonly bufferMs: number;
  /** Of frames, 0–1: what was made up. */
  readonly concealedRatio: number;
}

/** Both ends' sound cards, encoding and decoding, where nobody says how long they take. */
const END_SYSTEMS_MS = 40;

interface Counts {
  readonly expected: number;
  readonly lost: number;
  readonly concealed: number;
  readonly frames: number;
  readonly source: number | undefined;
}

/** Reports on a call, each time it is asked: once a second, say. */
export class QualityMeter {
  readonly #codec: CodecImpairment;
  readonly #endSystemsMs: number;
  #before: Counts | undefined = undefined;

  constructor(codec: CodecImpairment, endSystemsMs: number = END_SYSTEMS_MS) {
    this.#codec = codec;
    this.#endSystemsMs = endSystemsMs;
  }

  report(session: RtpStatistics, buffer: JitterBufferStatistics): QualityReport {
    const now = countsOf(session, buffer);
    const before = this.#before?.source === now.source ? this.#before : undefined;
    this.#before = now;
    const part = (of: 'lost' | 'concealed', in_: 'expected' | 'frames'): number => {
      const all = now[in_] - (before?.[in_] ?? 0);
      return all <= 0 ? 0 : Math.min(1, Math.max(0, (now[of] - (before?.[of] ?? 0)) / all));
    };
    const concealedRatio = part('concealed', 'frames');
    const { roundTripMs } = session;
    const oneWayDelayMs = (roundTripMs ?? 0) / 2 + buffer.bufferMs + this.#endSystemsMs;
    // What is heard is what was concealed: FEC has won back the rest, and what came late is lost, too.
    const { mos, rFactor } = eModel({ codec: this.#codec, oneWayDelayMs, lossRatio: concealedRatio });
    return {
      mos,
      rFactor,
      lossRatio: part('lost', 'expected'),
      jitterMs: session.received?.jitterMs ?? 0,
      roundTripMs,
      bufferMs: buffer.bufferMs,
      concealedRatio,
    };
  }
}

const countsOf = ({ received }: RtpStatistics, buffer: JitterBufferStatistics): Counts => ({
  expected: (received?.packets ?? 0) + (received?.cumulativeLost ?? 0),
  lost: received?.cumulativeLost ?? 0,
  concealed: buffer.concealed,
  frames: buffer.played + buffer.recovered + buffer.concealed,
  source: received?.ssrc,
});
