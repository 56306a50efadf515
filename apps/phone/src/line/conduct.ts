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
  readonly digits: readonly Keys[];
}

/** Keys that are pressed in one go, so long after those before them. */
export interface Keys {
  readonly afterMs: number;
  readonly keys: string;
}

/** @throws Refusal where it makes no sense */
export const readConduct = ({ duration, dtmf }: ConductOptions): Conduct => {
  return {
    durationMs: readSeconds('--duration', duration),
    digits: dtmf === undefined ? [] : readKeys(dtmf),
  };
};

/** How long `w` waits, as gateways have it, and `,` as modems and mobile phones do. */
const WAITS = { w: 500, ',': 2_000 } as const;
/** How long one key takes, with the pause behind it: the next group comes after it. */
const KEY_MS = 200;

const readKeys = (dtmf: string): readonly Keys[] => {
  if (!/^[0-9A-D*#w,]{1,64}$/i.test(dtmf) || !/[0-9A-D*#]/i.test(dtmf))
    throw new Refusal(
      `--dtmf must be up to 64 of 0-9, A-D, * and #, with w (half a second) and , (two seconds) as pauses, not "${dtmf}"`,
    );
  let before = 0;
  return [...dtmf.matchAll(/([w,]*)([0-9A-D*#]+)/gi)].map(([, pauses = '', keys = '']) => {
    const afterMs = [...pauses.toLowerCase()].reduce(
      (sum, one) => sum + WAITS[one as keyof typeof WAITS],
      before,
    );
    before = keys.length * KEY_MS;
    return { afterMs, keys: keys.toUpperCase() };
  });
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
