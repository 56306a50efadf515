import type { PhoneCall, PhoneEvent } from '@ringdown/user-agent';
import { addressKey } from './address.ts';
import { type CallLine, isUp, lineOf, sampleOf, withDigit, withQuality } from './call-line.ts';
import { withMessage } from './ladder.ts';
import { changed, withWriter } from './person.ts';
import { nameOf, noticed, PAST_KEPT, type ScreenState, type Step, withCall } from './screen-state.ts';
import { withLine } from './text-line.ts';

type Told<Kind extends PhoneEvent['kind']> = Extract<PhoneEvent, { kind: Kind }>;

/** What follows from what the phone tells. */
export const phoneStep = (state: ScreenState, event: PhoneEvent): Step => {
  switch (event.kind) {
    case 'registration':
      return [{ ...state, registration: { state: event.state, cause: event.cause } }];
    case 'calling':
      return [{ ...seen(state, event.call), chosenCall: event.call.id }];
    case 'incoming': {
      const [next, ...effects] = incoming(seen(state, event.call), event.call.id);
      const isProven = !event.call.isDirect;
      return [isProven ? next : noticed(next, PAST_THE_SERVER), ...effects];
    }
    case 'redirected':
      return [noticed(seen(state, event.call), `Sent on: calling ${event.target}.`)];
    case 'offered again':
      return [noticed(seen(state, event.call), `They took no such sound: trying ${event.security} alone.`)];
    case 'ringing':
      return [seen(state, event.call, (call) => ({ ...call, isEarly: call.isEarly || event.early }))];
    case 'quality':
      return [seen(state, event.call, (call) => withQuality(call, event.quality))];
    case 'digit':
      return [seen(state, event.call, (call) => withDigit(call, event.digit, 'digitsReceived'))];
    case 'held':
    case 'resumed':
      return held(state, event);
    case 'transferred':
      return transferred(state, event);
    case 'ended':
      return [ended(state, event)];
    case 'message':
      return message(state, event);
    case 'signalling':
      return [{ ...state, ladder: withMessage(state.ladder, event) }];
    case 'dropped':
      return [noticed(state, `Something that came was dropped: ${event.why}`)];
    case 'answered':
      return [seen(state, event.call), { kind: 'publish', status: statusOf(state, true) }];
    default:
      return [seen(state, event.call)];
  }
};

const PAST_THE_SERVER = 'It rings past the server: nobody has proved who that is.';

/** What others are told of us. */
export const statusOf = ({ isOpen }: ScreenState, isTalking: boolean) =>
  isTalking ? { isOpen, note: 'in a call' } : { isOpen };

/** The state that knows what the call says now. A call that is over is not taken up again. */
const seen = (
  state: ScreenState,
  call: PhoneCall,
  change: (line: CallLine) => CallLine = (line) => line,
): ScreenState => {
  const sample = sampleOf(call);
  const isNew = sample.state !== 'ended' && state.calls.every(({ id }) => id !== sample.id);
  const calls = isNew ? [...state.calls, lineOf(sample, state.at)] : state.calls;
  return withCall({ ...state, calls }, sample.id, (line) => change({ ...line, ...sample }));
};

/** A call that rings is chosen at once, unless another one is being spoken in. */
const incoming = (state: ScreenState, id: string): Step => {
  const isTalking = state.calls.some(isUp);
  return [
    {
      ...state,
      chosenCall: isTalking ? (state.chosenCall ?? id) : id,
      view: state.view === 'help' ? 'main' : state.view,
    },
    { kind: 'bell' },
  ];
};

const held = (state: ScreenState, { call, by, kind }: Told<'held' | 'resumed'>): Step => {
  const next = seen(state, call);
  if (by === 'us') return [next];
  const who = nameOf(state, call.peer);
  return [noticed(next, kind === 'held' ? `${who} lets us wait.` : `${who} is back.`)];
};

const transferred = (state: ScreenState, { call, to }: Told<'transferred'>): Step => {
  const from = nameOf(state, call.peer);
  const next = seen(seen(state, call), to);
  return [noticed({ ...next, chosenCall: to.id }, `${from} hands us over to ${nameOf(state, to.peer)}.`)];
};

const ended = (state: ScreenState, { call, end }: Told<'ended'>): ScreenState => {
  const line = state.calls.find(({ id }) => id === call.id);
  const calls = state.calls.filter(({ id }) => id !== call.id);
  const who = nameOf(state, call.peer);
  const next =
    end.by === 'us' || (end.durationMs !== undefined && end.by === 'peer') ? '' : ` ${end.cause.next}`;
  const past = {
    peer: call.peer,
    direction: call.direction,
    startedAt: line?.startedAt ?? state.at,
    durationMs: end.durationMs,
    how: end.cause.what,
  };
  return noticed(
    {
      ...state,
      calls,
      chosenCall: state.chosenCall === call.id ? calls[0]?.id : state.chosenCall,
      past: [past, ...state.past].slice(0, PAST_KEPT),
      prompt: isAbout(state, call.id) ? undefined : state.prompt,
    },
    `${who}: ${end.cause.what}${next}`,
    end.by === 'network' || end.cause.status !== undefined ? 'bad' : 'plain',
  );
};

/** Whether what is asked of the user is asked of this call. */
const isAbout = ({ prompt }: ScreenState, call: string): boolean =>
  (prompt?.kind === 'transfer' && (prompt.call === call || prompt.to === call)) ||
  (prompt?.kind === 'keypad' && prompt.call === call);

const message = (state: ScreenState, { from, text, contentType }: Told<'message'>): Step => {
  const key = addressKey(from, state.domain);
  const people = withWriter(state.people, from, state.domain);
  const isRead = state.view === 'texts' && state.chosenPerson === key;
  const person = people.find((one) => one.key === key);
  const readable = /^text\/plain\b/i.test(contentType) ? text : `(${contentType}) ${text}`;
  const next: ScreenState = {
    ...state,
    people: isRead ? people : changed(people, key, { unread: (person?.unread ?? 0) + 1 }),
    conversations: withLine(state.conversations, key, {
      number: state.textsWritten,
      direction: 'received',
      text: readable,
      at: state.at,
      fate: 'arrived',
    }),
    textsWritten: state.textsWritten + 1,
  };
  if (isRead) return [next];
  return [noticed(next, `${person?.name ?? from} writes: ${readable}`), { kind: 'bell' }];
};
