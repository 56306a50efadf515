import type { PresenceStatus } from '@ringdown/user-agent';
import type { Contact } from './contact.ts';

/** What the screen wants done. Calls are named by their ids. */
export type ScreenEffect =
  | { readonly kind: 'dial'; readonly target: string }
  | {
      readonly kind: 'answer' | 'refuse' | 'hang up' | 'hold' | 'resume' | 'mute' | 'unmute';
      readonly call: string;
    }
  | { readonly kind: 'digit'; readonly call: string; readonly digit: string }
  | {
      readonly kind: 'transfer';
      readonly call: string;
      readonly target: string | { readonly call: string };
    }
  | {
      readonly kind: 'text';
      readonly key: string;
      readonly number: number;
      readonly to: string;
      readonly text: string;
    }
  | { readonly kind: 'save'; readonly contacts: readonly Contact[] }
  | { readonly kind: 'watch'; readonly key: string; readonly address: string }
  | { readonly kind: 'unwatch'; readonly key: string }
  | { readonly kind: 'publish'; readonly status: PresenceStatus }
  | { readonly kind: 'bell' | 'redraw' | 'quit' | 'quit at once' };
