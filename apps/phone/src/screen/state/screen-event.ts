import type { Levels, PairRow, PhoneEvent, WatchedStatus } from '@ringdown/user-agent';
import type { CallSample } from './call-line.ts';
import type { Contact } from './contact.ts';
import type { Key } from './key.ts';

/** Whatever changes the screen. */
export type ScreenEvent =
  /** The screen is there: others may know that we are. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'phone'; readonly event: PhoneEvent }
  | { readonly kind: 'key'; readonly key: Key }
  /** Time passes; what the calls say now. `pairs` where they are looked at. */
  | {
      readonly kind: 'tick';
      readonly calls: readonly {
        readonly sample: CallSample;
        readonly levels: Levels | undefined;
        readonly pairs: readonly PairRow[] | undefined;
      }[];
    }
  | { readonly kind: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'contacts'; readonly contacts: readonly Contact[] }
  /** `status` undefined: nothing is known, and `why` says why. */
  | {
      readonly kind: 'presence';
      readonly key: string;
      readonly status: WatchedStatus | undefined;
      readonly why?: string;
    }
  | {
      readonly kind: 'text sent';
      readonly key: string;
      readonly number: number;
      readonly failed: string | undefined;
    }
  /** Something that was asked for came about, or did not: a sentence. */
  | { readonly kind: 'told'; readonly text: string; readonly tone: 'plain' | 'bad' }
  /** The program is to end: a signal, or the phone was closed. */
  | { readonly kind: 'end' };
