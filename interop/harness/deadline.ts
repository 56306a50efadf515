/** A machine that is busy with other things gets so many times as long as is usual. */
const PATIENCE = 3;
/** How often sound is listened to before it is said to be bad. */
export const LISTENS = 3;

/** Every wait is bounded: what does not come in `usualMs`, nor in three times that, fails with what was awaited. */
export async function within<T>(promise: Promise<T>, usualMs: number, what: string): Promise<T> {
  const withinMs = PATIENCE * usualMs;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${withinMs} ms: ${what}`)), withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what gives no event (a file, the kernel's tables): asks again every 25 ms until the answer is not undefined, as `within`. */
export async function eventually<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  usualMs: number,
  what: string | (() => string),
): Promise<T> {
  const withinMs = PATIENCE * usualMs;
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > end)
      throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A wait whose length is what the case is about (an idle NAT mapping), not a wait for something to be ready. */
export function idle(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
