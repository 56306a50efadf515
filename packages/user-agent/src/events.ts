import type { Call, IncomingCall } from './call/call.ts';
import type { Cause, EndedBy } from './cause.ts';
import type { Watch } from './event/watch.ts';
import type { MediaSecurity } from './media/wishes.ts';
import type { RegistrationState } from './registration/registration-table.ts';

/** What a user agent tells: one thing at a time. */
export type UserAgentEvent =
  /** `cause`: why we are not registered. */
  | { readonly kind: 'registration'; readonly state: RegistrationState; readonly cause?: Cause }
  /** It rings. */
  | { readonly kind: 'incoming call'; readonly call: IncomingCall }
  /** `status`: 180 it rings, 181 it is forwarded, 182 it is queued, 183 listen. Told where one of them has changed for a phone. */
  | {
      readonly kind: 'call progress';
      readonly call: Call;
      readonly status: number;
      readonly hasEarlyMedia: boolean;
    }
  /** Somebody said that it is to be tried elsewhere (RFC 3261 §8.1.3.4), and now it is. */
  | { readonly kind: 'call redirected'; readonly call: Call; readonly target: string }
  /** What we offered is refused by `status`, and offered once more with packets protected in this way alone. */
  | {
      readonly kind: 'call offered again';
      readonly call: Call;
      readonly status: number;
      readonly security: MediaSecurity;
    }
  | { readonly kind: 'call established'; readonly call: Call }
  | { readonly kind: 'call held' | 'call resumed'; readonly call: Call; readonly by: 'us' | 'peer' }
  /** The call goes on as it was. */
  | {
      readonly kind: 'change failed';
      readonly call: Call;
      readonly change: 'hold' | 'resume' | 'transfer' | 'renewal' | 'profile';
      readonly cause: Cause;
      /** Why it was to be changed, where `Call.renew` said so. */
      readonly why?: string;
    }
  | {
      readonly kind: 'call ended';
      readonly call: Call;
      readonly cause: Cause;
      readonly by: EndedBy;
    }
  /** The peer pressed a key. */
  | { readonly kind: 'digit'; readonly call: Call; readonly digit: string }
  /** The peer asks us to call somebody else instead: `UserAgent.follow` or `UserAgent.decline`. */
  | { readonly kind: 'transfer asked'; readonly call: Call; readonly target: string }
  /** How the call goes that the peer makes for us. */
  | { readonly kind: 'transfer progress'; readonly call: Call; readonly status: number }
  /** A text came; `from` is who sent it, as From names him. */
  | {
      readonly kind: 'message';
      readonly from: string;
      readonly contentType: string;
      readonly text: string;
    }
  /** What became of a text of ours. */
  | { readonly kind: 'message sent'; readonly id: string }
  | { readonly kind: 'message failed'; readonly id: string; readonly cause: Cause }
  /** What somebody's phone can do. `roundTripMs`: of the request that was answered. */
  | {
      readonly kind: 'options answered';
      readonly id: string;
      readonly methods: readonly string[];
      readonly extensions: readonly string[];
      readonly product: string | undefined;
      readonly roundTripMs: number;
    }
  | { readonly kind: 'options failed'; readonly id: string; readonly cause: Cause }
  /** How somebody is whom we watch. */
  | {
      readonly kind: 'presence';
      readonly watch: Watch;
      readonly isOpen: boolean;
      /** See `WatchedStatus`. */
      readonly isThere: boolean;
      readonly note?: string;
    }
  | { readonly kind: 'watch ended'; readonly watch: Watch; readonly cause: Cause }
  /** The server knows the latest that we told of ourselves; or, `isKnown` false, has forgotten it as we wanted. */
  | { readonly kind: 'published'; readonly isKnown: boolean }
  | { readonly kind: 'publication failed'; readonly cause: Cause }
  /** Something came that is answered, or passed over, and nobody has to know of. */
  | { readonly kind: 'dropped'; readonly why: string };
