import type {
  CallState,
  Levels,
  MediaReport,
  PairRow,
  PathReport,
  PhoneCall,
  Quality,
} from '@ringdown/user-agent';
import { type Meters, metersAfter, noMeters } from './meter.ts';

/** What a call says of itself at one moment. */
export interface CallSample {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly peer: { readonly name: string | undefined; readonly uri: string };
  readonly state: CallState;
  readonly isHeld: boolean;
  readonly isHeldByPeer: boolean;
  readonly isMuted: boolean;
  readonly media: MediaReport | undefined;
  readonly path: PathReport | undefined;
  readonly durationMs: number | undefined;
}

/** A call as the screen has it: what it said last, and what was seen of it. */
export interface CallLine extends CallSample {
  readonly startedAt: number;
  readonly quality: Quality | undefined;
  /** The last minute, the newest last. */
  readonly history: readonly Quality[];
  /** How many seconds it was told of since the beginning. */
  readonly secondsHeard: number;
  readonly meters: Meters;
  readonly pairs: readonly PairRow[];
  /** The last digits that went and came. */
  readonly digitsSent: string;
  readonly digitsReceived: string;
  /** Sound comes before the call is answered. */
  readonly isEarly: boolean;
}

export const HISTORY_SECONDS = 60;
const DIGITS_KEPT = 16;

export const sampleOf = (call: PhoneCall): CallSample => ({
  id: call.id,
  direction: call.direction,
  peer: { name: call.peer.name, uri: call.peer.uri },
  state: call.state,
  isHeld: call.isHeld,
  isHeldByPeer: call.isHeldByPeer,
  isMuted: call.isMuted,
  media: call.media,
  path: call.path,
  durationMs: call.durationMs,
});

export const lineOf = (sample: CallSample, at: number): CallLine => ({
  ...sample,
  startedAt: at,
  quality: undefined,
  history: [],
  secondsHeard: 0,
  meters: noMeters,
  pairs: [],
  digitsSent: '',
  digitsReceived: '',
  isEarly: false,
});

export const withQuality = (call: CallLine, quality: Quality): CallLine => ({
  ...call,
  quality,
  history: [...call.history, quality].slice(-HISTORY_SECONDS),
  secondsHeard: call.secondsHeard + 1,
});

export const withLevels = (call: CallLine, levels: Levels | undefined, at: number): CallLine => ({
  ...call,
  meters: metersAfter(call.meters, levels, at),
});

export const withDigit = (call: CallLine, digit: string, way: 'digitsSent' | 'digitsReceived'): CallLine => ({
  ...call,
  [way]: (call[way] + digit).slice(-DIGITS_KEPT),
});

/** Whether both sides can hear each other, or could if nobody held. */
export const isUp = ({ state }: CallSample): boolean => state === 'established';

/** Whether it rings here and waits for the user. */
export const isRinging = ({ direction, state }: CallSample): boolean =>
  direction === 'incoming' && state === 'ringing';

/** Whether it is on its way out already. */
export const isLeaving = ({ state }: CallSample): boolean =>
  state === 'cancelling' || state === 'leaving' || state === 'ending' || state === 'ended';
