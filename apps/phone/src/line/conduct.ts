import { Refusal } from '../refusal.ts';

/** What the command line says of what is done in a call. */
export interface ConductOptions {
  /** Seconds after the answer when it is hung up. */
  readonly duration?: string | undefined;
  /** Keys that are pressed once it was answered. */
  readonly dtmf?: string | undefined;
}

export interface Conduct {
  readonly durationMs: number | undefined;
  readonly digits: string | undefined;
}

/** @throws Refusal where it makes no sense */
export const readConduct = ({ duration, dtmf }: ConductOptions): Conduct => {
  if (dtmf !== undefined && !/^[0-9A-D*#]{1,64}$/i.test(dtmf))
    throw new Refusal(`--dtmf must be up to 64 of 0-9, A-D, * and #, not "${dtmf}"`);
  return { durationMs: readSeconds('--duration', duration), digits: dtmf?.toUpperCase() };
};

/** Longer ones do not fit into a timer. */
const MOST_SECONDS = 604_800;

/** @returns milliseconds @throws Refusal */
export const readSeconds = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0 || seconds > MOST_SECONDS)
    throw new Refusal(`${option} must be a number of seconds, up to ${MOST_SECONDS} (a week), not "${text}"`);
  return seconds * 1000;
};
