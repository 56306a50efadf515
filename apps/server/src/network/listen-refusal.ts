import type { ListenError } from '@ringdown/net';
import { Refusal } from '../refusal.ts';

/** Why we cannot start, in one sentence. @param option what chooses the port */
export const listenRefusal = (error: ListenError, option: string): Refusal => {
  const why = error.message.replace(/^C/, 'c').replace(/ \([A-Z]+\)\.$/, '');
  return new Refusal(`${why} (${error.code === 'EADDRNOTAVAIL' ? '--host' : option})`);
};
