const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Tells of signals that end the program, with the exit status that belongs to them, instead of ending it. `crashed` is told
 * before Node prints why the process dies: whoever has the terminal gives it back.
 *
 * @returns leaves signals to others again
 */
export const onSignals = (signalled: (status: number) => void, crashed: () => void): (() => void) => {
  const listeners = Object.entries(SIGNALS).map(
    ([signal, status]) => [signal, () => signalled(status)] as const,
  );
  for (const [signal, listener] of listeners) process.on(signal, listener);
  process.on('uncaughtExceptionMonitor', crashed);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    process.off('uncaughtExceptionMonitor', crashed);
  };
};
