import type { Levels } from '@ringdown/user-agent';
import { describe, expect, it } from 'vitest';
import { CLIP_MS, HOLD_MS, isClipping, type Meters, metersAfter, noMeters } from './meter.ts';

const peak = (peakDbfs: number, clipped = false): Levels => ({
  sent: [{ rmsDbfs: peakDbfs - 10, peakDbfs, clipped }],
  received: [],
});

const held = ({ sent }: Meters): number | undefined => sent[0]?.heldDbfs;

describe('a level meter', () => {
  it('holds the highest peak, then falls to what is there', () => {
    let meters = metersAfter(noMeters, peak(-6), 1000);
    meters = metersAfter(meters, peak(-30), 1000 + HOLD_MS - 1);
    expect(held(meters)).toBe(-6);
    meters = metersAfter(meters, peak(-30), 1000 + HOLD_MS);
    expect(held(meters)).toBe(-30);
  });

  it('begins to hold anew at each peak that is as high', () => {
    let meters = metersAfter(noMeters, peak(-6), 1000);
    meters = metersAfter(meters, peak(-6), 2000);
    meters = metersAfter(meters, peak(-40), 2000 + HOLD_MS - 1);
    expect(held(meters)).toBe(-6);
  });

  it('does not hold for ever where the wall clock is set back', () => {
    const meters = metersAfter(metersAfter(noMeters, peak(-6), 9_000_000), peak(-40), 1000);
    expect(held(meters)).toBe(-40);
  });

  it('says for a while that it clipped', () => {
    let meters = metersAfter(noMeters, peak(0, true), 1000);
    meters = metersAfter(meters, peak(-20), 2000);
    expect(isClipping(meters.sent[0]!, 1000 + CLIP_MS - 1)).toBe(true);
    expect(isClipping(meters.sent[0]!, 1000 + CLIP_MS)).toBe(false);
  });

  it('follows channels that come and go', () => {
    const stereo = { sent: [...peak(-3).sent, ...peak(-9).sent], received: [] };
    const meters = metersAfter(metersAfter(noMeters, stereo, 0), peak(-50), 10);
    expect(meters.sent).toHaveLength(1);
    expect(metersAfter(meters, undefined, 20)).toBe(noMeters);
  });
});
