import type { Instant, WallTime } from '@ringdown/sans-io';
import type { Flow, HeaderLines, SipRequest, SipUri } from '@ringdown/sip';
import type { Account, Domain } from './accounts/account.ts';
import type { Device } from './location/device.ts';

/** A request on its way through a pipeline: each step adds what it found out. */
export interface Incoming {
  readonly kind: 'incoming';
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly now: Instant;
  readonly wallTime: WallTime;
  /** Where the request is going, its own Routes popped (RFC 3261 §16.4). */
  readonly way: Way;
}

/** What a request's Request-URI and Route say once our own Routes are taken off (RFC 3261 §16.4). */
export interface Way {
  /** The Request-URI to work with: after a strict router's detour, the one that stood last in Route. */
  readonly uri: string;
  /** How many Route values at the top are ours. */
  readonly popped: number;
  /** Whether a strict router had put the Request-URI at the end of Route: that value, now in {@link uri}, goes too. */
  readonly detour: boolean;
  /** The Route values that stay, as written. */
  readonly routes: readonly string[];
  /** What the first and the last Route of ours say, where their signatures are good. */
  readonly from: FlowToken | undefined;
  readonly to: FlowToken | undefined;
}

/** What a Record-Route of ours remembers of one side of a dialog (RFC 5626 §5.3). */
export interface FlowToken {
  /** `phone`: reached over this flow only, whatever its Contact says; `peer`: reached as RFC 3263 says. */
  readonly kind: 'phone' | 'peer';
  /** The flow's key; see `flowKey`. */
  readonly flow: string;
  /** Whose flow it was: it may have another by now. */
  readonly device?: Device | undefined;
}

/** A request whose target is known. */
export interface Addressed extends Incoming {
  /** The Request-URI, where it is a SIP URI. */
  readonly target: SipUri;
  /** Our domain that the Request-URI names, if one. */
  readonly targetDomain: Domain | undefined;
}

/** A request whose sender has proved who it is. */
export interface Authenticated extends Addressed {
  readonly account: Account;
}

/** Where a request is to go: one of several branches (RFC 3261 §16.5). */
export interface Target {
  /** The Request-URI that it gets. */
  readonly uri: string;
  /** Route values to put before those that stay, such as a binding's Path. */
  readonly routes: readonly string[];
  /** The key of the flow that it goes over, as long as that is open; without one, RFC 3263 finds the way. */
  readonly flow: string | undefined;
  /** A phone is reached over its flow or not at all. */
  readonly isPhone: boolean;
  /** The phone, where it is registered here. */
  readonly device?: Device;
  /** `address:port` that has spoken to us itself: it may be sent to though it is in no public network. */
  readonly heardFrom?: string;
  /** 0 to 1000: higher is tried first, equal at once. */
  readonly q: number;
}

/** What becomes of a request: data, carried out by the provider. */
export type Verdict =
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly reason?: string;
      readonly headers?: HeaderLines;
      readonly body?: Uint8Array;
      /** Our tag where the answer makes a dialog: then it repeats Record-Route (RFC 3261 §12.1.1). */
      readonly dialogTag?: string;
      /** One clause for the log. */
      readonly why?: string;
      /** No transaction is kept: refusals cost no memory. */
      readonly stateless?: boolean;
    }
  | {
      readonly kind: 'relay';
      readonly targets: readonly Target[];
      /** Which side of the dialog the sender is on, for Record-Route. */
      readonly sender: FlowToken['kind'];
      /** The sender's account, where he has proved it. */
      readonly account?: Account | undefined;
    }
  | { readonly kind: 'drop'; readonly why: string };

/** Refuses without keeping state. */
export const refuse = (status: number, why: string, headers?: HeaderLines): Verdict => ({
  kind: 'respond',
  status,
  why,
  stateless: true,
  ...(headers === undefined ? {} : { headers }),
});
