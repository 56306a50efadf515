import { tryHold, tryPhone } from '../harness/phone-trial.ts';
import type { Suite } from '../harness/suite.ts';
import { phoneCalls } from '../sipp/phone-calls.ts';
import { phoneHolds } from '../sipp/phone-holds.ts';
import { phoneIsCalled } from '../sipp/phone-is-called.ts';

/** Each starts a process; what waits for timers waits beside the others. */
const trialsAtOnce = 3;

const suite: Suite = {
  name: 'phone-sipp',
  peers: ['SIPp'],
  shows:
    'SIPp beside one phone in the terminal, with no server between them, says what no phone should: answers that nobody can speak with, forks, 200s that cross CANCEL or come again, BYEs that cross, offers late, twice or at the same time, PRACK and UPDATE, redirections and challenges without end, responses of others and storms of them, an ACK that never comes. The messages, what the phone tells, its last words and its exit status are checked.',
  withinMs: 300_000,
  async run(stage) {
    const waiting: (readonly [name: string, play: () => Promise<void>])[] = [
      ...phoneIsCalled.map((trial) => [`it is called: ${trial.name}`, () => tryPhone(stage, trial)] as const),
      ...phoneHolds.map((trial) => [`it holds: ${trial.name}`, () => tryHold(stage, trial)] as const),
      ...phoneCalls.map((trial) => [`it calls: ${trial.name}`, () => tryPhone(stage, trial)] as const),
    ];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await stage.check(...next);
    };
    await Promise.all(Array.from({ length: trialsAtOnce }, work));
  },
};
export default suite;
