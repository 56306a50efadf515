import { instant, seededRandom, TimingWheel } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import {
  ClientTransactions,
  newTransactionId,
  overStream,
  type Retransmission,
  type TransactionOutcome,
} from './client-transaction.ts';
import { BINDING } from './header.ts';
import { parseStun, StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';

const server = { address: '192.0.2.1', port: 3478 };
const random = seededRandom(1);

const started = (retransmission?: Retransmission, accepts?: (response: StunMessage) => boolean) => {
  const wheel = new TimingWheel(instant(0));
  const transactions = new ClientTransactions(wheel);
  const id = newTransactionId(random);
  const sent: number[] = [];
  const outcomes: TransactionOutcome[] = [];
  let now = 0;
  const transaction = transactions.start({
    bytes: new MessageWriter(BINDING, 'request', id).bytes,
    ...(retransmission === undefined ? {} : { retransmission }),
    ...(accepts === undefined ? {} : { accepts }),
    send: () => sent.push(now),
    done: (outcome) => outcomes.push(outcome),
  });
  const runTo = (end: number): void => {
    for (; now < end; now += 100) wheel.expire(instant(now));
    wheel.expire(instant(end));
  };
  const answer = (transactionId = id): boolean => {
    const message = parseStun(new MessageWriter(BINDING, 'success', transactionId).bytes);
    return message instanceof StunMessage && transactions.received(message, server);
  };
  return { transactions, transaction, sent, outcomes, runTo, answer };
};

describe('a client transaction', () => {
  test('is sent at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s and given up at 39.5 s (RFC 8489 §6.2.1)', () => {
    const { transactions, sent, outcomes, runTo } = started();
    runTo(39_400);
    expect(sent).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(outcomes).toEqual([]);
    runTo(39_600);
    expect(outcomes).toEqual([{ kind: 'timeout' }]);
    expect(transactions.size).toBe(0);
  });

  test('over a stream is sent once and given up as late', () => {
    const { sent, outcomes, runTo } = started(overStream);
    runTo(39_400);
    expect([sent, outcomes]).toEqual([[0], []]);
    runTo(39_600);
    expect(outcomes).toEqual([{ kind: 'timeout' }]);
  });

  test('ends with its answer, and takes no second one', () => {
    const { sent, outcomes, runTo, answer } = started();
    runTo(600);
    expect(answer(newTransactionId(random))).toBe(false);
    expect(answer()).toBe(true);
    expect(answer()).toBe(false);
    runTo(60_000);
    expect(sent).toEqual([0, 500]);
    expect(outcomes).toMatchObject([{ kind: 'response', from: server }]);
  });

  test('goes on after an answer that may not be trusted', () => {
    let trusted = false;
    const { sent, outcomes, runTo, answer } = started(undefined, () => trusted);
    expect(answer()).toBe(false);
    runTo(1_000);
    expect([sent, outcomes]).toEqual([[0, 500], []]);
    trusted = true;
    expect(answer()).toBe(true);
    expect(outcomes.length).toBe(1);
  });

  test('that is cancelled says nothing more', () => {
    const { transactions, transaction, sent, outcomes, runTo, answer } = started();
    transaction.cancel();
    runTo(60_000);
    expect([sent, outcomes, answer(), transactions.size]).toEqual([[0], [], false, 0]);
  });

  test('that stops retransmitting still takes its answer', () => {
    const { transaction, sent, outcomes, runTo, answer } = started();
    transaction.stopRetransmitting();
    runTo(39_400);
    expect([sent, outcomes]).toEqual([[0], []]);
    expect(answer()).toBe(true);
    expect(outcomes.length).toBe(1);
  });
});
