import { describe, expect, it } from 'vitest';
import {
  chosenRung,
  emptyLadder,
  filtered,
  movedBy,
  type SignallingEvent,
  shownRungs,
  withMessage,
} from './ladder.ts';

const message = (number: number, callId = 'a'): SignallingEvent => ({
  kind: 'signalling',
  direction: number % 2 === 0 ? 'sent' : 'received',
  transport: 'udp',
  peer: '192.0.2.1:5060',
  summary: number % 2 === 0 ? 'OPTIONS sip:radio.example SIP/2.0' : 'SIP/2.0 200 OK',
  callId,
  text: `start\r\ncseq : ${number} OPTIONS\r\n\r\n`,
  at: number,
});

const ladderOf = (count: number) =>
  Array.from({ length: count }, (_, number) => message(number, number % 3 === 0 ? 'b' : 'a')).reduce(
    withMessage,
    emptyLadder,
  );

describe('the ladder', () => {
  it('says what an answer answers', () => {
    expect(ladderOf(2).rungs.map(({ title }) => title)).toEqual([
      'OPTIONS sip:radio.example',
      '200 OK (OPTIONS)',
    ]);
  });

  it('forgets the oldest messages, and cuts what is too long', () => {
    const ladder = withMessage(ladderOf(700), { ...message(700), text: 'x'.repeat(99_999) });
    expect(ladder.rungs).toHaveLength(500);
    expect(ladder.rungs[0]!.number).toBe(201);
    expect(ladder.rungs.at(-1)!.text).toMatch(/^x{16384}\n\(cut here\)$/);
  });

  it('follows the newest until another one is chosen, and again from the end on', () => {
    let ladder = ladderOf(10);
    expect(chosenRung(ladder)?.number).toBe(9);
    ladder = withMessage(movedBy(ladder, -3), message(10));
    expect(chosenRung(ladder)?.number).toBe(6);
    ladder = withMessage(movedBy(ladder, 99), message(11));
    expect(chosenRung(ladder)?.number).toBe(11);
  });

  it('shows one dialog or all, with the same message chosen', () => {
    const one = filtered(movedBy(ladderOf(10), -3));
    expect(shownRungs(one).map(({ number }) => number)).toEqual([0, 3, 6, 9]);
    expect(chosenRung(one)?.number).toBe(6);
    expect(chosenRung(filtered(one))?.number).toBe(6);
    expect(shownRungs(filtered(one))).toHaveLength(10);
  });

  it('has nothing to choose while it is empty', () => {
    expect(chosenRung(filtered(movedBy(emptyLadder, -1)))).toBeUndefined();
  });
});
