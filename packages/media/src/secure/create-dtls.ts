import { createLiveTimers, nodeClock, nodeRandom } from '@ringdown/net';
import { Association, type DtlsPorts } from './dtls/association.ts';
import type { Dtls, DtlsOptions, DtlsUser } from './dtls.ts';

let ports: DtlsPorts | undefined;

/**
 * Begins an association: a client speaks at once, a server waits to be spoken to. It ends with `secured` or `failed`, within 30
 * seconds; after `secured` it stays until it is closed, for the peer may not have heard its last words.
 *
 * @param given timers and randomness; those of the machine where they are left out
 * @throws Error where the identity cannot be read
 */
export const createDtls = (options: DtlsOptions, user: DtlsUser, given?: DtlsPorts): Dtls => {
  ports ??= { timers: createLiveTimers(nodeClock, { tickMs: 10 }), random: nodeRandom };
  return new Association(options, user, given ?? ports);
};
