import assert from 'node:assert/strict';
import type { NodePhone } from '../harness/node-phone.ts';
import { answer, expect, invited, reply, request, type Step, sdp } from '../harness/sipp-script.ts';

/** What SIPp makes of a hold, and what has to come of it. */
export interface HoldTrial {
  readonly name: string;
  readonly steps: readonly (Step | readonly Step[])[];
  readonly act: (phone: NodePhone) => Promise<void>;
}

const well = sdp();
const held = well.replace('1 1 IN', '1 2 IN').concat('a=recvonly\n');
const answered = [invited(), answer('200 OK', { body: well }), expect('ACK')];
const refused = (status: string, headers: readonly string[] = []): readonly Step[] => [
  invited(),
  answer(status, { headers }),
  expect('ACK'),
];
const taken = [invited(), answer('200 OK', { body: held }), expect('ACK')];
const hungUp = [expect('BYE'), reply('200 OK')];
const hangsUp = async (phone: NodePhone): Promise<void> => {
  assert.partialDeepStrictEqual(await phone.call('hangUp'), { by: 'us' });
};

export const phoneHolds: readonly HoldTrial[] = [
  {
    name: 'two offers cross: 491 each way, and the hold is made again',
    steps: [
      answered,
      invited(),
      request('INVITE', { cseq: 1, body: well }),
      expect(100, { optional: true }),
      expect(491),
      request('ACK', { cseq: 1, branch: '[branch-3]' }),
      answer('491 Request Pending'),
      expect('ACK'),
      taken,
      hungUp,
    ],
    act: async (phone) => {
      await phone.call('hold');
      await hangsUp(phone);
    },
  },
  {
    name: '488 to a hold: it is told, and the call goes on',
    steps: [answered, refused('488 Not Acceptable Here'), hungUp],
    act: async (phone) => {
      await assert.rejects(phone.call('hold'), /no codec/);
      await hangsUp(phone);
    },
  },
  {
    name: '500 with a short Retry-After to a hold: asked again when that is over',
    steps: [answered, refused('500 Server Internal Error', ['Retry-After: 1']), taken, hungUp],
    act: async (phone) => {
      await phone.call('hold');
      await hangsUp(phone);
    },
  },
  {
    name: '481 to a hold: the call is over',
    steps: [answered, refused('481 Call/Transaction Does Not Exist')],
    act: async (phone) => {
      await assert.rejects(phone.call('hold'));
      assert.partialDeepStrictEqual(await phone.event('ended'), {
        by: 'network',
        cause: { what: 'The other side has gone without hanging up.' },
      });
    },
  },
];
