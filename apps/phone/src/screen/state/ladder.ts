import type { PhoneEvent } from '@ringdown/user-agent';

export type SignallingEvent = Extract<PhoneEvent, { kind: 'signalling' }>;

/** A SIP message that went or came. */
export interface Rung {
  readonly number: number;
  readonly direction: 'sent' | 'received';
  readonly transport: string;
  readonly peer: string;
  /** The start line without the version, and for answers what they answer: `200 OK (INVITE)`. */
  readonly title: string;
  readonly callId: string;
  readonly text: string;
  readonly at: number;
}

/** The messages of this phone, the newest last. */
export interface Ladder {
  readonly rungs: readonly Rung[];
  readonly count: number;
  /** The number of the chosen one; undefined follows the newest. */
  readonly chosen: number | undefined;
  /** Only messages with this Call-ID. */
  readonly only: string | undefined;
  /** How far the text of one message is scrolled. */
  readonly textTop: number;
}

/** So many are kept: a call has about ten, a registration two every few minutes. */
const MAX_RUNGS = 500;
/** A message that is longer is cut: its text is kept to be read by people. */
const MAX_TEXT = 16_384;

export const emptyLadder: Ladder = Object.freeze({
  rungs: [],
  count: 0,
  chosen: undefined,
  only: undefined,
  textTop: 0,
});

export const withMessage = (ladder: Ladder, event: SignallingEvent): Ladder => {
  const rung: Rung = {
    number: ladder.count,
    direction: event.direction,
    transport: event.transport,
    peer: event.peer,
    title: titleOf(event),
    callId: event.callId,
    text: event.text.length > MAX_TEXT ? `${event.text.slice(0, MAX_TEXT)}\n(cut here)` : event.text,
    at: event.at,
  };
  return { ...ladder, rungs: [...ladder.rungs, rung].slice(-MAX_RUNGS), count: ladder.count + 1 };
};

const titleOf = ({ summary, text }: SignallingEvent): string => {
  if (!summary.startsWith('SIP/2.0 ')) return summary.replace(/ SIP\/2\.0$/, '');
  const method = /^CSeq[ \t]*:[ \t]*\d+[ \t]+(\S+)/im.exec(text)?.[1];
  return `${summary.slice('SIP/2.0 '.length)}${method === undefined ? '' : ` (${method})`}`;
};

/** What is shown of it. */
export const shownRungs = ({ rungs, only }: Ladder): readonly Rung[] =>
  only === undefined ? rungs : rungs.filter(({ callId }) => callId === only);

/** The place of the chosen one among those shown; the newest where that one is gone. */
export const chosenPlace = (ladder: Ladder): number => {
  const shown = shownRungs(ladder);
  const place = shown.findIndex(({ number }) => number === ladder.chosen);
  return place < 0 ? shown.length - 1 : place;
};

export const chosenRung = (ladder: Ladder): Rung | undefined => shownRungs(ladder)[chosenPlace(ladder)];

/** Chooses another one; at the end it follows the newest. */
export const movedBy = (ladder: Ladder, steps: number): Ladder => {
  const shown = shownRungs(ladder);
  const place = Math.max(0, Math.min(shown.length - 1, chosenPlace(ladder) + steps));
  return { ...ladder, textTop: 0, chosen: place >= shown.length - 1 ? undefined : shown[place]?.number };
};

/** All messages, or those of the chosen one's dialog. */
export const filtered = (ladder: Ladder): Ladder => {
  const chosen = chosenRung(ladder);
  return {
    ...ladder,
    only: ladder.only === undefined ? chosen?.callId : undefined,
    chosen: chosen?.number,
  };
};
