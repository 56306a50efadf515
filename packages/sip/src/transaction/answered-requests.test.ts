import { describe, expect, it } from 'vitest';
import { requestOf, TransactionLayer, testFlow } from '../../../../tools/testing/transaction-layer.ts';
import { buildResponse, type ResponseParts } from '../message/build.ts';
import { AnsweredRequests } from './answered-requests.ts';
import { defaultTimes } from './delays.ts';

const register = requestOf('REGISTER');
const parts: ResponseParts = {
  toTag: 'b',
  reason: 'Fine',
  headers: [
    ['Contact', '<sip:a@192.0.2.7>'],
    ['Contact', '<sip:b@192.0.2.7>'],
  ],
};

/** A layer that has answered a REGISTER at once. */
const answered = (said: ResponseParts = parts, flow = testFlow()): TransactionLayer => {
  const layer = new TransactionLayer();
  layer.transactions.answer(register, flow, 200, said);
  return layer;
};

/** Keys that begin with these have the same number where the seed is 0: a search found them. */
const PAIR = ['z9hG4bK1kz8nse', 'z9hG4bKiawj7'] as const;

const sentBy = ({ sent }: TransactionLayer) => sent.map(({ at, flow }) => [at, flow.remote.port]);

describe('requests that are answered at once', () => {
  it('get the same answer each time they come again, for 64 T1 (Timer J)', () => {
    const layer = answered();
    layer.passes(31_999);
    layer.transactions.requestArrived(register, testFlow());
    const { head } = buildResponse(register, 200, parts);
    expect(layer.sent.map(({ at, message }) => [at, message.head])).toEqual([
      [0, head],
      [31_999, head],
    ]);
    expect(layer.sent[1]!.message).toMatchObject({ status: 200, reason: 'Fine' });
    expect(layer.told).toEqual([]);
  });

  it('are forgotten then, and leave no timer', () => {
    const layer = answered();
    expect(layer.transactions.size.servers).toBe(1);
    layer.passes(32_100);
    expect(layer.transactions.size.servers).toBe(0);
    expect(layer.wheel.size).toBe(0);
    layer.transactions.requestArrived(register, testFlow());
    expect(layer.told.map(({ what }) => what)).toEqual(['request']);
  });

  it('are forgotten one after the other', () => {
    const layer = answered();
    layer.passes(20_000);
    const later = requestOf('REGISTER', 'z9hG4bKlater');
    layer.transactions.answer(later, testFlow(), 200);
    layer.passes(13_000);
    expect(layer.transactions.size.servers).toBe(1);
    expect([layer.transactions.isServing(register), layer.transactions.isServing(later)]).toEqual([
      false,
      true,
    ]);
    layer.passes(20_000);
    expect(layer.wheel.size).toBe(0);
  });

  it('are met by silence where they come from elsewhere', () => {
    const layer = answered();
    layer.transactions.requestArrived(register, testFlow('udp', 9_999));
    expect(sentBy(layer)).toEqual([[0, 5060]]);
    expect(layer.told).toEqual([]);
  });

  it('get the same answer where that says nothing but its status', () => {
    const layer = answered({});
    layer.transactions.requestArrived(register, testFlow());
    expect(layer.sent[1]!.message.head).toBe(layer.sent[0]!.message.head);
  });

  it('keep an answer with a body whole', () => {
    const body = new Uint8Array([1, 2, 3]);
    const layer = answered({ body });
    layer.transactions.requestArrived(register, testFlow());
    expect(layer.sent.map(({ message }) => message.body)).toEqual([body, body]);
    layer.passes(32_000);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('over a connection are forgotten at once (Timer J is 0)', () => {
    const layer = answered(parts, testFlow('tcp'));
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
    expect(layer.sent).toHaveLength(1);
  });

  it('are told of where the answer cannot be sent', () => {
    const layer = answered(parts, { ...testFlow(), open: false });
    expect(layer.told.map(({ what }) => what)).toEqual([
      'response failed: the connection of the request is closed and no other could be opened',
    ]);
  });

  it('are told apart, though somebody may have chosen branches with the same number', () => {
    const layer = new TransactionLayer();
    for (const branch of PAIR) {
      const request = requestOf('REGISTER', branch);
      layer.transactions.answer(request, testFlow(), 200, { toTag: branch });
    }
    expect(layer.transactions.size.servers).toBe(2);
    // The second has a transaction of its own, and that a timer of its own.
    expect(layer.wheel.size).toBe(3);
    layer.forget();
    for (const branch of PAIR) layer.transactions.requestArrived(requestOf('REGISTER', branch), testFlow());
    expect(layer.sent.map(({ message }) => message.text('To'))).toEqual(
      PAIR.map((branch) => `<sip:bob@home.example>;tag=${branch}`),
    );
    expect(layer.told).toEqual([]);
  });

  it('cannot be chosen so by who does not know the seed', () => {
    const { wheel } = new TransactionLayer();
    const bothKept = (seed: number): boolean => {
      const answered = new AnsweredRequests(wheel, defaultTimes, seed);
      const keep = (branch: string) => answered.keep(`${branch} 192.0.2.7 REGISTER`, testFlow(), 200, {});
      return [PAIR[0], PAIR[1]].map(keep).every((kept) => kept);
    };
    expect([bothKept(0), bothKept(4_711), bothKept(2 ** 32 - 1)]).toEqual([false, true, true]);
  });

  it('end in silence with the layer', () => {
    const layer = answered();
    layer.transactions.close();
    expect(layer.transactions.size.servers).toBe(0);
    layer.passes(100);
    expect(layer.wheel.size).toBe(0);
  });
});
