import { describe, expect, it } from 'vitest';
import { ackOf, requestOf, TransactionLayer, testFlow } from '../../../../tools/testing/transaction-layer.ts';
import { buildResponse } from '../message/build.ts';

const answer = (method: string, status: number) => buildResponse(requestOf(method), status, { toTag: 'b' });

describe('requests of ours over UDP', () => {
  it('INVITE: Timer A doubles from T1 until Timer B ends it after 64 T1', () => {
    const layer = new TransactionLayer();
    layer.asks('INVITE');
    layer.passes(60_000);
    expect(layer.timesOf('INVITE')).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(layer.told).toEqual([{ at: 32_000, what: 'timeout: no answer came in time' }]);
    expect(layer.transactions.size.clients).toBe(0);
    expect(layer.wheel.size).toBe(0);
  });

  it('INVITE: a 100 stops Timer A, and Timer B too', () => {
    const layer = new TransactionLayer();
    const invite = layer.asks('INVITE');
    layer.passes(700);
    layer.transactions.responseArrived(layer.answerTo(invite, 100), testFlow());
    layer.passes(200_000);
    expect(layer.timesOf('INVITE')).toEqual([0, 500]);
    expect(invite.state).toBe('proceeding');
  });

  it('INVITE refused: each retransmission of the response brings an ACK, for 32 s (Timer D)', () => {
    const layer = new TransactionLayer();
    const invite = layer.asks('INVITE');
    const busy = layer.answerTo(invite, 486);
    layer.transactions.responseArrived(busy, testFlow());
    layer.passes(31_999);
    layer.transactions.responseArrived(busy, testFlow());
    layer.passes(1);
    layer.transactions.responseArrived(busy, testFlow());
    expect(layer.timesOf('ACK')).toEqual([0, 31_999]);
    expect(layer.told.map(({ what }) => what)).toEqual(['response 486', 'stray response']);
  });

  it('INVITE accepted: every 2xx is passed up for 64 T1 (Timer M), and none is acknowledged here', () => {
    const layer = new TransactionLayer();
    const invite = layer.asks('INVITE');
    const ok = layer.answerTo(invite, 200);
    for (const wait of [0, 500, 31_499, 1]) {
      layer.passes(wait);
      layer.transactions.responseArrived(ok, testFlow());
    }
    expect(layer.told.map(({ at, what }) => [at, what])).toEqual([
      [0, 'response 200'],
      [500, 'response 200'],
      [31_999, 'response 200'],
      [32_000, 'stray response'],
    ]);
    expect(layer.timesOf('ACK')).toEqual([]);
  });

  it('the rest: Timer E doubles up to T2, until Timer F ends it after 64 T1', () => {
    const layer = new TransactionLayer();
    layer.asks('MESSAGE');
    layer.passes(60_000);
    expect(layer.timesOf('MESSAGE')).toEqual([
      0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(layer.told).toEqual([{ at: 32_000, what: 'timeout: no answer came in time' }]);
  });

  it('the rest: in `proceeding` Timer E is T2', () => {
    const layer = new TransactionLayer();
    const message = layer.asks('MESSAGE');
    layer.passes(100);
    layer.transactions.responseArrived(layer.answerTo(message, 100), testFlow());
    layer.passes(13_000);
    expect(layer.timesOf('MESSAGE')).toEqual([0, 500, 4_500, 8_500, 12_500]);
  });

  it('the rest: Timer K absorbs retransmissions of the answer for T4', () => {
    const layer = new TransactionLayer();
    const message = layer.asks('MESSAGE');
    const ok = layer.answerTo(message, 200);
    for (const wait of [0, 4_999, 1]) {
      layer.passes(wait);
      layer.transactions.responseArrived(ok, testFlow());
    }
    expect(layer.told.map(({ what }) => what)).toEqual(['response 200', 'stray response']);
  });
});

describe('requests of ours over a connection', () => {
  it('are sent once, and time out all the same', () => {
    for (const method of ['INVITE', 'MESSAGE']) {
      const layer = new TransactionLayer();
      layer.asks(method, testFlow('tcp'));
      layer.passes(60_000);
      expect(layer.timesOf(method)).toEqual([0]);
      expect(layer.told.map(({ at }) => at)).toEqual([32_000]);
    }
  });

  it('are forgotten as soon as they are answered (Timers D and K are 0)', () => {
    for (const [method, status] of [
      ['INVITE', 486],
      ['MESSAGE', 200],
    ] as const) {
      const layer = new TransactionLayer();
      const asked = layer.asks(method, testFlow('tls'));
      layer.transactions.responseArrived(layer.answerTo(asked, status), testFlow('tls'));
      layer.passes(1);
      expect(layer.transactions.size.clients).toBe(0);
    }
  });
});

describe('answers of ours', () => {
  it('INVITE: 100 after 200 ms where nobody has answered', () => {
    const layer = new TransactionLayer();
    layer.serves(requestOf('INVITE'));
    layer.passes(199);
    expect(layer.sent).toEqual([]);
    layer.passes(1_000);
    expect(layer.timesOf(100)).toEqual([200]);
  });

  it('INVITE: no 100 where a 180 came before', () => {
    const layer = new TransactionLayer();
    layer.serves(requestOf('INVITE')).respond(answer('INVITE', 180));
    layer.passes(1_000);
    expect(layer.sent.map(({ message }) => 'status' in message && message.status)).toEqual([180]);
  });

  it('INVITE refused over UDP: Timer G doubles up to T2, until Timer H gives up after 64 T1', () => {
    const layer = new TransactionLayer();
    layer.serves(requestOf('INVITE')).respond(answer('INVITE', 486));
    layer.passes(60_000);
    expect(layer.timesOf(486)).toEqual([
      0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(layer.told.at(-1)).toMatchObject({ at: 32_000, what: expect.stringContaining('no ACK') });
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('INVITE refused: the ACK stops it, later ones are absorbed for T4 (Timer I)', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    layer.serves(invite).respond(answer('INVITE', 486));
    layer.passes(600);
    layer.forget();
    for (const wait of [0, 4_999]) {
      layer.passes(wait);
      layer.transactions.requestArrived(ackOf(invite), testFlow());
    }
    expect([layer.sent, layer.told]).toEqual([[], []]);
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('INVITE refused over a connection: once, and Timer I is 0', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    layer.serves(invite, testFlow('tcp')).respond(answer('INVITE', 486));
    layer.passes(20_000);
    expect(layer.timesOf(486)).toEqual([0]);
    layer.transactions.requestArrived(ackOf(invite), testFlow('tcp'));
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('INVITE accepted (RFC 6026): retransmissions are absorbed, each 2xx is sent, ACKs are passed up, for 64 T1', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    const served = layer.serves(invite);
    served.respond(answer('INVITE', 200));
    layer.forget();
    layer.transactions.requestArrived(invite, testFlow());
    expect([layer.sent, layer.told]).toEqual([[], []]);
    layer.passes(31_999);
    served.respond(answer('INVITE', 200));
    layer.transactions.requestArrived(ackOf(invite), testFlow());
    expect(layer.timesOf(200)).toEqual([31_999]);
    expect(layer.told.map(({ what }) => what)).toEqual(['ACK']);
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('the rest (RFC 4320): nothing provisional but one 100 at 3.5 s, and nothing final after 64 T1', () => {
    const layer = new TransactionLayer();
    const served = layer.serves(requestOf('MESSAGE'));
    served.respond(answer('MESSAGE', 183));
    layer.passes(60_000);
    expect(layer.sent.map(({ at, message }) => [at, 'status' in message && message.status])).toEqual([
      [3_500, 100],
    ]);
    served.respond(answer('MESSAGE', 200));
    expect(layer.sent).toHaveLength(1);
    expect(layer.told.at(-1)?.at).toBe(32_000);
  });

  it('the rest: a retransmission before any answer is met by silence, after it by the answer, for 64 T1 (Timer J)', () => {
    const layer = new TransactionLayer();
    const request = requestOf('MESSAGE');
    const served = layer.serves(request);
    layer.transactions.requestArrived(request, testFlow());
    expect(layer.sent).toEqual([]);
    served.respond(answer('MESSAGE', 200));
    layer.passes(31_999);
    layer.transactions.requestArrived(request, testFlow());
    expect(layer.timesOf(200)).toEqual([0, 31_999]);
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('the rest over a connection are forgotten at once (Timer J is 0)', () => {
    const layer = new TransactionLayer();
    layer.serves(requestOf('MESSAGE'), testFlow('tcp')).respond(answer('MESSAGE', 200));
    layer.passes(1);
    expect(layer.transactions.size.servers).toBe(0);
  });
});
