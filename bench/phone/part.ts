/** What a part of the phone bench is: it has one phone or the other do something, and tells figures. */
import type { Metric } from '../statistics.ts';
import type { CpuSample } from './cpu.ts';
import type { PhoneStage } from './stage.ts';

export const PHONE_PEERS = ['baresip', 'ringdown'] as const;
export type PhonePeer = (typeof PHONE_PEERS)[number];

export const PHONE_LABELS: Readonly<Record<PhonePeer, string>> = {
  baresip: 'baresip',
  ringdown: 'Ringdown, Node',
};

export interface PhoneScale {
  /** Of sound, before anything is counted: the runtime compiles what it uses meanwhile. */
  readonly warmUpMs: number;
  readonly countMs: number;
  /** Of so many calls at once. */
  readonly callsMs: number;
}

export type AddPhone = (metric: Metric, value: number, sample?: CpuSample) => void;
export type PhonePart = (
  peer: PhonePeer,
  stage: PhoneStage,
  scale: PhoneScale,
  add: AddPhone,
) => Promise<void>;
