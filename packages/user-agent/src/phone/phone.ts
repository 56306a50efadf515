import type { TransportName } from '@ringdown/sip';
import type { PresenceStatus, WatchedStatus } from '../event/presence.ts';
import type { RegistrationState } from '../registration/registration-table.ts';
import type { CallDefaults, CallOptions } from './call-options.ts';
import type { IncomingPhoneCall, PhoneCall } from './phone-call.ts';
import type { PhoneEvent } from './phone-event.ts';
import type { Platform } from './platform.ts';

/** Who the phone is, and how it gets to its server. */
export interface ConnectOptions<Sound = unknown> extends CallDefaults {
  /** The address-of-record: `sip:reporter@radio.example`, or without `sip:`. */
  readonly account: string;
  readonly password: string;
  /** Who digest is told that we are. Default: the user part of the address. */
  readonly authUsername?: string;
  readonly displayName?: string;
  /**
   * The protection domain that the password is for; `*`: any. Default: the one that the registrar took it for, and any before that,
   * or where it never asks.
   */
  readonly realm?: string;
  /** `HOST[:PORT]`, or a SIP URI, that everything goes to first. Default: what the DNS says of the domain (RFC 3263). */
  readonly server?: string;
  /** What may be spoken with the server, the best first. Default: all that the platform has. */
  readonly transports?: readonly TransportName[];
  /** A URN that this device keeps for good (RFC 5626 §4.1). Default: the platform's. */
  readonly instance?: string;
  /** How long a registration is asked for. */
  readonly registerSeconds?: number;
  /**
   * What becomes of a peer's wish that we call somebody else instead (RFC 3515). Default: `follow`, where that is a SIP URI; the
   * call is made without asking. A caller who came past our server, or is of another domain, is refused that, unless `follow` is
   * said: anybody may call, and the call would be at our expense.
   */
  readonly transfers?: 'follow' | 'refuse';
  /**
   * Whether calls, texts and questions are taken that do not come through our server, too: from whoever can reach our SIP port.
   * Nobody vouches for what they say of themselves. Default: they are refused (403).
   */
  readonly direct?: boolean;
  /**
   * Whether calls of others ring here. Default: yes. A phone that registers for an errand says no: who calls hears 480 without
   * that anything rings, and other phones of the account ring on.
   */
  readonly takesCalls?: boolean;
  /**
   * Told all that happens, from the first REGISTER on, which `events()` comes too late for; also where `connect` comes to nothing.
   * One that throws is told no more.
   */
  readonly observe?: (event: PhoneEvent) => void;
  readonly platform: Platform<Sound>;
}

/** A phone of one account that is registered, and stays so until it is closed. */
export interface Phone<Sound = unknown> {
  /** `sip:reporter@radio.example` */
  readonly address: string;
  readonly registration: RegistrationState;
  /** The calls that are not over. */
  readonly calls: readonly PhoneCall[];
  /**
   * Calls a SIP URI, `user@domain`, or a user of our own domain. At once there is something to follow and to hang up.
   *
   * @throws TypeError where that is nobody who can be called
   */
  dial(target: string, options?: CallOptions<Sound>): PhoneCall;
  /** The same, and waits until the call is answered. Rejects with a {@link PhoneError} that says why it was not. */
  call(target: string, options?: CallOptions<Sound>): Promise<PhoneCall>;
  /** Calls that ring here, from now on. Whoever wants to answer them iterates. Ends when the phone is closed. */
  incoming(): AsyncIterableIterator<IncomingPhoneCall<Sound>>;
  /** All that happens from now on. */
  events(): AsyncIterableIterator<PhoneEvent>;
  /** Sends a text (RFC 3428). Rejects with a {@link PhoneError}. */
  message(target: string, text: string): Promise<void>;
  /** How somebody is, from now on (RFC 3856); ends by `return`, or rejects with a {@link PhoneError}. */
  presence(target: string): AsyncIterableIterator<WatchedStatus>;
  /**
   * Tells those who watch us how we are, until it is withdrawn by `undefined` (RFC 3903). Resolves when the server knows the latest
   * that was said. Rejects with a {@link PhoneError} where it does not take it; what may come about later is tried again by itself.
   */
  publish(status: PresenceStatus | undefined): Promise<void>;
  /** What somebody's phone can do (RFC 3261 §11). Rejects with a {@link PhoneError}. */
  capabilities(target: string): Promise<Capabilities>;
  /** The network or our address changed, or the device woke: looks at once instead of when it would notice. */
  moved(): void;
  /** Hangs up, unregisters and gives everything back. */
  close(): Promise<void>;
}

/** What OPTIONS told. */
export interface Capabilities {
  readonly methods: readonly string[];
  readonly extensions: readonly string[];
  readonly product: string | undefined;
  /** From the question to the answer. */
  readonly roundTripMs: number;
}
