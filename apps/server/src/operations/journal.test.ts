import { OVERLOADED, type ProviderEvent } from '@ringdown/provider';
import { instant } from '@ringdown/sans-io';
import { buildRequest, type Flow } from '@ringdown/sip';
import { expect, it } from 'vitest';
import { journal } from './journal.ts';
import type { Facts } from './log.ts';
import { createMetrics } from './metrics.ts';

const flow: Flow = {
  transport: 'udp',
  connection: '',
  local: { address: '2001:db8::1', port: 5060 },
  remote: { address: '2001:db8::2', port: 5062 },
  advertised: { address: '2001:db8::1', port: 5060 },
  open: true,
  peerNames: [],
};
const request = buildRequest({
  method: 'REGISTER',
  uri: 'sip:radio.example',
  headers: [
    ['From', '<sip:studio@radio.example>;tag=1'],
    ['To', '<sip:studio@radio.example>'],
    ['Call-ID', 'a'],
    ['CSeq', '1 REGISTER'],
  ],
});

/** The lines of level info that an event makes. */
const told = (event: ProviderEvent): readonly Facts[] => {
  const lines: Facts[] = [];
  const nothing = () => undefined;
  const info = (facts: Facts) => void lines.push(facts);
  journal(
    { debug: nothing, info, warn: nothing, error: nothing, isVerbose: true, flush: nothing },
    createMetrics().tally,
  )(event);
  return lines;
};
const answered = (status: number, why?: string) =>
  told({ kind: 'answered', request, flow, status, why: why ?? undefined });

it('tells of a wrong password and an unknown user, and where they came from', () => {
  for (const why of ['wrong password of user "studio"', 'unknown user "studio"'])
    expect(answered(401, why)).toMatchObject([
      {
        event: 'refused',
        status: 401,
        why,
        source: 'udp:[2001:db8::2]:5062',
        to: 'sip:studio@radio.example',
      },
    ]);
});

it('tells of refusals, and not of what belongs to every exchange', () => {
  expect(answered(403, 'it is not theirs')).toMatchObject([{ event: 'refused', status: 403 }]);
  expect(answered(200)).toEqual([]);
  expect(answered(401, 'no credentials')).toEqual([]);
  expect(answered(407, 'an old nonce')).toEqual([]);
});

it('tells each call once, and what is changed in it only where that was refused', () => {
  const relayed = (to: string, status: number) =>
    told({
      kind: 'relayed',
      outcome: {
        request: buildRequest({
          method: 'INVITE',
          uri: 'sip:bob@192.0.2.9',
          headers: [
            ['From', '<sip:studio@radio.example>;tag=1'],
            ['To', to],
            ['Call-ID', 'a'],
            ['CSeq', '1 INVITE'],
          ],
        }),
        status,
        transaction: undefined as never,
        branches: 1,
        startedAt: instant(0),
        endedAt: instant(20),
        why: undefined,
      },
    });
  expect(relayed('<sip:bob@radio.example>', 200)).toMatchObject([
    { event: 'call', status: 200, setupMs: 20 },
  ]);
  expect(relayed('<sip:bob@radio.example>;tag=2', 200)).toEqual([]);
  expect(relayed('<sip:bob@radio.example>;tag=2', 488)).toMatchObject([
    { event: 'call changed', status: 488 },
  ]);
});

it('tells of overload in a few lines a second', () => {
  const lines: Facts[] = [];
  const log = {
    debug: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    isVerbose: false,
    flush: () => undefined,
  };
  let nowMs = 5_000;
  const { tally } = createMetrics();
  const tell = journal({ ...log, info: (facts: Facts) => void lines.push(facts) }, tally, () => nowMs);
  const refused: ProviderEvent = { kind: 'answered', request, flow, status: 503, why: OVERLOADED };
  for (let count = 0; count < 1_000; count++) tell(refused);
  expect(lines).toHaveLength(5);
  nowMs += 1_000;
  tell(refused);
  expect(lines).toHaveLength(6);
  expect(tally.answers.get('REGISTER 503')).toBe(1_001);
  nowMs += 1_000;
  const bytes = Buffer.from(request.head, 'latin1');
  tell({ kind: 'turned away', method: 'REGISTER', bytes, flow, status: 503, why: OVERLOADED });
  expect(lines.at(-1)).toEqual(lines[0]);
  expect(lines).toHaveLength(7);
  expect(tally.answers.get('REGISTER 503')).toBe(1_002);
});
