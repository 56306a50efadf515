import type { Cause, RegistrationState } from '@ringdown/user-agent';
import { addressKey, domainOf, plainAddress } from './address.ts';
import { type CallLine, isRinging } from './call-line.ts';
import { emptyLadder, type Ladder } from './ladder.ts';
import type { Person } from './person.ts';
import type { ScreenEffect } from './screen-effect.ts';
import type { Conversations, TextLine } from './text-line.ts';
import type { TypedLine } from './typed-line.ts';

/** Through what sound comes and goes, or why there is none and what to install. */
export type SoundDevice = { readonly tool: string } | { readonly why: string; readonly install: string };

/** What fills the middle of the screen. `message` is one SIP message, in full. */
export type View = 'main' | 'ladder' | 'message' | 'pairs' | 'texts' | 'help';

/** What is asked of the user at the foot of the screen. */
export type Prompt =
  | { readonly kind: 'dial' | 'add address' | 'text'; readonly line: TypedLine }
  | { readonly kind: 'add name'; readonly line: TypedLine; readonly address: string }
  /** `to`: another call of ours that is meant, instead of what is typed. */
  | {
      readonly kind: 'transfer';
      readonly line: TypedLine;
      readonly call: string;
      readonly to: string | undefined;
    }
  /** Each key goes out at once. */
  | { readonly kind: 'keypad'; readonly call: string }
  | { readonly kind: 'sure to quit' }
  | { readonly kind: 'sure to remove'; readonly key: string };

/** A call that is over. */
export interface PastCall {
  readonly peer: { readonly name: string | undefined; readonly uri: string };
  readonly direction: 'outgoing' | 'incoming';
  readonly startedAt: number;
  readonly durationMs: number | undefined;
  readonly how: string;
}

/** A sentence about what just happened. */
export interface Notice {
  readonly text: string;
  readonly tone: 'plain' | 'bad';
  readonly since: number;
}

/** All that is on the screen, as plain data. */
export interface ScreenState {
  readonly columns: number;
  readonly rows: number;
  /** Wall time in milliseconds. */
  readonly at: number;
  /** Our address, as people write it. */
  readonly address: string;
  readonly domain: string;
  readonly device: SoundDevice;
  readonly registration: { readonly state: RegistrationState; readonly cause: Cause | undefined };
  /** Whether others see us as open for calls. */
  readonly isOpen: boolean;
  readonly view: View;
  readonly prompt: Prompt | undefined;
  readonly notice: Notice | undefined;
  readonly people: readonly Person[];
  /** The key of the chosen person. */
  readonly chosenPerson: string | undefined;
  readonly calls: readonly CallLine[];
  /** The id of the call that keys are about. */
  readonly chosenCall: string | undefined;
  /** The newest first. */
  readonly past: readonly PastCall[];
  readonly conversations: Conversations;
  readonly textsWritten: number;
  /** How many rows the conversation or the help is scrolled back, or down. */
  readonly scroll: number;
  readonly ladder: Ladder;
  readonly chosenPair: number;
  /** Whether the end has begun: calls are hung up, and the account signs off. */
  readonly isEnding: boolean;
}

/** What follows from an event: the next state, and what is to be done. */
export type Step = readonly [state: ScreenState, ...effects: readonly ScreenEffect[]];

export const NOTICE_MS = 12_000;
export const PAST_KEPT = 20;

export const initialState = (options: {
  readonly columns: number;
  readonly rows: number;
  readonly at: number;
  readonly address: string;
  readonly device: SoundDevice;
  readonly registration: RegistrationState;
}): ScreenState => ({
  columns: options.columns,
  rows: options.rows,
  at: options.at,
  address: plainAddress(options.address),
  domain: domainOf(options.address),
  device: options.device,
  registration: { state: options.registration, cause: undefined },
  isOpen: true,
  view: 'main',
  prompt: undefined,
  notice: undefined,
  people: [],
  chosenPerson: undefined,
  calls: [],
  chosenCall: undefined,
  past: [],
  conversations: new Map(),
  textsWritten: 0,
  scroll: 0,
  ladder: emptyLadder,
  chosenPair: 0,
  isEnding: false,
});

export const chosenPersonOf = ({ people, chosenPerson }: ScreenState): Person | undefined =>
  people.find(({ key }) => key === chosenPerson) ?? people[0];

export const chosenCallOf = ({ calls, chosenCall }: ScreenState): CallLine | undefined =>
  calls.find(({ id }) => id === chosenCall) ?? calls[0];

/** The call that rings and is answered or refused next: the chosen one if it rings, else the oldest. */
export const ringingCallOf = (state: ScreenState): CallLine | undefined => {
  const chosen = chosenCallOf(state);
  return chosen !== undefined && isRinging(chosen) ? chosen : state.calls.find(isRinging);
};

/** What we call somebody: the name from our contacts, else the one that came with the call, else the address. */
export const nameOf = (
  { people, domain }: ScreenState,
  { name, uri }: { readonly name: string | undefined; readonly uri: string },
): string => {
  const key = addressKey(uri, domain);
  return people.find((person) => person.key === key && person.isContact)?.name ?? name ?? plainAddress(uri);
};

export const conversationOf = ({ conversations }: ScreenState, key: string): readonly TextLine[] =>
  conversations.get(key) ?? [];

export const noticed = (state: ScreenState, text: string, tone: Notice['tone'] = 'plain'): ScreenState => ({
  ...state,
  notice: { text, tone, since: state.at },
});

/** The state with one of its calls changed. */
export const withCall = (
  state: ScreenState,
  id: string,
  change: (call: CallLine) => CallLine,
): ScreenState => ({
  ...state,
  calls: state.calls.map((call) => (call.id === id ? change(call) : call)),
});
