import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readWav } from '../../tools/testing/sound/recording.ts';
import type { BrowserPhone } from '../harness/browser-phone.ts';
import { eventually } from '../harness/deadline.ts';
import type { NodePhone } from '../harness/node-phone.ts';
import { nodeSays, PAGE_SAYS, PageLab, profile, TERMINAL_SAYS } from '../harness/page-lab.ts';
import { mayBuildNetworks } from '../harness/root.ts';
import { expectTones } from '../harness/sound.ts';
import type { Suite } from '../harness/suite.ts';
import type { TerminalPhone } from '../harness/terminal-phone.ts';

const agreed = { codec: 'opus', rateHz: 48_000, channels: 2, security: 'dtls-srtp' } as const;

const suite: Suite = {
  name: 'phone-chromium-terminal',
  peers: ['Chromium', 'ringdown'],
  shows:
    'A page of Chromium and the phone in the terminal call each other over UDP and WebSocket: Opus in stereo with ICE and DTLS-SRTP, each tone measured on its channel at both ends; hold, digits, hanging up, early sound and candidates told later from each side; who protects nothing is refused with a reason on both sides. Needs root.',
  withinMs: 240_000,
  async run(stage) {
    if (!mayBuildNetworks()) return;
    const lab = await PageLab.build(stage);
    const alice = await lab.alice();
    for (const transport of ['udp', 'ws'] as const) await talk(lab, alice, transport);
    await keys(lab, alice);
    await refusals(lab, alice);
    await holds(lab, alice);
    await alice.call('close');
    await early(lab);
    await trickle(lab);
  },
};
export default suite;

const speaks = ['--tone', TERMINAL_SAYS.join(','), '--record', 'heard.wav', '--profile', profile];

/** The last seconds of what a terminal heard: on a busy machine a page has gaps at first. */
const expectHeard = (phone: TerminalPhone | NodePhone, file = 'heard.wav'): void => {
  const whole = readWav(join(phone.folder, file));
  const channels = whole.channels.map((channel) => channel.subarray(-2.3 * whole.sampleRateHz));
  expectTones({ ...whole, channels }, { frequenciesHz: PAGE_SAYS });
};

/** For some seconds nothing is lost or made up, as the terminal tells. */
const expectQuality = async (phone: TerminalPhone): Promise<void> => {
  const mark = phone.mark();
  await phone.eventThat('quality', ({ mos, concealedRatio }) => mos > 3.5 && concealedRatio < 0.05, 15_000);
  await eventually(
    () =>
      phone.events.slice(mark).filter(({ event }) => event === 'quality').length >= 3 ? true : undefined,
    10_000,
    'three seconds of the call',
  );
};

const talk = async (lab: PageLab, alice: BrowserPhone, transport: 'udp' | 'ws'): Promise<void> => {
  /** Over UDP the page hangs up when it has called, over WebSocket when it was called. */
  const pageEnds = { calling: transport === 'udp', called: transport !== 'udp' };
  const expectEnd = async (bob: TerminalPhone, byPage: boolean, mark: number): Promise<void> => {
    if (byPage) assert.partialDeepStrictEqual(await alice.call('hangUp'), { by: 'us' });
    else bob.interrupt();
    const [here, there] = byPage ? ['us', 'peer'] : ['peer', 'us'];
    assert.equal((await alice.event('ended', 10_000, mark)).by, here);
    assert.equal((await bob.event('ended')).by, there);
    assert.equal(await bob.status(), 0);
  };
  const expectCall = async (bob: TerminalPhone, mark: number): Promise<void> => {
    const path = { path: 'direct', ice: true } as const;
    assert.partialDeepStrictEqual(await bob.event('media'), { ...agreed, ...path, direction: 'sendrecv' });
    await bob.event('sound');
    await alice.hears(...TERMINAL_SAYS);
    await expectQuality(bob);
    const [{ media }, way] = await Promise.all([
      alice.event('media', 10_000, mark),
      alice.event('path', 10_000, mark),
    ]);
    assert.partialDeepStrictEqual(media, agreed);
    assert.partialDeepStrictEqual(way.path, { kind: 'direct', ice: true });
  };

  await lab.check(alice, `over ${transport}: the page calls ringdown answer`, async () => {
    const mark = alice.mark();
    const bob = lab.bob(['answer', '--auto', '--once'], { transport, options: speaks });
    await bob.event('registered', 15_000);
    await alice.call('call', lab.address('bob'), { profile }, PAGE_SAYS);
    await expectCall(bob, mark);
    assert.equal((await bob.event('incoming')).peer, lab.address('alice'));
    await expectEnd(bob, pageEnds.calling, mark);
    expectHeard(bob);
  });
  await lab.check(alice, `over ${transport}: ringdown call calls the page`, async () => {
    const mark = alice.mark();
    const answered = alice.answers({ profile }, PAGE_SAYS);
    const bob = lab.bob(['call', 'alice'], { transport, options: speaks });
    await bob.event('ringing', 20_000);
    await answered;
    await expectCall(bob, mark);
    await expectEnd(bob, pageEnds.called, mark);
    expectHeard(bob);
  });
};

const keys = async (lab: PageLab, alice: BrowserPhone): Promise<void> => {
  await lab.check(
    alice,
    'keys that the page presses arrive in the terminal, each once, in their order',
    async () => {
      const bob = lab.bob(['answer', '--auto', '--once']);
      await bob.event('registered', 15_000);
      await alice.call('call', lab.address('bob'), { profile: 'voice' }, [500]);
      assert.partialDeepStrictEqual(await bob.event('media'), { codec: 'opus', channels: 1 });
      await bob.event('sound');
      await alice.call('sendDigits', '1594*#');
      await bob.eventThat('digit', ({ digit }) => digit === '#', 15_000);
      assert.equal(
        bob
          .all('digit')
          .map(({ digit }) => digit)
          .join(''),
        '1594*#',
      );
      bob.interrupt();
      assert.equal(await bob.status(), 0);
    },
  );
  await lab.check(alice, 'keys that the terminal presses go out, and the page hears on', async () => {
    const answered = alice.answers({ profile }, PAGE_SAYS);
    const bob = lab.bob(['call', 'alice'], { options: [...speaks, '--dtmf', '12#'] });
    await answered;
    assert.equal((await bob.event('digits-sent', 20_000)).digits, '12#');
    await alice.hears(...TERMINAL_SAYS);
    await alice.call('hangUp');
    assert.equal(await bob.status(), 0);
  });
};

const refusals = async (lab: PageLab, alice: BrowserPhone): Promise<void> => {
  const unprotected = ['--security', 'none'];
  await lab.check(alice, 'the page is not called without protection, and both are told', async () => {
    const mark = alice.mark();
    const answered = alice.answers({ profile }, PAGE_SAYS);
    const bob = lab.bob(['call', 'alice'], { options: unprotected });
    assert.equal(await bob.status(25_000), 1);
    assert.partialDeepStrictEqual(await bob.event('ended'), { by: 'peer', cause: { status: 488 } });
    assert.match(bob.process.output, /no codec or encryption in common; allow more of them/);
    await assert.rejects(answered);
    assert.partialDeepStrictEqual(await alice.event('ended', 10_000, mark), { cause: { status: 488 } });
  });
  await lab.check(alice, 'the page calls who protects nothing, and both are told', async () => {
    const bob = lab.bob(['answer', '--auto'], { options: unprotected });
    await bob.event('registered', 15_000);
    const mark = alice.mark();
    await assert.rejects(
      alice.call('call', lab.address('bob'), { profile }, PAGE_SAYS),
      /no codec or encryption in common. Allow more of them/,
    );
    assert.partialDeepStrictEqual(await alice.event('ended', 10_000, mark), {
      by: 'peer',
      cause: { status: 488 },
    });
    assert.equal((await bob.event('ended')).cause.status, 488);
    bob.interrupt();
    assert.equal(await bob.status(), 0);
  });
};

const holds = async (lab: PageLab, alice: BrowserPhone): Promise<void> => {
  const { stage } = lab;
  const carol = await lab.carol('carol');
  await carol.event('ready');
  await stage.check(
    'the page holds and resumes: the terminal is told, hears nothing, and all again',
    async () => {
      const answered = carol.answers({ ...nodeSays, record: join(carol.folder, 'heard.wav') });
      await alice.call('call', lab.address('carol'), { profile }, PAGE_SAYS);
      await answered;
      await alice.hears(...TERMINAL_SAYS);
      const mark = carol.mark();
      await alice.call('hold');
      assert.equal((await carol.event('held', 5_000, mark)).by, 'peer');
      await carol.hears('silence');
      await alice.call('resume');
      assert.equal((await carol.event('resumed', 5_000, mark)).by, 'peer');
      await carol.hears('sound');
      await alice.hears(...TERMINAL_SAYS);
    },
  );
  await stage.check('the terminal holds and resumes: the page is told, and hears all again', async () => {
    const mark = alice.mark();
    await carol.call('hold');
    assert.equal((await alice.event('held', 5_000, mark)).by, 'peer');
    assert.equal((await alice.call<{ isHeldByPeer: boolean }>('state')).isHeldByPeer, true);
    await carol.call('resume');
    assert.equal((await alice.event('resumed', 5_000, mark)).by, 'peer');
    await alice.hears(...TERMINAL_SAYS);
    await carol.hears('sound');
  });
  await stage.check(
    'both hold at once, and both resume at once: the offers that cross are made again',
    async () => {
      const both = [alice, carol] as const;
      for (const [act, told] of [
        ['hold', 'held'],
        ['resume', 'resumed'],
      ] as const) {
        const marks = both.map((phone) => phone.mark());
        await Promise.all(both.map((phone) => phone.call(act)));
        for (const [index, phone] of both.entries())
          await eventually(
            () => phone.events.slice(marks[index]).find(({ kind, by }) => kind === told && by === 'us'),
            15_000,
            `${told} by us`,
          );
      }
      const isFree = async (): Promise<true | undefined> =>
        (await alice.call<{ isHeldByPeer: boolean }>('state')).isHeldByPeer ? undefined : true;
      await eventually(isFree, 10_000, 'the page is not held any more');
      await alice.hears(...TERMINAL_SAYS);
      await carol.hears('sound');
      await new Promise((resolve) => setTimeout(resolve, 3_000)); // what is measured below
      await alice.call('hangUp');
      assert.equal((await carol.event('ended')).by, 'peer');
      expectHeard(carol);
    },
  );
  await carol.call('close');
};

const early = async (lab: PageLab): Promise<void> => {
  const { stage } = lab;
  await stage.check(
    'the way is made while the terminal rings: sound is there as soon as it answers',
    async () => {
      const alice = await lab.alice();
      const carol = await lab.carol('carol-early', { early: 'everyone' });
      const called = alice.call('call', lab.address('carol'), { profile }, PAGE_SAYS);
      called.catch(() => {}); // whoever awaits it is told
      await carol.event('rings');
      assert.equal((await alice.event('ringing')).status, 180);
      await carol.event('path');
      assert.equal(alice.events.filter(({ kind }) => kind === 'answered').length, 0);
      await carol.call('answer', nodeSays);
      await called;
      await alice.hears(...TERMINAL_SAYS);
      await carol.hears('sound');
      await carol.call('hangUp');
      assert.equal((await alice.event('ended')).by, 'peer');
      await Promise.all([alice.call('close'), carol.call('close')]);
    },
  );
  await stage.check(
    'the way is made while the page rings: the microphone opens when it answers',
    async () => {
      const alice = await lab.alice({ early: 'everyone' });
      const carol = await lab.carol('carol-calls-early');
      const called = carol.call('call', lab.address('alice'), nodeSays);
      called.catch(() => {}); // whoever awaits it is told
      await alice.event('incoming');
      await carol.event('path');
      assert.equal(carol.events.filter(({ kind }) => kind === 'answered').length, 0);
      await alice.call('answer', { profile }, PAGE_SAYS);
      await called;
      await alice.hears(...TERMINAL_SAYS);
      await carol.hears('sound');
      await alice.call('hangUp');
      assert.equal((await carol.event('ended')).by, 'peer');
      await Promise.all([alice.call('close'), carol.call('close')]);
    },
  );
};

const trickle = async (lab: PageLab): Promise<void> => {
  const { stage } = lab;
  await stage.check(
    'a page whose relay is silent does not wait for it: its candidates are told later',
    async () => {
      // Nobody has this address, and nobody says so.
      const iceServers = [{ urls: 'turn:203.0.113.99:3478', username: 'alice', credential: 'alice-secret' }];
      const alice = await lab.alice({ iceServers });
      const carol = await lab.carol('carol-trickles');
      const answered = carol.answers(nodeSays);
      await alice.call('call', lab.address('carol'), { profile }, PAGE_SAYS);
      await answered;
      await alice.hears(...TERMINAL_SAYS);
      const isFragment = ({ kind, direction, summary, text }: (typeof carol.events)[number]): boolean =>
        kind === 'signalling' &&
        direction === 'received' &&
        String(summary).startsWith('INFO ') &&
        String(text).includes('a=end-of-candidates');
      await eventually(() => carol.events.find(isFragment), 20_000, 'INFO says that no more candidates come');
      assert.equal(carol.events.filter(({ kind }) => kind === 'ended').length, 0);
      await alice.call('hangUp');
      assert.equal((await carol.event('ended')).by, 'peer');
      await Promise.all([alice.call('close'), carol.call('close')]);
    },
  );
};
