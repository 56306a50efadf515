import { type Random, seededRandom } from '@ringdown/sans-io';
import type { IncomingPhoneCall, MediaEvent } from '@ringdown/user-agent';
import { expect, it } from 'vitest';
import { Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

/** Whatever people do with their phones, and the network with what they say: every promise is kept or refused, and all ends. */

const USERS = ['alice', 'bob', 'carol'];

/** What goes on for as long as people want it to. */
const mayLast: ReadonlySet<string> = new Set([
  'the end of a call',
  'the end of a call that came in',
  'presence',
]);

class Crowd {
  readonly stage: Stage;
  readonly random: Random;
  readonly staged: StagedPhone[] = [];
  /** What has not been settled yet, and what it was. */
  readonly open = new Map<Promise<unknown>, string>();

  constructor(stage: Stage, random: Random) {
    this.stage = stage;
    this.random = random;
  }

  any<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.random.fraction() * values.length)];
  }

  follows(promise: Promise<unknown>, what: string): void {
    this.open.set(promise, what);
    const done = (): boolean => this.open.delete(promise);
    promise.then(done, done);
  }

  async picksUp(incoming: AsyncIterable<IncomingPhoneCall<string>>): Promise<void> {
    for await (const call of incoming) {
      this.follows(call.ended, 'the end of a call that came in');
      const what = this.random.fraction();
      if (what < 0.6) this.follows(call.answer(), 'an answer');
      else if (what < 0.8) call.refuse(486);
    }
  }

  /** One of them does something, wise or not. */
  acts(): void {
    const { phone, platform } = this.any(this.staged)!;
    const call = this.any(phone.calls);
    const someone = this.any([...USERS, 'nobody'])!;
    const session = [...platform.media.sessions.keys()].at(-1) ?? 'none';
    const tells = (event: MediaEvent): void => platform.opened.tells(event);
    const acts: readonly (() => void)[] = [
      () => this.follows(phone.dial(someone).ended, 'the end of a call'),
      () => this.follows(phone.call(someone), 'a call'),
      () => call?.hangUp(),
      () => call && this.follows(call.hold(), 'a hold'),
      () => call && this.follows(call.resume(), 'a resume'),
      () => call && this.follows(call.transfer(someone), 'a transfer'),
      () => call && this.follows(call.transfer(this.any(phone.calls)!), 'an attended transfer'),
      () => call?.mute(this.random.fraction() < 0.5),
      () => call?.state === 'established' && call.sendDigits('1'),
      () => this.follows(phone.message(someone, 'Hello'), 'a text'),
      () => this.follows(phone.capabilities(someone), 'a question'),
      () => phone.publish(this.random.fraction() < 0.5 ? { isOpen: true } : undefined),
      () => this.follows(phone.presence(someone).next(), 'presence'),
      () => phone.moved(),
      () => tells({ kind: 'restart wanted', session, why: 'silence' }),
      () => tells({ kind: 'fragment', session, fragment: 'a=ice-ufrag:abcd\r\n' }),
      () => tells({ kind: 'failed', session, why: 'No sound.', next: 'Look.' }),
    ];
    this.any(acts)!();
  }
}

it.each(Array.from({ length: 20 }, (_, index) => index + 1))('ends well (%i)', async (seed) => {
  const unhandled: unknown[] = [];
  const note = (why: unknown): void => void unhandled.push(why);
  process.on('unhandledRejection', note);
  try {
    const random = seededRandom(seed);
    const stage = new Stage(new World({ users: USERS, presence: true }));
    const crowd = new Crowd(stage, random);
    for (const [index, user] of USERS.entries()) {
      const staged = await stage.phone(user, { transport: index === 0 ? 'tcp' : 'udp' });
      crowd.staged.push(staged);
      void crowd.picksUp(staged.phone.incoming());
    }
    // Over TCP nothing gets lost in between.
    const lossy = crowd.staged.slice(1).map(({ platform }) => platform);
    for (const platform of lossy) platform.loses = () => random.fraction() < (seed % 2) * 0.15;
    for (let acts = 0; acts < 80; acts++) {
      crowd.acts();
      await stage.passes(Math.floor(random.fraction() ** 4 * 8_000));
    }
    for (const platform of lossy) platform.loses = () => false;
    await stage.passes(300_000);
    expect([...crowd.open.values()].filter((what) => !mayLast.has(what))).toEqual([]);
    await Promise.all(crowd.staged.map(({ phone }) => stage.settled(phone.close())));
    await stage.rests();
    expect([...crowd.open.values()]).toEqual([]);
    for (const { phone, platform } of crowd.staged) {
      const { isOpen, leftOpen } = platform.opened;
      expect([phone.calls, phone.registration, isOpen, leftOpen]).toEqual([[], 'unregistered', false, 0]);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
