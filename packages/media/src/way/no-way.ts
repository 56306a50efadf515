import type { ConnectivityServer } from '@ringdown/connectivity';
import type { PairReport } from '@ringdown/ice';

/** What is known when no way was found. */
export interface Search {
  readonly pairs: readonly PairReport[];
  readonly servers: readonly ConnectivityServer[];
  /** Sentences of servers that did not help. */
  readonly failures: readonly string[];
  /** Our own candidates, by type. */
  readonly types: ReadonlySet<string>;
  readonly relayOnly: boolean;
}

/** Why no way was found, and what can be done: two sentences. */
export const noWay = (search: Search): { readonly why: string; readonly next: string } => {
  const { pairs, servers, failures, types, relayOnly } = search;
  const hasRelay = types.has('relay');
  const [failure] = failures;
  if (pairs.length === 0)
    return {
      why: 'No way to the peer could be tried: it has told no address that this device can reach.',
      next: 'Call again; if it stays, the peer needs a STUN or TURN server.',
    };
  const why = `No packets get through between ${namesOf(pairs, 'local')} here and ${namesOf(pairs, 'remote')} there.`;
  if (servers.length > 0 && !types.has('srflx') && !hasRelay)
    return {
      why: `${why} UDP seems to be blocked here${failure === undefined ? '' : `: ${failure}`}.`,
      next: 'Give a TURN server that is reached over TCP or TLS, best on port 443.',
    };
  if (relayOnly) return { why, next: 'Allow direct ways as well, or look whether the TURN server is up.' };
  return hasRelay
    ? { why, next: 'Both networks stop it, the relay too: look whether their firewalls let UDP through.' }
    : { why, next: 'Give a TURN server: it relays where no direct way is open.' };
};

const MOST_NAMED = 3;

const namesOf = (pairs: readonly PairReport[], end: 'local' | 'remote'): string => {
  const all = [...new Set(pairs.map((pair) => pair[end].address))];
  const named = all.slice(0, MOST_NAMED).join(', ');
  return all.length > MOST_NAMED ? `${named} and ${all.length - MOST_NAMED} more` : named;
};
