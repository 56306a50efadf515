import type { LookupFunction } from 'node:net';

type Answer = (error: null, address: string, family: number) => void;

/**
 * A `lookup` for addresses that are numbers already: it answers at once, where node:dns goes through its thread pool.
 */
export const numericLookup = ((address: string, optionsOrAnswer: unknown, answer?: Answer) => {
  const reply = answer ?? (optionsOrAnswer as Answer);
  reply(null, address, address.includes(':') ? 6 : 4);
}) as unknown as LookupFunction & DgramLookup;

type DgramLookup = (
  hostname: string,
  options: import('node:dns').LookupOneOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
) => void;
