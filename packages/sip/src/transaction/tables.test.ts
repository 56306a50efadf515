import { describe, expect, it } from 'vitest';
import { ackOf, requestOf, TransactionLayer, testFlow } from '../../../../tools/testing/transaction-layer.ts';
import { buildResponse } from '../message/build.ts';
import { SipRequest } from '../message/message.ts';
import { ClientTransaction } from './client-transaction.ts';
import { inviteClient } from './invite-client.ts';
import { inviteServer } from './invite-server.ts';
import { nonInviteClient } from './non-invite-client.ts';
import { nonInviteServer } from './non-invite-server.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { TransitionTable } from './table.ts';

type Table = TransitionTable<string, string, string>;
type Either = ClientTransaction | ServerTransaction;

/** How one of the figures is driven from outside: into each state, and by each stimulus. */
interface Driver {
  readonly name: string;
  readonly table: Table;
  readonly begin: (layer: TransactionLayer) => Either;
  /** What leads from the first state to a state. */
  readonly into: Readonly<Record<string, readonly string[]>>;
}

const DELAYS: Readonly<Record<string, number>> = {
  'timer A': 500,
  'timer B': 32_000,
  'timer D': 32_000,
  'timer E': 500,
  'timer F': 32_000,
  'timer G': 500,
  'timer H': 32_000,
  'timer I': 5_000,
  'timer J': 32_000,
  'timer K': 5_000,
  'timer L': 32_000,
  'timer M': 32_000,
};

const drivers: readonly Driver[] = [
  {
    name: 'INVITE client',
    table: inviteClient,
    begin: (layer) => layer.asks('INVITE'),
    into: {
      calling: [],
      proceeding: ['1xx'],
      completed: ['300-699'],
      accepted: ['2xx'],
      terminated: ['timer B'],
    },
  },
  {
    name: 'non-INVITE client',
    table: nonInviteClient,
    begin: (layer) => layer.asks('MESSAGE'),
    into: { trying: [], proceeding: ['1xx'], completed: ['2xx'], terminated: ['timer F'] },
  },
  {
    name: 'INVITE server',
    table: inviteServer,
    begin: (layer) => layer.serves(requestOf('INVITE')),
    into: {
      proceeding: ['send 1xx'],
      completed: ['send 300-699'],
      confirmed: ['send 300-699', 'ACK'],
      accepted: ['send 2xx'],
      terminated: ['send 300-699', 'ACK', 'timer I'],
    },
  },
  {
    name: 'non-INVITE server',
    table: nonInviteServer,
    begin: (layer) => layer.serves(requestOf('MESSAGE')),
    into: {
      trying: [],
      proceeding: ['timer 100'],
      completed: ['send 2xx'],
      terminated: ['send 2xx', 'timer J'],
    },
  },
];

/** Whatever a table is asked is noted: no row counts as tried that the running machine did not look up. */
const looked = new Set<string>();
for (const { name, table } of drivers) {
  for (const [state, rows] of Object.entries(table)) {
    for (const [stimulus, row] of Object.entries(rows)) {
      Object.defineProperty(rows, stimulus, {
        enumerable: true,
        get: () => {
          looked.add(`${name}: ${state}, ${stimulus}`);
          return row;
        },
      });
    }
  }
}

const RESPONSES: Readonly<Record<string, number>> = { '1xx': 180, '2xx': 200, '300-699': 486 };

/** Applies a stimulus as the world does: by a message, a failure, or time. Time that passes before it is left out of account. */
const apply = (layer: TransactionLayer, transaction: Either, stimulus: string): void => {
  const [, kind, status] = /^(send )?(1xx|2xx|300-699)$/.exec(stimulus) ?? [];
  if (status !== undefined) respond(layer, transaction, RESPONSES[status]!, kind !== undefined);
  else if (stimulus === 'request') layer.transactions.requestArrived(served(transaction), testFlow());
  else if (stimulus === 'ACK') layer.transactions.requestArrived(ackOf(served(transaction)), testFlow());
  else if (stimulus === 'transport error') transaction.failed('the cable is cut');
  else waitFor(layer, delayOf(transaction, stimulus));
};

/** What the peer asked, as it sends it again: the transaction itself may have let it go. */
const asked = new WeakMap<object, SipRequest>();
const served = (transaction: Either): SipRequest => {
  const request = (transaction as ServerTransaction).request ?? asked.get(transaction);
  if (request === undefined) throw new Error('nobody knows what was asked');
  asked.set(transaction, request);
  return request;
};

const delayOf = (transaction: Either, stimulus: string): number => {
  if (stimulus === 'timer 100') return served(transaction).method === 'INVITE' ? 200 : 3_500;
  const delay = DELAYS[stimulus];
  if (delay === undefined) throw new Error(`nobody knows how to bring about "${stimulus}"`);
  return delay;
};

const waitFor = (layer: TransactionLayer, delay: number): void => {
  layer.passes(delay - 1 - (layer.now - enteredAt));
  layer.forget();
  layer.passes(1);
};

let enteredAt = 0;

const respond = (layer: TransactionLayer, transaction: Either, status: number, isOurs: boolean): void => {
  if (isOurs)
    (transaction as ServerTransaction).respond(buildResponse(served(transaction), status, { toTag: 'b' }));
  else
    layer.transactions.responseArrived(layer.answerTo(transaction as ClientTransaction, status), testFlow());
};

/** What was done, in the words of the tables. */
const doneBy = (layer: TransactionLayer, transaction: Either, lastBefore: number | undefined): string[] => {
  const isClient = transaction instanceof ClientTransaction;
  const sent = layer.sent.map(({ message }) => {
    if (message instanceof SipRequest) return message.method === 'ACK' ? 'acknowledge' : 'retransmit';
    if (message.status === lastBefore) return 'send again';
    return message.status === 100 ? 'send 100' : 'send';
  });
  const told = layer.told.map(({ what }) => {
    if (what.startsWith('response ') && !what.startsWith('response failed')) return 'pass up';
    if (what === 'ACK') return 'pass up';
    if (what.includes('cable')) return 'report transport error';
    return isClient || what.includes('in time') ? 'report timeout' : what;
  });
  return [...sent, ...told].sort();
};

const broughtInto = (driver: Driver, state: string): { layer: TransactionLayer; transaction: Either } => {
  const layer = new TransactionLayer();
  enteredAt = 0;
  const transaction = driver.begin(layer);
  const ways = driver.into[state];
  if (ways === undefined) throw new Error(`nobody knows the way into ${driver.name} ${state}`);
  for (const stimulus of ways) {
    apply(layer, transaction, stimulus);
    enteredAt = layer.now;
  }
  expect(transaction.state).toBe(state);
  layer.forget();
  return { layer, transaction };
};

/** Timers that a state took over from the one before, which began at 0. */
const startedBefore = (driver: Driver, state: string, stimulus: string): boolean =>
  driver.name === 'non-INVITE server' && state === 'proceeding' && stimulus === 'timer F';

const lastResponse = (transaction: Either): number | undefined =>
  transaction instanceof ClientTransaction ? undefined : transaction.response?.status;

describe.each(drivers)('$name', (driver) => {
  const rows = Object.entries(driver.table).flatMap(([state, row]) =>
    Object.keys(row).map((stimulus) => ({ state, stimulus })),
  );
  const stimuli = [...new Set(rows.map(({ stimulus }) => stimulus))];

  it.each(rows)('$state: $stimulus', ({ state, stimulus }) => {
    const { layer, transaction } = broughtInto(driver, state);
    const [next, ...actions] = driver.table[state]![stimulus]!;
    const last = lastResponse(transaction);
    looked.delete(`${driver.name}: ${state}, ${stimulus}`);
    if (startedBefore(driver, state, stimulus)) enteredAt = 0;
    apply(layer, transaction, stimulus);
    expect(transaction.state).toBe(next);
    const isRepeated = last !== undefined && stimulus.startsWith('send') && actions[0] === 'send';
    const expected = isRepeated && RESPONSES[stimulus.slice(5)] === last ? ['send again'] : [...actions];
    const shown = stimulus === 'timer 100' && last !== undefined ? [] : expected;
    expect(doneBy(layer, transaction, last)).toEqual(shown.sort());
    expect(looked).toContain(`${driver.name}: ${state}, ${stimulus}`);
  });

  const others = Object.keys(driver.table).flatMap((state) =>
    stimuli
      .filter((stimulus) => driver.table[state]![stimulus] === undefined && !stimulus.startsWith('timer'))
      .map((stimulus) => ({ state, stimulus })),
  );

  it.each(others)('$state: $stimulus is ignored', ({ state, stimulus }) => {
    const { layer, transaction } = broughtInto(driver, state);
    // A transaction that has ended is known to nobody: the message goes its way as one that matches none.
    if (state === 'terminated') {
      expect(layer.transactions.size).toEqual({ servers: 0, clients: 0 });
      return;
    }
    apply(layer, transaction, stimulus);
    expect(transaction.state).toBe(state);
    expect(doneBy(layer, transaction, undefined)).toEqual([]);
  });
});

describe('the rows of all four tables', () => {
  it('were all looked up by a running transaction', () => {
    const rows = drivers.flatMap(({ name, table }) =>
      Object.entries(table).flatMap(([state, row]) =>
        Object.keys(row).map((stimulus) => `${name}: ${state}, ${stimulus}`),
      ),
    );
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !looked.has(row))).toEqual([]);
  });
});
