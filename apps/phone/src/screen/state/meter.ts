import type { ChannelLevel, Levels } from '@ringdown/user-agent';

/** One channel of a level meter: what is, and what was the highest a moment ago. */
export interface ChannelMeter {
  readonly rmsDbfs: number;
  readonly peakDbfs: number;
  /** The highest peak of the last {@link HOLD_MS}. */
  readonly heldDbfs: number;
  readonly heldAt: number;
  /** When samples stood at full scale last; undefined for never. */
  readonly clippedAt: number | undefined;
}

export interface Meters {
  readonly sent: readonly ChannelMeter[];
  readonly received: readonly ChannelMeter[];
}

export const noMeters: Meters = Object.freeze({ sent: [], received: [] });

/** How long the highest peak stays. */
export const HOLD_MS = 1500;
/** How long it is said that it clipped: long enough for somebody who looks at the page now and then. */
export const CLIP_MS = 3000;

export const metersAfter = (before: Meters, levels: Levels | undefined, at: number): Meters =>
  levels === undefined
    ? noMeters
    : {
        sent: levels.sent.map((level, channel) => after(before.sent[channel], level, at)),
        received: levels.received.map((level, channel) => after(before.received[channel], level, at)),
      };

const after = (before: ChannelMeter | undefined, level: ChannelLevel, at: number): ChannelMeter => {
  const keeps =
    before !== undefined &&
    level.peakDbfs < before.heldDbfs &&
    at >= before.heldAt &&
    at - before.heldAt < HOLD_MS;
  return {
    rmsDbfs: level.rmsDbfs,
    peakDbfs: level.peakDbfs,
    heldDbfs: keeps ? before.heldDbfs : level.peakDbfs,
    heldAt: keeps ? before.heldAt : at,
    clippedAt: level.clipped ? at : before?.clippedAt,
  };
};

export const isClipping = ({ clippedAt }: ChannelMeter, at: number): boolean =>
  clippedAt !== undefined && at - clippedAt < CLIP_MS;
