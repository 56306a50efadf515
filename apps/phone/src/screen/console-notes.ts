import { format } from 'node:util';

const METHODS = ['debug', 'info', 'log', 'warn', 'error'] as const;

/**
 * What libraries print would be drawn into the screen: it is told instead.
 *
 * @returns lets them print again
 */
export const onConsole = (told: (text: string) => void): (() => void) => {
  const before = METHODS.map((method) => [method, console[method]] as const);
  for (const method of METHODS) console[method] = (...parts: unknown[]) => told(format(...parts));
  return () => {
    for (const [method, print] of before) console[method] = print;
  };
};
