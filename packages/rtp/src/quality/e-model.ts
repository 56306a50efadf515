/** How a codec and its concealment sound, and what loss does to them (G.113). */
export interface CodecImpairment {
  /** Which of the E-models it belongs to: 300–3,400 Hz (G.107) or 50–7,000 Hz (G.107.1). */
  readonly band: 'narrow' | 'wide';
  /** Ie: without loss. */
  readonly equipmentImpairment: number;
  /** Bpl: how well losses are hidden. */
  readonly lossRobustness: number;
}

/**
 * G.711 and the Ie of G.722 as G.113 has them. Bpl of the wide band and both values of Opus are estimates of ours: good to
 * compare calls with, not to be quoted as the ITU's. L16 is its own reference.
 */
export const CODEC_IMPAIRMENTS = Object.freeze({
  PCMU: { band: 'narrow', equipmentImpairment: 0, lossRobustness: 25.1 },
  PCMA: { band: 'narrow', equipmentImpairment: 0, lossRobustness: 25.1 },
  G722: { band: 'wide', equipmentImpairment: 13, lossRobustness: 15 },
  opus: { band: 'wide', equipmentImpairment: 5, lossRobustness: 20 },
  L16: { band: 'wide', equipmentImpairment: 0, lossRobustness: 25.1 },
} as const satisfies Readonly<Record<string, CodecImpairment>>);

export interface EModelInput {
  readonly codec: CodecImpairment;
  /** From mouth to ear: half of the round trip, the jitter buffer, and both ends. */
  readonly oneWayDelayMs: number;
  /** Of packets, after the jitter buffer and after what FEC won back: 0–1. */
  readonly lossRatio: number;
  /** How much more in a row than by chance packets are lost: 1 by chance (G.107 §7.4). */
  readonly burstRatio?: number;
}

export interface EModelResult {
  /** 0–100 in the narrow band, up to 129 in the wide one. */
  readonly rFactor: number;
  /** 1–4.5. */
  readonly mos: number;
}

/** Ro and Is with every value at its default (G.107 table 2): together, with Idle, the 93.2 that is known. */
const BASIC_SIGNAL_TO_NOISE = 94.77;
const SIMULTANEOUS_IMPAIRMENT = 1.41;
const WIDE_BASIC = 129;
/** The wide scale is longer by so much (G.107.1 Annex A). */
const WIDE_SCALE = 1.29;
/** Defaults of G.107 table 2: talker echo loudness rating, receive loudness rating, weighted echo path loss, noise. */
const TELR = 65;
const RLR = 2;
const WEPL = 110;
const NOISE = -61.18;

/** What a conversation sounds like (G.107, G.107.1). */
export const eModel = ({ codec, oneWayDelayMs, lossRatio, burstRatio = 1 }: EModelInput): EModelResult => {
  const delay = Math.max(0, oneWayDelayMs);
  const loss = effectiveImpairment(codec, Math.min(1, Math.max(0, lossRatio)), burstRatio);
  const isWide = codec.band === 'wide';
  const basic = isWide ? WIDE_BASIC : BASIC_SIGNAL_TO_NOISE - SIMULTANEOUS_IMPAIRMENT - listenerEcho();
  const echo = isWide ? 0 : talkerEcho(delay);
  const rFactor = Math.max(0, basic - echo - absoluteDelay(delay) - loss);
  return { rFactor, mos: mosOf(isWide ? rFactor / WIDE_SCALE : rFactor) };
};

/** MOS by R (G.107 Annex B). */
export const mosOf = (rFactor: number): number => {
  if (rFactor <= 0) return 1;
  if (rFactor >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rFactor + rFactor * (rFactor - 60) * (100 - rFactor) * 7e-6);
};

/** Ie-eff (G.107 §7.4). */
const effectiveImpairment = (codec: CodecImpairment, lossRatio: number, burstRatio: number): number => {
  const { equipmentImpairment, lossRobustness } = codec;
  const percent = 100 * lossRatio;
  return (
    equipmentImpairment +
    (95 - equipmentImpairment) * (percent / (percent / Math.max(1, burstRatio) + lossRobustness))
  );
};

/** Idd: what makes people speak at once (G.107 §7.3.3). */
const absoluteDelay = (delayMs: number): number => {
  if (delayMs <= 100) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
};

/** Idte: one's own voice coming back (G.107 §7.3.1). */
const talkerEcho = (delayMs: number): number => {
  const echo =
    TELR - 40 * Math.log10((1 + delayMs / 10) / (1 + delayMs / 150)) + 6 * Math.exp(-0.3 * delayMs * delayMs);
  const basic = -1.5 * (NOISE - RLR);
  const rating = 80 + 2.5 * (echo - 14);
  const half = (basic - rating) / 2;
  return (half + Math.sqrt(half * half + 100) - 1) * (1 - Math.exp(-delayMs));
};

/** Idle: the listener's echo, which digital lines hardly have (G.107 §7.3.2). */
const listenerEcho = (): number => {
  const rating = 10.5 * (WEPL + 7);
  const half = (BASIC_SIGNAL_TO_NOISE - rating) / 2;
  return half + Math.sqrt(half * half + 169);
};
