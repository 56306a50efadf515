import type { Cause } from '../cause.ts';
import type { MediaReport, PathReport, Quality } from '../media/media-event.ts';
import type { MediaSecurity } from '../media/wishes.ts';
import type { RegistrationState } from '../registration/registration-table.ts';
import type { CallEnd, IncomingPhoneCall, PhoneCall } from './phone-call.ts';

/** What a phone tells: one thing at a time. */
export type PhoneEvent =
  | { readonly kind: 'registration'; readonly state: RegistrationState; readonly cause?: Cause }
  | { readonly kind: 'calling'; readonly call: PhoneCall }
  | { readonly kind: 'incoming'; readonly call: IncomingPhoneCall }
  /** It rings there: told once for each phone, and again where its status or `early` changes. `early`: something is heard already. */
  | {
      readonly kind: 'ringing';
      readonly call: PhoneCall;
      readonly status: number;
      readonly early: boolean;
    }
  /** Who was called, or a server, said that it is to be tried elsewhere: `target` is called now, in the same call. */
  | { readonly kind: 'redirected'; readonly call: PhoneCall; readonly target: string }
  /** What we offered is refused by `status`, and offered once more with packets protected in this way alone. */
  | {
      readonly kind: 'offered again';
      readonly call: PhoneCall;
      readonly status: number;
      readonly security: MediaSecurity;
    }
  | { readonly kind: 'answered'; readonly call: PhoneCall }
  | { readonly kind: 'media'; readonly call: PhoneCall; readonly media: MediaReport }
  | { readonly kind: 'path'; readonly call: PhoneCall; readonly path: PathReport }
  /** No packets get through any more. Another way is looked for: `path` tells of it, and the call ends where there is none. */
  | { readonly kind: 'way lost'; readonly call: PhoneCall; readonly why: string }
  | { readonly kind: 'sound'; readonly call: PhoneCall }
  | { readonly kind: 'quality'; readonly call: PhoneCall; readonly quality: Quality }
  | { readonly kind: 'played'; readonly call: PhoneCall }
  | { readonly kind: 'digit'; readonly call: PhoneCall; readonly digit: string }
  | { readonly kind: 'held' | 'resumed'; readonly call: PhoneCall; readonly by: 'us' | 'peer' }
  /** The peer wants us to call somebody else instead; followed by itself. */
  | {
      readonly kind: 'transferred';
      readonly call: PhoneCall;
      readonly target: string;
      readonly to: PhoneCall;
    }
  | { readonly kind: 'ended'; readonly call: PhoneCall; readonly end: CallEnd }
  /** A text came. `from`: a SIP URI; `fromName`: how its writer calls himself. */
  | {
      readonly kind: 'message';
      readonly from: string;
      readonly fromName?: string;
      readonly text: string;
      readonly contentType: string;
    }
  /** A SIP message went or came: for a ladder. */
  | {
      readonly kind: 'signalling';
      readonly direction: 'sent' | 'received';
      readonly transport: string;
      readonly peer: string;
      /** The start line. */
      readonly summary: string;
      readonly callId: string;
      readonly text: string;
      /** Milliseconds of the platform's monotonic clock. */
      readonly at: number;
    }
  | { readonly kind: 'dropped'; readonly why: string };
