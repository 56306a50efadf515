import type { Call, IncomingCall } from '../call/call.ts';
import type { Cause } from '../cause.ts';
import type { UserAgent } from '../user-agent.ts';

/** What the machine learns at this moment. */
export type MachineCall = Call & {
  renew?(why: string): void;
  sendFragment?(fragment: string): void;
};
export type MachineIncomingCall = IncomingCall & { readonly offersReliable?: boolean };
export type Machine = UserAgent & { options?(target: string): string };
export type OptionsEvent =
  | {
      readonly kind: 'options answered';
      readonly id: string;
      readonly methods: readonly string[];
      readonly extensions: readonly string[];
      readonly product: string | undefined;
    }
  | { readonly kind: 'options failed'; readonly id: string; readonly cause: Cause };
