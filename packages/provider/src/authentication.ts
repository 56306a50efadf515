import type { WallTime } from '@ringdown/sans-io';
import type { Flow, HeaderLines, SipRequest, Uri } from '@ringdown/sip';
import type { Account, Domain } from './accounts/account.ts';

/** Whether we are the server that is asked (401) or a proxy on the way (407). */
export type Role = 'registrar' | 'proxy';

/** What a request's credentials say. */
export type Authentication =
  | { readonly kind: 'identified'; readonly account: Account }
  | {
      readonly kind: 'challenge';
      readonly status: 401 | 407;
      readonly headers: HeaderLines;
      readonly why: string;
    }
  | { readonly kind: 'refuse'; readonly status: number; readonly headers?: HeaderLines; readonly why: string }
  | { readonly kind: 'drop'; readonly why: string };

/** Finds out who sends a request. */
export interface Authenticator {
  authenticate(request: SipRequest, flow: Flow, role: Role, domain: Domain, now: WallTime): Authentication;
  /** Whether an address is the account's own: its user name at its domain or at an alias of that. */
  owns(account: Account, uri: Uri): boolean;
}
