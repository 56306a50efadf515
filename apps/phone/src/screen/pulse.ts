/** Ten times a second while levels move, else once a second, when the clock does. */
const LIVELY_MS = 100;
const CALM_MS = 1000;

export interface Pulse {
  /** Looks again how lively it is. */
  hurry(): void;
  stop(): void;
}

export const beginPulse = (isLively: () => boolean, now: () => number, beat: () => void): Pulse => {
  let timer: NodeJS.Timeout | undefined;
  let isQuick = false;
  const wait = (): void => {
    isQuick = isLively();
    timer = setTimeout(
      () => {
        beat();
        if (timer !== undefined) wait();
      },
      isQuick ? LIVELY_MS : CALM_MS - (now() % CALM_MS),
    );
  };
  wait();
  return {
    hurry() {
      if (timer === undefined || isQuick || !isLively()) return;
      clearTimeout(timer);
      wait();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
