import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../harness/deadline.ts';
import { Linphone } from '../harness/linphone.ts';
import type { Provider } from '../harness/provider.ts';
import { expectTones, tones, writeWav } from '../harness/sound.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

/** One way to speak, and what has to come of it. */
interface Way {
  readonly name: string;
  readonly ringdown: readonly string[];
  readonly agreed: Readonly<Record<string, unknown>>;
  /** The order of who offers holds, and both have an order of their own. */
  readonly codec: { readonly calling: string; readonly called: string };
  /** Of what linphonec plays and records. */
  readonly sampleRateHz: number;
}

const ways: readonly Way[] = [
  {
    name: 'G.711',
    ringdown: ['--profile', 'telephone', '--ice', 'off'],
    agreed: { rateHz: 8_000, channels: 1, security: 'none', ice: false },
    codec: { calling: 'PCMA', called: 'PCMU' },
    sampleRateHz: 8_000,
  },
  {
    name: 'Opus',
    ringdown: ['--profile', 'voice', '--ice', 'off'],
    agreed: { rateHz: 48_000, security: 'none', ice: false },
    codec: { calling: 'opus', called: 'opus' },
    sampleRateHz: 48_000,
  },
];

const LINPHONE_SAYS_HZ = 500;
const RINGDOWN_SAYS_HZ = 800;
const fromLinphone = { frequenciesHz: [LINPHONE_SAYS_HZ] };
const fromRingdown = { frequenciesHz: [RINGDOWN_SAYS_HZ] };

const suite: Suite = {
  name: 'phone-linphone',
  peers: ['linphonec'],
  shows:
    'ringdown call and answer with linphonec, both directions, G.711 and Opus, either side hangs up. The tone of each is measured where it arrives.',
  withinMs: 120_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'lin']) await provider.addAccount(name, `${name}-secret`);
    const lin = await Linphone.start(stage, { provider, user: 'lin', address: stage.address(20) });
    for (const way of ways) await talk(stage, provider, lin, way);
    await lin.quit();
  },
};
export default suite;

/** The head that linphonec writes counts itself as sound, 44 bytes too many. */
const wholeWav = (path: string): string => {
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  writeFileSync(path, bytes);
  return path;
};

const talk = async (stage: Stage, provider: Provider, lin: Linphone, way: Way): Promise<void> => {
  const says = join(lin.folder, `says-${way.name}.wav`);
  writeWav(says, tones({ sampleRateHz: way.sampleRateHz, frequenciesHz: [LINPHONE_SAYS_HZ], seconds: 60 }));
  const identity = { provider, user: 'alice', address: stage.address(10) };
  const speaks = ['--tone', String(RINGDOWN_SAYS_HZ), '--record', 'heard.wav', ...way.ringdown];
  // It keeps what it is told to play, and plays it in each call; told again, it plays both together.
  lin.command(`play ${says}`);
  let takes = 0;
  /** Begins a recording in the running call; returns where linphonec writes it. */
  const records = async (mark: number): Promise<string> => {
    takes += 1;
    const path = join(lin.folder, `heard-${way.name}-${takes}.wav`);
    await lin.callState('StreamsRunning', 8_000, mark);
    lin.command(`record ${path}`);
    return path;
  };
  const wholeSeconds = (path: string, seconds: number): Promise<true> =>
    eventually(
      () =>
        existsSync(path) && statSync(path).size > 44 + 2 * way.sampleRateHz * seconds ? true : undefined,
      12_000,
      `linphonec records ${seconds} seconds of sound`,
    );

  /** A case that leaves no call to the next. */
  const hear = (name: string, body: () => Promise<void>): Promise<boolean> =>
    stage.listen(name, async () => {
      try {
        await body();
      } catch (error) {
        lin.command('terminate');
        throw error;
      }
    });

  await hear(`${way.name}: ringdown calls and hangs up`, async () => {
    const mark = lin.mark();
    const alice = TerminalPhone.start(stage, { ...identity, command: ['call', lin.aor], options: speaks });
    await lin.callState('IncomingReceived', 8_000, mark);
    lin.command('answer');
    assert.partialDeepStrictEqual(await alice.event('media'), { ...way.agreed, codec: way.codec.calling });
    const recorded = await records(mark);
    await wholeSeconds(recorded, 3);
    alice.interrupt();
    assert.equal((await alice.event('ended')).by, 'us');
    assert.equal(await alice.status(), 0);
    await lin.callState('Released', 8_000, mark); // it writes the head when the call ends
    expectTones(join(alice.folder, 'heard.wav'), fromLinphone);
    expectTones(wholeWav(recorded), fromRingdown);
  });
  await stage.check(`${way.name}: linphonec is called and hangs up`, async () => {
    const mark = lin.mark();
    const alice = TerminalPhone.start(stage, { ...identity, command: ['call', lin.aor], options: speaks });
    await lin.callState('IncomingReceived', 8_000, mark);
    lin.command('answer');
    await alice.event('media');
    await lin.callState('StreamsRunning', 8_000, mark);
    lin.command('terminate');
    assert.equal((await alice.event('ended')).by, 'peer');
    assert.equal(await alice.status(), 0);
    await lin.callState('Released', 8_000, mark);
  });
  for (const hangsUp of ['linphonec', 'ringdown'] as const)
    await hear(`${way.name}: linphonec calls, ${hangsUp} hangs up`, async () => {
      const mark = lin.mark();
      const alice = await TerminalPhone.answering(stage, { ...identity, options: [...speaks, '--once'] });
      lin.command(`call ${alice.aor}`);
      assert.partialDeepStrictEqual(await alice.event('media'), { ...way.agreed, codec: way.codec.called });
      const recorded = await records(mark);
      await wholeSeconds(recorded, 3);
      if (hangsUp === 'linphonec') lin.command('terminate');
      else alice.interrupt();
      assert.equal((await alice.event('ended')).by, hangsUp === 'linphonec' ? 'peer' : 'us');
      assert.equal(await alice.status(), 0);
      await lin.callState('Released', 8_000, mark);
      expectTones(join(alice.folder, 'heard.wav'), fromLinphone);
      expectTones(wholeWav(recorded), fromRingdown);
    });
};
