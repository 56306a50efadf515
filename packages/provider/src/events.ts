import type { Flow, SipMessage, SipRequest } from '@ringdown/sip';
import type { StoredBinding } from './location/binding-store.ts';
import type { RelayOutcome } from './proxy/relay.ts';

/** What a provider tells about its work, for logs and metrics. */
export type ProviderEvent =
  /** A request was answered here. `why` says what a refusal is for. */
  | {
      readonly kind: 'answered';
      readonly request: SipRequest;
      readonly flow: Flow;
      readonly status: number;
      readonly why: string | undefined;
    }
  /** A request was answered at a glance, without being read. Its bytes are good until whoever is told returns. */
  | {
      readonly kind: 'turned away';
      readonly method: string;
      readonly bytes: Uint8Array;
      readonly flow: Flow;
      readonly status: number;
      readonly why: string;
    }
  /** A request that was relayed has its final answer: one line per call. */
  | { readonly kind: 'relayed'; readonly outcome: RelayOutcome }
  /** A message was thrown away unanswered. */
  | {
      readonly kind: 'dropped';
      readonly message: SipMessage | undefined;
      readonly flow: Flow;
      readonly why: string;
    }
  /** Phones whose connection closed are no longer reached. */
  | { readonly kind: 'unreachable'; readonly bindings: readonly StoredBinding[]; readonly why: string };
