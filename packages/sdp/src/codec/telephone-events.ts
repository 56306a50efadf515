import { numberIn } from '../grammar.ts';

/** 0–9, *, #, A–D: what is meant where nothing stands (RFC 4733 §2.4.1). */
export const DTMF_EVENTS = '0-15';

/** The events that a list such as `0-15,66,70` names, in order; what cannot be read names none (RFC 4733 §2.5.1.1). */
export const telephoneEvents = (text: string): readonly number[] => {
  const events = new Set<number>();
  for (const range of (text === '' ? DTMF_EVENTS : text).split(',')) {
    const [first, last, ...more] = range.trim().split('-');
    const [from, to] = [numberIn(first, 0, 255), numberIn(last ?? first, 0, 255)];
    if (from === undefined || to === undefined || more.length > 0) continue;
    for (let event = from; event <= to; event += 1) events.add(event);
  }
  return [...events].sort((one, other) => one - other);
};

/** The shortest list that names them. */
export const telephoneEventsText = (events: readonly number[]): string => {
  const sorted = [...new Set(events)].sort((one, other) => one - other);
  const ranges: [number, number][] = [];
  for (const event of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === event - 1) last[1] = event;
    else ranges.push([event, event]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
};
