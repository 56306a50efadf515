import type { Instant } from '@ringdown/sans-io';
import { STRETCHABLE_MS, type StretchManner } from '../concealment/time-stretch.ts';
import { sequenceDistance, timestampDistance } from '../serial.ts';
import type { BufferedPacket, Decision, JitterBufferStatistics } from './decision.ts';
import { DelayEstimate } from './delay-estimate.ts';
import { type JitterBufferOptions, type JitterBufferSettings, jitterBufferDefaults } from './options.ts';
import { type HeldPacket, PacketRing } from './packet-ring.ts';

const USUAL_FRAME_MS = 20;
/**
 * So much over the target is no reason to shorten anything. Of speech a pitch period of 15 ms at most is left out, after which no
 * packet may be near to late; elsewhere a frame is no reason either.
 */
const OVER_MS = { speech: 10, other: 15 } as const;
/** Under it, late packets are near: a pitch period is added soon, a whole frame a little later. */
const UNDER_MS = 5;
/** What begins waits for its target to the millisecond: no edge waits for less. */
const LEAST_WAIT_MS = 1;
const FRAME_UNDER_MS = 10;
/** Sound is stretched at most so often, unless there is a lot too much of it; where it could not be it is tried again sooner. */
const STRETCH_EVERY_MS = 100;
const TRY_EVERY_MS = 20;
const FAR_TOO_MUCH_MS = 100;
/** Changes that are smaller may follow sooner: all together they are so much of the speed. */
const MOST_SPEED = 0.001;
/** How far a stream has come when it has its delay: until then what is too much is left out, whatever it sounds like. */
const BEGINNING_MS = 3_000;
/** Concealment fades within this; whoever says nothing for longer is silent. */
const MOST_CONCEALED_MS = 120;
/** How much of an error in delay is made up by resampling each second. */
const RATE_GAIN = 0.000_02;
const MOST_RATE = 0.005;

interface Position {
  /** The sequence number and the time that are to be played next. */
  sequence: number;
  time: number;
}

/**
 * Makes an even stream of what the network delivers unevenly. Whoever plays asks for each frame when it is due, and is told
 * what to make of it. Time comes with each call; nothing here is decoded.
 *
 * @example
 * buffer.insert({ sequence, timestamp, payload, duration: 160 }, now);
 * const decision = buffer.take(now); // every 20 ms
 * if (decision.kind === 'play') play(codec.decode(decision.packet.payload));
 */
export class JitterBuffer {
  readonly #settings: JitterBufferSettings;
  readonly #ring: PacketRing;
  readonly #estimate: DelayEstimate;
  readonly #unitsPerMs: number;
  /** The newest packet, against which others are unwrapped. */
  #newest: { sequence: number; time: number } | undefined = undefined;
  #next: Position | undefined = undefined;
  /** A packet out of all time; a second one that agrees begins a new one. */
  #outlier: { readonly packet: BufferedPacket; readonly now: Instant } | undefined = undefined;
  #frame: number;
  /** Frames made up at the place where the next packet is still missing, in units. */
  #stalled = 0;
  /** The last packet announced silence. */
  #isSilence = false;
  /** The sequence number that was awaited when sound ceased. */
  #resumes: number | undefined = undefined;
  /** Until then nothing is stretched. */
  #restsUntil = Number.NEGATIVE_INFINITY;
  #begunAt: Instant | undefined = undefined;
  #takenAt: Instant | undefined = undefined;
  /** How long a packet that came the fastest way had waited in the place that was asked for last. */
  #waitedMs = 0;
  readonly #counts = {
    received: 0,
    played: 0,
    late: 0,
    duplicates: 0,
    lost: 0,
    recovered: 0,
    concealed: 0,
    waited: 0,
    accelerated: 0,
    expanded: 0,
    discarded: 0,
    resets: 0,
  };

  constructor(options: JitterBufferOptions) {
    this.#settings = { ...jitterBufferDefaults, ...options };
    this.#ring = new PacketRing(this.#settings.maxPackets);
    this.#estimate = new DelayEstimate(this.#settings);
    this.#unitsPerMs = this.#settings.clockRateHz / 1_000;
    this.#frame = USUAL_FRAME_MS * this.#unitsPerMs;
  }

  get statistics(): JitterBufferStatistics {
    const { targetMs, driftPpm } = this.#estimate;
    const bufferMs = this.#waitedMs;
    const correction = (bufferMs - targetMs) * RATE_GAIN + (driftPpm ?? 0) * 1e-6;
    return {
      ...this.#counts,
      bufferMs: Math.max(0, bufferMs),
      targetMs,
      packets: this.#ring.count,
      driftPpm,
      playbackRate: this.#next === undefined ? 1 : 1 + Math.min(MOST_RATE, Math.max(-MOST_RATE, correction)),
    };
  }

  /** Takes a packet, in whatever order they come. */
  insert(packet: BufferedPacket, now: Instant): void {
    this.#counts.received++;
    if (packet.duration > 0) this.#frame = packet.duration;
    const held = this.#unwrap(packet, now);
    if (held === undefined) return;
    if (this.#ring.at(held.sequence) !== undefined) {
      this.#counts.duplicates++;
      return;
    }
    if (packet.duration > 0) this.#estimate.add(now - held.time / this.#unitsPerMs, now);
    const next = this.#next;
    if (next !== undefined && held.sequence < next.sequence) {
      this.#counts.late++;
      return;
    }
    if (this.#ring.put(held) !== undefined) this.#counts.discarded++;
  }

  /** What to make of the frame that is due now. */
  take(now: Instant): Decision {
    this.#takenAt = now;
    const first = this.#firstSounding(now);
    const next = this.#next;
    if (next === undefined) return first === undefined ? this.#wait() : this.#begin(first, now);
    if (first === undefined) return this.#starve(next, now);
    if (first.sequence > next.sequence) return this.#bridge(next, first, now);
    // Nothing is missing but time: the sender was silent.
    return first.time > next.time + this.#stalled ? this.#begin(first, now) : this.#play(first, now);
  }

  /**
   * What became of the last `accelerate` or `expand`.
   *
   * @param byMs how much longer the sound became; below 0 where it is shorter, 0 where it stayed as it was
   */
  stretched(byMs: number): void {
    if (byMs === 0 || this.#takenAt === undefined) return;
    this.#counts[byMs < 0 ? 'accelerated' : 'expanded']++;
    const rest = Math.min(STRETCH_EVERY_MS, Math.abs(byMs) / MOST_SPEED);
    this.#restsUntil = this.#takenAt + Math.max(TRY_EVERY_MS, rest);
  }

  /** Forgets everything but the counts: another source, another call. */
  reset(): void {
    this.#ring.clear();
    this.#estimate.reset();
    this.#newest = undefined;
    this.#next = undefined;
    this.#outlier = undefined;
    this.#resumes = undefined;
    this.#isSilence = false;
    this.#stalled = 0;
    this.#waitedMs = 0;
    this.#begunAt = undefined;
    this.#counts.resets++;
  }

  /** The first packet that may be played: what is no sound, or is far too old, is left behind on the way to it. */
  #firstSounding(now: Instant): HeldPacket | undefined {
    const { maxMs, targetMs } = this.#settings;
    const oldest = now - this.#estimate.leastMs - Math.max(maxMs, targetMs) - FAR_TOO_MUCH_MS;
    for (;;) {
      const first = this.#ring.firstFrom(this.#next?.sequence ?? Number.NEGATIVE_INFINITY);
      if (first === undefined) return undefined;
      const { duration } = first.packet;
      const isTooOld = first.time / this.#unitsPerMs < oldest;
      if (duration > 0 && !isTooOld) return first;
      if (duration === 0 && this.#next !== undefined && first.sequence > this.#next.sequence) return first;
      this.#ring.take(first);
      if (duration > 0) this.#counts.discarded++;
      this.#counts.lost += Math.max(0, first.sequence - (this.#next?.sequence ?? first.sequence));
      if (this.#next !== undefined)
        this.#next = { sequence: first.sequence + 1, time: Math.max(this.#next.time, first.time + duration) };
    }
  }

  /** Nothing is playing: begins with a packet when it has waited for as long as the target is. */
  #begin(first: HeldPacket, now: Instant): Decision {
    const leftMs = this.#estimate.targetMs - this.#waited(first.time, now);
    if (leftMs >= LEAST_WAIT_MS) return this.#wait(leftMs);
    this.#counts.lost += Math.max(0, first.sequence - (this.#resumes ?? first.sequence));
    this.#resumes = undefined;
    this.#next = { sequence: first.sequence, time: first.time };
    this.#stalled = 0;
    this.#begunAt ??= now;
    return this.#play(first, now);
  }

  #play(held: HeldPacket, now: Instant): Decision {
    const { packet } = held;
    this.#waitedMs = this.#waited(held.time, now);
    const excess = this.#waitedMs - this.#estimate.targetMs;
    const isOff = this.#isOff(excess, now);
    this.#stalled = 0;
    if (isOff && excess < 0 && !this.#settings.timeStretch) {
      this.#restsUntil = now + STRETCH_EVERY_MS;
      this.#counts.expanded++;
      this.#counts.concealed++;
      return { kind: 'conceal', cause: 'late', durationMs: this.#frameMs };
    }
    this.#played(held);
    if (!isOff) return { kind: 'play', packet };
    if (this.#settings.timeStretch) return this.#stretch(held, excess, now);
    this.#restsUntil = now + STRETCH_EVERY_MS;
    const following = this.#ring.at(held.sequence + 1);
    if (following !== undefined) {
      this.#counts.discarded++;
      this.#pass(following);
    }
    return { kind: 'play', packet };
  }

  #isOff(excess: number, now: Instant): boolean {
    const { sound, timeStretch } = this.#settings;
    const isFar = excess >= FAR_TOO_MUCH_MS && sound === 'speech';
    if (now < this.#restsUntil && !isFar) return false;
    const isByPeriods = timeStretch && sound === 'speech';
    const over = isByPeriods ? OVER_MS.speech : Math.max(OVER_MS.other, this.#frameMs);
    return excess > over || excess < -(timeStretch ? UNDER_MS : FRAME_UNDER_MS);
  }

  #stretch(held: HeldPacket, excess: number, now: Instant): Decision {
    this.#restsUntil = now + TRY_EVERY_MS;
    const following: BufferedPacket[] = [];
    const { duration, payloadType } = held.packet;
    let lengthMs = duration / this.#unitsPerMs;
    while (lengthMs < STRETCHABLE_MS) {
      const next = this.#ring.at(this.#next!.sequence);
      const goesOn = next?.time === this.#next!.time && next.packet.payloadType === payloadType;
      if (!goesOn || next.packet.duration === 0) break;
      this.#played(next);
      following.push(next.packet);
      lengthMs += next.packet.duration / this.#unitsPerMs;
    }
    const kind = excess > 0 ? 'accelerate' : 'expand';
    return { kind, packet: held.packet, following, manner: this.#manner(excess, now) };
  }

  #manner(excess: number, now: Instant): StretchManner {
    const { sound } = this.#settings;
    const begins = this.#begunAt !== undefined && now - this.#begunAt < BEGINNING_MS;
    const isFar = excess >= FAR_TOO_MUCH_MS && sound === 'speech';
    return excess > 0 && (begins || isFar) ? 'anything' : sound;
  }

  #played(held: HeldPacket): void {
    this.#pass(held);
    this.#counts.played++;
    this.#isSilence = held.packet.silence === true;
  }

  #pass(held: HeldPacket): void {
    this.#ring.take(held);
    this.#next = { sequence: held.sequence + 1, time: held.time + held.packet.duration };
  }

  /** There is nothing: it may be on its way, so the place is kept for a while. */
  #starve(next: Position, now: Instant): Decision {
    if (!this.#isSilence && this.#stalled / this.#unitsPerMs < MOST_CONCEALED_MS)
      return this.#await(next, now);
    this.#resumes = next.sequence;
    this.#next = undefined;
    this.#stalled = 0;
    return this.#wait();
  }

  /** Packets are missing before the first that is there. */
  #bridge(next: Position, first: HeldPacket, now: Instant): Decision {
    const gap = first.time - next.time;
    if (this.#settings.fec) this.#estimate.lost(this.#frameMs, now);
    // What has been made up already while nothing was there stands for what was lost.
    if (this.#stalled >= gap) {
      this.#counts.lost += first.sequence - next.sequence;
      this.#next = { sequence: first.sequence, time: first.time };
      return this.#play(first, now);
    }
    if (this.#waited(next.time, now) + this.#frameMs <= this.#estimate.targetMs)
      return this.#await(next, now);
    if (this.#stalled > 0) this.#passStalled(next, first);
    return this.#giveUp(next, first, gap, now);
  }

  /** The frames made up so far were the first of those that are missing. */
  #passStalled(next: Position, first: HeldPacket): void {
    const frames = Math.min(Math.round(this.#stalled / this.#frame), first.sequence - next.sequence - 1);
    this.#counts.lost += frames;
    next.sequence += frames;
    next.time += this.#stalled;
    this.#stalled = 0;
  }

  #giveUp(next: Position, first: HeldPacket, gap: number, now: Instant): Decision {
    const missing = first.sequence - next.sequence;
    if (gap / this.#unitsPerMs > MOST_CONCEALED_MS + missing * this.#frameMs) {
      // Silence as well as loss: what was lost cannot be told from it.
      this.#counts.lost += missing;
      this.#next = { sequence: first.sequence, time: first.time - this.#frame };
      return this.#wait();
    }
    this.#counts.lost++;
    this.#waitedMs = this.#waited(next.time, now);
    const durationMs = this.#frameMs;
    next.sequence++;
    next.time = missing === 1 ? first.time : next.time + this.#frame;
    if (missing === 1 && this.#settings.fec) {
      this.#counts.recovered++;
      return { kind: 'recover', from: first.packet, durationMs };
    }
    this.#counts.concealed++;
    return { kind: 'conceal', cause: 'lost', durationMs };
  }

  /** The place is kept for the packet that is still missing. */
  #await(next: Position, now: Instant): Decision {
    this.#counts.concealed++;
    this.#waitedMs = this.#waited(next.time, now);
    this.#stalled += this.#frame;
    return { kind: 'conceal', cause: 'late', durationMs: this.#frameMs };
  }

  #wait(mostMs = this.#frameMs): Decision {
    this.#counts.waited++;
    return { kind: 'wait', durationMs: Math.min(mostMs, this.#frameMs) };
  }

  get #frameMs(): number {
    return this.#frame / this.#unitsPerMs;
  }

  /** How long what is of this time would have waited now, had it come the fastest way. */
  #waited(time: number, now: Instant): number {
    return now - this.#estimate.leastMs - time / this.#unitsPerMs;
  }

  /** Numbers without wraps; undefined for a packet that fits nowhere. */
  #unwrap(packet: BufferedPacket, now: Instant): HeldPacket | undefined {
    const newest = this.#newest;
    if (newest === undefined) return this.#first(packet);
    const sequence = newest.sequence + sequenceDistance(packet.sequence, newest.sequence & 0xffff);
    const time = newest.time + timestampDistance(packet.timestamp, newest.time >>> 0);
    const offMs = now - time / this.#unitsPerMs - this.#estimate.leastMs;
    const ahead = sequence - newest.sequence;
    const jumped = Math.abs(offMs) > this.#settings.jumpMs || Math.abs(ahead) >= this.#ring.size;
    if (jumped) return this.#jump(packet, now);
    this.#outlier = undefined;
    if (ahead > 0) this.#newest = { sequence, time };
    return { sequence, time, packet };
  }

  #first(packet: BufferedPacket): HeldPacket {
    const { sequence, timestamp: time } = packet;
    this.#newest = { sequence, time };
    return { sequence, time, packet };
  }

  #jump(packet: BufferedPacket, now: Instant): HeldPacket | undefined {
    const before = this.#outlier;
    this.#outlier = { packet, now };
    const agrees =
      before !== undefined &&
      sequenceDistance(packet.sequence, before.packet.sequence) === 1 &&
      Math.abs(timestampDistance(packet.timestamp, before.packet.timestamp)) <
        this.#settings.jumpMs * this.#unitsPerMs;
    if (!agrees) {
      this.#counts.discarded++;
      return undefined;
    }
    this.reset();
    // The one that was doubted is good now; the count has it among the discarded already.
    this.#counts.discarded--;
    const held = this.#first(before.packet);
    this.#estimate.add(before.now - held.time / this.#unitsPerMs, before.now);
    this.#ring.put(held);
    return this.#unwrap(packet, now);
  }
}
