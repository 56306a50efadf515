/** How far `later` lies ahead of `earlier` on the circle of 16 bits: −32,768 to 32,767. */
export const sequenceDistance = (later: number, earlier: number): number => ((later - earlier) << 16) >> 16;

/** How far `later` lies ahead of `earlier` on the circle of 32 bits: −2³¹ to 2³¹ − 1. */
export const timestampDistance = (later: number, earlier: number): number => (later - earlier) | 0;
