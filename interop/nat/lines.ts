import type { ConnectivityServer } from '@ringdown/connectivity';
import type { Candidate, IceParameters, IceRole } from '@ringdown/ice';

/** One end of a path, and what it is to one who knows the candidates that were told. */
export interface PathEnd {
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly address: string;
  readonly port: number;
}

/** What a peer is asked to do, one JSON document a line on its standard input. */
export type Ask =
  | { readonly ask: 'start'; readonly role: IceRole; readonly servers: readonly ConnectivityServer[] }
  | { readonly ask: 'remote'; readonly parameters: IceParameters }
  | { readonly ask: 'candidate'; readonly candidate: Candidate }
  | { readonly ask: 'ended'; readonly ufrag: string }
  /** Why it is where it is, as a `reasons`. */
  | { readonly ask: 'reasons' }
  | { readonly ask: 'close' };

/** What it tells, in the same way on its standard output. Times are counted from its start. */
export type Told =
  | { readonly told: 'ready' }
  | { readonly told: 'parameters'; readonly parameters: IceParameters }
  | { readonly told: 'candidate'; readonly candidate: Candidate }
  | { readonly told: 'gathered'; readonly ufrag: string }
  /** The first word of the other: at all, or after the other has settled on its path. */
  | { readonly told: 'heard'; readonly afterMs: number; readonly settled: boolean }
  | {
      readonly told: 'selected';
      readonly afterMs: number;
      readonly local: PathEnd;
      readonly remote: PathEnd;
    }
  | { readonly told: 'reasons'; readonly text: string }
  | { readonly told: 'closed' };
