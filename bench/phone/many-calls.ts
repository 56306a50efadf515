/** The far end of many calls: it sends a tone in packets that were made before, and watches when packets come. */
import { codecFor, loadOpus } from '@ringdown/media';
import { parseRtp, RtpPacket, writeRtp } from '@ringdown/rtp';
import type { BenchCodec } from './codecs.ts';
import type { ProbeSession } from './probe-engine.ts';

/** Of all calls, since it was asked last. */
export interface Watched {
  /** Packets that should have come. */
  readonly due: number;
  /** Of them, the part that came too late to be played, or never. */
  readonly missedRatio: number;
}

/** Later than the fastest of its call by more than this, a packet is of no use: what a phone's first buffer holds. */
const LATE_MS = 60;
/** The sessions take turns, so that no burst of packets goes out at once. */
const TURNS = 10;
const TONE_HZ = 440;
const SECONDS = 2;

interface Session {
  readonly probe: ProbeSession;
  readonly ssrc: number;
  sequence: number;
  came: number;
  late: number;
  since: number;
  /** Arrival less timestamp, of the fastest. */
  leastMs: number;
  readonly take: (bytes: Uint8Array) => void;
}

export class ManyCalls {
  readonly #codec: BenchCodec;
  readonly #packetMs: number;
  readonly #payloads: readonly Uint8Array[];
  readonly #sessions: Session[] = [];
  #turn = 0;
  #ssrcs = 0;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  private constructor(codec: BenchCodec, packetMs: number, payloads: readonly Uint8Array[]) {
    this.#codec = codec;
    this.#packetMs = packetMs;
    this.#payloads = payloads;
    this.#timer = setInterval(() => this.#sendDue(), packetMs / TURNS);
  }

  static async open(codec: BenchCodec, packetMs: number): Promise<ManyCalls> {
    const encoder = codecFor(codec.terms, await loadOpus(), codec.profile);
    if (encoder === undefined) throw new Error(`${codec.label} is not had here`);
    const samples = (codec.sampleRateHz * packetMs) / 1_000;
    const payloads = Array.from({ length: (SECONDS * 1_000) / packetMs }, (_, packet) => {
      const sound = Int16Array.from({ length: samples }, (_, index) =>
        Math.round(
          3_000 * Math.sin((2 * Math.PI * TONE_HZ * (packet * samples + index)) / codec.sampleRateHz),
        ),
      );
      return encoder.encode(Array.from({ length: codec.channels }, () => sound)).slice();
    });
    encoder.close();
    return new ManyCalls(codec, packetMs, payloads);
  }

  add(probe: ProbeSession): void {
    const session: Session = {
      ...{ probe, ssrc: ++this.#ssrcs, sequence: 0, came: 0, late: 0 },
      ...{ since: performance.now(), leastMs: Number.POSITIVE_INFINITY },
      take: (bytes) => this.#came(session, bytes),
    };
    probe.socket.on('message', session.take);
    this.#sessions.push(session);
  }

  /** What came of all calls since the last time. */
  watched(): Watched {
    const now = performance.now();
    let [due, good] = [0, 0];
    for (const session of this.#sessions) {
      const expected = Math.floor((now - session.since) / this.#packetMs);
      due += expected;
      good += Math.min(expected, session.came - session.late);
      Object.assign(session, { since: now, came: 0, late: 0 });
    }
    return { due, missedRatio: due === 0 ? 0 : 1 - good / due };
  }

  /** The call is over. */
  remove(probe: ProbeSession): void {
    const at = this.#sessions.findIndex((session) => session.probe === probe);
    if (at >= 0) this.#sessions.splice(at, 1);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Timers come late: all turns that are due are made up for. */
  #sendDue(): void {
    const due = ((performance.now() - this.#startedAt) * TURNS) / this.#packetMs;
    for (; this.#turn < due; this.#turn += 1)
      for (let at = this.#turn % TURNS; at < this.#sessions.length; at += TURNS)
        this.#send(this.#sessions[at]!);
  }

  #send(session: Session): void {
    const { socket, remote } = session.probe;
    const packet = writeRtp({
      ...{ payloadType: this.#codec.payloadType, ssrc: session.ssrc, sequence: session.sequence & 0xffff },
      timestamp: (session.sequence * this.#codec.terms.clockRateHz * this.#packetMs) / 1_000,
      payload: this.#payloads[session.sequence % this.#payloads.length]!,
    });
    session.sequence += 1;
    socket.send(packet, remote.port, remote.address);
  }

  #came(session: Session, bytes: Uint8Array): void {
    const packet = parseRtp(bytes);
    if (!(packet instanceof RtpPacket) || packet.payloadType !== this.#codec.payloadType) return;
    session.came += 1;
    const delayMs = performance.now() - (1_000 * packet.timestamp) / this.#codec.terms.clockRateHz;
    session.leastMs = Math.min(session.leastMs, delayMs);
    if (delayMs > session.leastMs + LATE_MS) session.late += 1;
  }
}
