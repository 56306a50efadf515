import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createMediaEngine, loadOpus, loadResampler, type SoundSink, wavSource } from '@ringdown/media';
import { nodeHashes } from '@ringdown/net';
import type { Sockets } from '@ringdown/sans-io';
import { type Host, simulate, type World } from '@ringdown/simulator';
import type { MediaAnswer, MediaRequest } from '@ringdown/user-agent';
import { atRate, type Recording, readWav, recordingOf } from '../../tools/testing/sound/recording.ts';
import { speechDistance } from '../../tools/testing/sound/speech-distance.ts';
import { table } from '../../tools/written-page.ts';
import { lossySockets } from '../harness/lossy-sockets.ts';
import { soundPage } from '../harness/sound-page.ts';
import type { Suite } from '../harness/suite.ts';

const TEXT =
  'The council met this morning in the old harbour hall. After three hours it agreed to repair the bridge before winter. ' +
  'Our reporter asked the mayor who is going to pay for it, and when the first lorries may cross the river again.';
const SEED = 7;
/** One packet of 20 ms and what the jitter buffer holds may still be on their way when all was played. */
const LAST_WORDS_MS = 500;
const STEP_MS = 1;

/** Three tenths above what was measured: 1.2, 1.5 and 2.2 dB; 3.0 dB where a fifth is lost and nothing is sent twice. */
const MOST_DB = { none: 1.5, some: 1.9, many: 2.9 } as const;

interface Line {
  readonly lossRatio: number;
  /** Whether what is sent carries the packet before it once more (RFC 6716 §2.1.7). */
  readonly fec: boolean;
}

interface Heard {
  readonly recording: Recording;
  /** Of the packets that came, how many were taken away. */
  readonly lossRatio: number;
}

const suite: Suite = {
  name: 'phone-loss',
  peers: ['espeak-ng'],
  shows:
    'Speech through Opus from one media engine to another while 0, 5 and 20 % of the packets are lost, in simulated time: how far what is heard is from what was said, and what redundancy is worth.',
  withinMs: 120_000,
  async run(stage) {
    const speech = join(stage.folder, 'speech.wav');
    execFileSync('espeak-ng', ['-v', 'en', '-s', '160', '-w', speech, TEXT]);
    const said = readWav(speech);
    // Loading takes time that cannot be simulated.
    await Promise.all([loadOpus(), loadResampler()]);
    /** What each kind of line gives where nothing is lost. */
    const whole = new Map<boolean, Recording>();
    const found = new Map<Line, number>();
    const distanceOn = async (line: Line): Promise<number> => {
      const { recording, lossRatio } = await talk(speech, line);
      assert.ok(Math.abs(lossRatio - line.lossRatio) < 0.03, `${(100 * lossRatio).toFixed(1)} % were lost`);
      const { sampleRateHz, channels } = recording;
      const reference = whole.get(line.fec) ?? (await atRate(said, sampleRateHz));
      if (line.lossRatio === 0) whole.set(line.fec, recording);
      const { distanceDb } = speechDistance(reference.channels[0]!, channels[0]!, sampleRateHz);
      found.set(line, distanceDb);
      return distanceDb;
    };
    const isNoMoreThan = async (line: Line, mostDb: number): Promise<number> => {
      const distanceDb = await distanceOn(line);
      assert.ok(distanceDb < mostDb, `${distanceDb.toFixed(2)} dB from what it was`);
      return distanceDb;
    };
    await stage.check(`nothing is lost: less than ${MOST_DB.none} dB from what was said`, async () => {
      for (const fec of [true, false]) await isNoMoreThan({ lossRatio: 0, fec }, MOST_DB.none);
    });
    await stage.check(`5 % are lost: less than ${MOST_DB.some} dB from the call without loss`, async () => {
      await isNoMoreThan({ lossRatio: 0.05, fec: true }, MOST_DB.some);
    });
    await stage.check(
      `20 % are lost: less than ${MOST_DB.many} dB, and less than without redundancy`,
      async () => {
        const withIt = await isNoMoreThan({ lossRatio: 0.2, fec: true }, MOST_DB.many);
        const without = await distanceOn({ lossRatio: 0.2, fec: false });
        assert.ok(
          withIt < without,
          `${withIt.toFixed(2)} dB with redundancy, ${without.toFixed(2)} dB without`,
        );
      },
    );
    await stage.check('5 % are lost, without redundancy', async () => {
      await isNoMoreThan({ lossRatio: 0.05, fec: false }, MOST_DB.many);
    });
    if (stage.writesDocs) soundPage.write('simulated loss', page(found));
  },
};
export default suite;

const page = (found: ReadonlyMap<Line, number>): string => {
  const ratios = [...new Set(Array.from(found.keys(), ({ lossRatio }) => lossRatio))].sort((a, b) => a - b);
  const cell = (wanted: Line): string => {
    const hit = [...found].find(
      ([{ lossRatio, fec }]) => lossRatio === wanted.lossRatio && fec === wanted.fec,
    );
    return hit === undefined ? 'not measured' : `${hit[1].toFixed(1)} dB`;
  };
  return table([
    ['Opus', ...ratios.map((ratio) => (ratio === 0 ? 'nothing is lost' : `${100 * ratio} % are lost`))],
    ...[true, false].map((fec) => [
      fec ? 'with redundancy (in-band FEC)' : 'without it',
      ...ratios.map((lossRatio) => cell({ lossRatio, fec })),
    ]),
  ]);
};

/** Lets simulated time pass, and after each step of it whatever was begun meanwhile. */
const passes = async (world: World, mostMs: number, until: () => boolean): Promise<void> => {
  for (let passed = 0; !until(); passed += STEP_MS) {
    assert.ok(passed < mostMs, `not within ${mostMs} simulated ms`);
    await setImmediate();
    world.advance(STEP_MS);
  }
};

/** One side of the call, in time that is simulated: how busy this machine is makes no difference. */
const side = (world: World, host: Host, sockets: Sockets) => {
  const answers = new Map<number, MediaAnswer>();
  let hasPlayed = false;
  const engine = createMediaEngine(
    { addresses: [host.address], profile: 'voice', security: ['none'], ice: false },
    {
      sockets,
      clock: world.clock,
      timers: world.timers,
      random: world.random,
      hashes: nodeHashes,
      answered: (id, answer) => void answers.set(id, answer),
      told: ({ kind }) => {
        if (kind === 'played') hasPlayed = true;
      },
    },
  );
  const ask = async (request: MediaRequest & { readonly id: number }): Promise<MediaAnswer> => {
    engine.ask(request);
    await passes(world, 10_000, () => answers.has(request.id));
    return answers.get(request.id)!;
  };
  return { engine, ask, hasPlayed: () => hasPlayed };
};

/** A call in which the first side says a WAV file. Resolves with what the second one heard. */
const talk = async (speech: string, { lossRatio, fec }: Line): Promise<Heard> => {
  const world = simulate({ seed: SEED });
  const [near, far] = [world.host('speaker'), world.host('hearer')];
  const line = lossySockets(far.sockets, lossRatio, SEED);
  const speaker = side(world, near, near.sockets);
  const hearer = side(world, far, line);
  const heard = memorySink();
  // Who does not say that it can use redundancy gets none (RFC 7587 §6.1).
  const told = (answer: MediaAnswer): string => {
    assert.equal(answer.kind, 'described', JSON.stringify(answer));
    const { description } = answer as Extract<MediaAnswer, { readonly kind: 'described' }>;
    assert.match(description, /useinbandfec=1/);
    return fec ? description : description.replaceAll('useinbandfec=1', 'useinbandfec=0');
  };
  const session = 'call';
  const offer = told(
    await speaker.ask({
      ...{ kind: 'offer', id: 1, session, hold: false, restart: false },
      wishes: { sound: { play: wavSource(speech) } },
    }),
  );
  const answer = told(
    await hearer.ask({
      ...{ kind: 'answer', id: 1, session, offer, early: false },
      wishes: { sound: { record: heard.open } },
    }),
  );
  assert.equal((await speaker.ask({ kind: 'take answer', id: 2, session, answer })).kind, 'agreed');
  for (const { engine } of [speaker, hearer]) engine.ask({ kind: 'establish', session });
  await passes(world, 60_000, speaker.hasPlayed);
  world.advance(LAST_WORDS_MS);
  await Promise.all([speaker.engine.close(), hearer.engine.close()]);
  const { came, lost } = line.counts;
  return { recording: heard.recording(), lossRatio: lost / came };
};

/** Keeps the first channel of what comes. */
const memorySink = () => {
  const pieces: Int16Array[] = [];
  let sampleRateHz = 0;
  return {
    open: (format: SoundSink['format']): SoundSink => {
      sampleRateHz = format.sampleRateHz;
      return {
        format,
        write: (sound) => void pieces.push(Int16Array.from(sound[0]!)),
        close: async () => {},
      };
    },
    recording: (): Recording =>
      recordingOf([Int16Array.from(pieces.flatMap((piece) => [...piece]))], sampleRateHz),
  };
};
