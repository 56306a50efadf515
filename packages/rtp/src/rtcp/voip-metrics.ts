import { read16, read32, write16, write32 } from '../bytes.ts';

/** The VoIP metrics of RFC 3611 §4.7, in its units. 127 means “not known” in levels, R factors and MOS. */
export interface VoipMetrics {
  readonly ssrc: number;
  /** In 256ths, since the beginning. */
  readonly lossRate: number;
  /** Packets that came too late for the jitter buffer, in 256ths. */
  readonly discardRate: number;
  /** Losses and discards within bursts and gaps, in 256ths. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** The mean length of bursts and gaps. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  readonly roundTripMs: number;
  /** The delay within the reporting device: encoding, decoding and the jitter buffer. */
  readonly endSystemDelayMs: number;
  /** dBm, two's complement of 8 bits. */
  readonly signalLevel: number;
  readonly noiseLevel: number;
  readonly residualEchoReturnLoss: number;
  /** How many packets make a gap; 16. */
  readonly gapThreshold: number;
  /** 0–100. */
  readonly rFactor: number;
  readonly externalRFactor: number;
  /** MOS in tenths, 10–50: listening, and conversational. */
  readonly mosListening: number;
  readonly mosConversational: number;
  /** Bits of §4.7.6: concealment, kind and rate of the jitter buffer. */
  readonly receiverConfiguration: number;
  readonly bufferNominalMs: number;
  readonly bufferMaximumMs: number;
  readonly bufferAbsoluteMaximumMs: number;
}

/** “Not known” in RFC 3611 §4.7. */
export const UNKNOWN_METRIC = 127;

export const VOIP_METRICS_BYTES = 32;

const signed = (byte: number): number => (byte << 24) >> 24;

export const readVoipMetrics = (bytes: Uint8Array): VoipMetrics => ({
  ssrc: read32(bytes, 0),
  lossRate: bytes[4]!,
  discardRate: bytes[5]!,
  burstDensity: bytes[6]!,
  gapDensity: bytes[7]!,
  burstDurationMs: read16(bytes, 8),
  gapDurationMs: read16(bytes, 10),
  roundTripMs: read16(bytes, 12),
  endSystemDelayMs: read16(bytes, 14),
  signalLevel: signed(bytes[16]!),
  noiseLevel: signed(bytes[17]!),
  residualEchoReturnLoss: bytes[18]!,
  gapThreshold: bytes[19]!,
  rFactor: bytes[20]!,
  externalRFactor: bytes[21]!,
  mosListening: bytes[22]!,
  mosConversational: bytes[23]!,
  receiverConfiguration: bytes[24]!,
  bufferNominalMs: read16(bytes, 26),
  bufferMaximumMs: read16(bytes, 28),
  bufferAbsoluteMaximumMs: read16(bytes, 30),
});

export const voipMetricsBytes = (metrics: VoipMetrics): Uint8Array => {
  const bytes = new Uint8Array(VOIP_METRICS_BYTES);
  write32(bytes, 0, metrics.ssrc);
  bytes.set([metrics.lossRate, metrics.discardRate, metrics.burstDensity, metrics.gapDensity], 4);
  write16(bytes, 8, metrics.burstDurationMs);
  write16(bytes, 10, metrics.gapDurationMs);
  write16(bytes, 12, metrics.roundTripMs);
  write16(bytes, 14, metrics.endSystemDelayMs);
  const { signalLevel, noiseLevel, residualEchoReturnLoss, gapThreshold } = metrics;
  bytes.set([signalLevel, noiseLevel, residualEchoReturnLoss, gapThreshold], 16);
  const { rFactor, externalRFactor, mosListening, mosConversational } = metrics;
  bytes.set([rFactor, externalRFactor, mosListening, mosConversational], 20);
  bytes[24] = metrics.receiverConfiguration;
  write16(bytes, 26, metrics.bufferNominalMs);
  write16(bytes, 28, metrics.bufferMaximumMs);
  write16(bytes, 30, metrics.bufferAbsoluteMaximumMs);
  return bytes;
};
