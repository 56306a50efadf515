/** So long it is waited until the server knows that we are gone. */
export const SIGN_OFF_MS = 5000;

/** Waits for something, but not for ever. */
export const within = async (ms: number, wanted: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([wanted, patience]).finally(() => clearTimeout(timer));
};
