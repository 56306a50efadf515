import { describe, expect, test } from 'vitest';
import { JitterBuffer } from '../jitter-buffer/jitter-buffer.ts';
import { noneDropped, type RtpStatistics } from '../session/statistics.ts';
import { CODEC_IMPAIRMENTS, eModel, mosOf } from './e-model.ts';
import { QualityMeter } from './quality-meter.ts';

const { PCMU, G722, L16 } = CODEC_IMPAIRMENTS;

describe('the E-model', () => {
  test('every value at its default is 93.2, and a MOS of 4.41 (G.107 Annex A, table 2)', () => {
    const { rFactor, mos } = eModel({ codec: PCMU, oneWayDelayMs: 0, lossRatio: 0 });
    expect(rFactor).toBeCloseTo(93.2, 1);
    expect(mos).toBeCloseTo(4.41, 2);
  });

  test.each([
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('R of %i is a MOS of %f (G.107 table B.1)', (rFactor, mos) => {
    expect(mosOf(rFactor)).toBeCloseTo(mos, 1);
  });

  test('MOS stays within 1 and 4.5', () => {
    for (let rFactor = -10; rFactor < 140; rFactor++) {
      expect(mosOf(rFactor)).toBeGreaterThanOrEqual(1);
      expect(mosOf(rFactor)).toBeLessThanOrEqual(4.5);
    }
  });

  test('delay costs little up to 150 ms, and a lot behind 300 (G.114)', () => {
    const at = (oneWayDelayMs: number) => eModel({ codec: PCMU, oneWayDelayMs, lossRatio: 0 }).rFactor;
    expect(at(150)).toBeGreaterThan(85);
    expect(at(400)).toBeLessThan(75);
    for (let delay = 0; delay < 1_000; delay += 10) expect(at(delay + 10)).toBeLessThan(at(delay) + 1e-9);
  });

  test('loss: 5 % of G.711 with concealment is Ie-eff 15.8; in bursts it is worse', () => {
    const clean = eModel({ codec: PCMU, oneWayDelayMs: 0, lossRatio: 0 }).rFactor;
    const lossy = eModel({ codec: PCMU, oneWayDelayMs: 0, lossRatio: 0.05 }).rFactor;
    expect(clean - lossy).toBeCloseTo((95 * 5) / (5 + 25.1), 5);
    const bursts = eModel({ codec: PCMU, oneWayDelayMs: 0, lossRatio: 0.05, burstRatio: 2 }).rFactor;
    expect(bursts).toBeLessThan(lossy);
  });

  test('the wide band has a scale of its own', () => {
    const wide = (codec: typeof G722 | typeof L16) => eModel({ codec, oneWayDelayMs: 50, lossRatio: 0 });
    expect(wide(L16)).toEqual({ rFactor: 129, mos: 4.5 });
    expect(wide(G722).rFactor).toBe(116);
  });
});

const session = (packets: number, cumulativeLost: number, ssrc = 1): RtpStatistics => ({
  sent: { ssrc: 9, packets: 0, octets: 0, reports: 0 },
  received: { ssrc, packets, octets: 0, cumulativeLost, lossRatio: 0, jitterMs: 7, duplicates: 0 },
  peer: undefined,
  roundTripMs: 80,
  dropped: noneDropped(),
});

test('a report is about the time since the last one', () => {
  const buffer = { ...new JitterBuffer({ clockRateHz: 8_000 }).statistics, bufferMs: 40 };
  const meter = new QualityMeter(PCMU);
  const bad = meter.report(session(40, 10), { ...buffer, played: 40, concealed: 10 });
  expect(bad).toMatchObject({
    lossRatio: 0.2,
    concealedRatio: 0.2,
    jitterMs: 7,
    roundTripMs: 80,
    bufferMs: 40,
  });
  expect(bad.mos).toBeLessThan(2.7);
  const good = meter.report(session(90, 10), { ...buffer, played: 90, concealed: 10 });
  expect(good).toMatchObject({ lossRatio: 0, concealedRatio: 0 });
  expect(good.mos).toBeGreaterThan(4.2);
  const other = meter.report(session(5, 5, 2), { ...buffer, played: 95, concealed: 15 });
  expect(other.lossRatio).toBe(0.5);
  const recovered = meter.report(session(10, 10, 2), { ...buffer, played: 95, concealed: 15, recovered: 5 });
  expect(recovered).toMatchObject({ lossRatio: 0.5, concealedRatio: 0 });
});
