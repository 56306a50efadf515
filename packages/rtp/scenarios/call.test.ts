import type { SocketAddress, UdpSocket } from '@ringdown/sans-io';
import { type Host, type LinkOptions, simulate, type World } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import {
  CODEC_IMPAIRMENTS,
  g722Codec,
  JitterBuffer,
  QualityMeter,
  type QualityReport,
  RtpSession,
  timeStretch,
} from '../src/index.ts';

const G722 = 9;
const RATE = 16_000;

/** A phone that speaks a tone and hears what comes: codec, buffer, session, socket. */
class Phone {
  readonly heard: number[] = [];
  readonly reports: QualityReport[] = [];
  readonly session: RtpSession;
  readonly #world: World;
  readonly #codec = g722Codec();
  readonly #buffer = new JitterBuffer({ clockRateHz: 8_000 });
  readonly #meter = new QualityMeter(CODEC_IMPAIRMENTS.G722);
  #socket: UdpSocket | undefined = undefined;

  constructor(world: World, host: Host, remote: SocketAddress, port?: number) {
    this.#world = world;
    const { clock, timers, random } = world;
    this.session = new RtpSession(
      { payloadTypes: { [G722]: { clockRateHz: 8_000 } }, remote },
      {
        clock,
        timers,
        random,
        deliver: (output) => {
          if (output.kind === 'transmit') this.#socket?.send(output.bytes, output.to);
          else if (output.kind === 'packet') {
            const { sequence, timestamp, payload } = output.packet;
            const duration = this.#codec.durationOf(payload) ?? 0;
            this.#buffer.insert({ sequence, timestamp, payload, duration }, output.at);
          }
        },
      },
    );
    host.sockets.openUdp(
      { address: host.address, ...(port === undefined ? {} : { port }) },
      {
        opened: (socket) => {
          this.#socket = socket;
        },
        failed: (why) => {
          throw new Error(why);
        },
        received: (bytes, from) => this.session.received(bytes, from),
      },
    );
  }

  start(): void {
    const { timers } = this.#world;
    let spoken = 0;
    const speak = (): void => {
      const tone = Int16Array.from(
        { length: 320 },
        (_, index) => 6_000 * Math.sin((2 * Math.PI * 400 * (320 * spoken + index)) / RATE),
      );
      this.session.send({ payloadType: G722, payload: this.#codec.encode([tone]), timestamp: 160 * spoken });
      spoken++;
      timers.start({ timerFired: speak }, 'speak', 20);
    };
    const listen = (): void => {
      const samples = this.#next();
      this.heard.push(...samples);
      timers.start({ timerFired: listen }, 'listen', (1_000 * samples.length) / RATE);
    };
    const measure = (): void => {
      this.reports.push(this.#meter.report(this.session.statistics, this.#buffer.statistics));
      timers.start({ timerFired: measure }, 'measure', 1_000);
    };
    speak();
    listen();
    timers.start({ timerFired: measure }, 'measure', 1_000);
  }

  #stretched(payload: Uint8Array, kind: 'accelerate' | 'expand'): Int16Array {
    const sound = this.#codec.decode(payload);
    const stretched = timeStretch(sound, RATE, kind)[0]!;
    this.#buffer.stretched((1_000 * (stretched.length - sound[0]!.length)) / RATE);
    return stretched;
  }

  #next(): Int16Array {
    const decision = this.#buffer.take(this.#world.clock.now());
    switch (decision.kind) {
      case 'play':
        return this.#codec.decode(decision.packet.payload)[0]!;
      case 'accelerate':
      case 'expand':
        return this.#stretched(decision.packet.payload, decision.kind);
      case 'wait':
        return new Int16Array(320);
      default:
        return this.#codec.conceal(320)[0]!;
    }
  }
}

const calling = async (link: LinkOptions): Promise<{ alice: Phone; bob: Phone }> => {
  const world = simulate({ seed: 5 });
  const office = world.host('bob', { link });
  const home = world.host('alice', { nat: 'symmetric' });
  const bob = new Phone(world, office, { address: '10.1.2.3', port: 9 }, 4_000);
  const alice = new Phone(world, home, { address: office.address, port: 4_000 });
  await world.run({ withinMs: 10 });
  alice.start();
  bob.start();
  await world.run({ withinMs: 20_000 });
  return { alice, bob };
};

const loudness = (samples: readonly number[]): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

describe('two phones, one behind a symmetric NAT that neither description knows of', () => {
  test('hear each other well on a good network', async () => {
    const { alice, bob } = await calling({ latencyMs: 20 });
    for (const { heard, reports } of [alice, bob]) {
      expect(Math.abs(loudness(heard.slice(RATE)) - 6_000 / Math.SQRT2)).toBeLessThan(100);
      const last = reports.at(-1)!;
      expect(last.mos).toBeGreaterThan(4.2);
      expect(last.concealedRatio).toBe(0);
      expect(last.roundTripMs).toBeGreaterThan(40);
      expect(last.roundTripMs).toBeLessThan(80);
    }
  });

  test('hear worse, and are told so, where every tenth packet is lost', async () => {
    const { alice, bob } = await calling({ latencyMs: 40, jitterMs: 20, loss: 0.1 });
    for (const { heard, reports } of [alice, bob]) {
      // A steady tone is made up so well that it is nearly as loud.
      expect(loudness(heard.slice(RATE))).toBeGreaterThan(3_800);
      const mean = (of: keyof QualityReport): number =>
        reports.slice(2).reduce((sum, one) => sum + one[of]!, 0) / (reports.length - 2);
      expect(mean('lossRatio')).toBeGreaterThan(0.07);
      expect(mean('lossRatio')).toBeLessThan(0.13);
      expect(mean('concealedRatio')).toBeGreaterThan(0.07);
      expect(mean('mos')).toBeLessThan(3.7);
    }
  });
});
