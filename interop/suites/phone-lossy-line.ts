import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { atRate, excerpt, type Recording, readWav } from '../../tools/testing/sound/recording.ts';
import { speechDistance } from '../../tools/testing/sound/speech-distance.ts';
import { table } from '../../tools/written-page.ts';
import type { Provider } from '../harness/provider.ts';
import { soundPage } from '../harness/sound-page.ts';
import type { SoundTraffics } from '../harness/sound-relay.ts';
import { type HeardSpeech, hearSpeech, type SpeechCodec, type SpeechPeer } from '../harness/speech-call.ts';
import type { Stage, Suite } from '../harness/suite.ts';

const TEXT =
  'The council met this morning in the old harbour hall, and agreed to repair the bridge before winter. ' +
  'Who is going to pay for it?';
const SEED = 7;
/** All of speech is below half of it. */
const RATE_HZ = 16_000;
const MTU_BYTES = 1_500;

/**
 * What is lost, and the most that the distance may be, in dB: far more than it is, and far less than that of other speech, for
 * this machine may be busy. In simulated time `phone-loss` holds to tenths.
 */
const LINES = [
  { lossRatio: 0, mostDb: 5 },
  { lossRatio: 0.05, mostDb: 5 },
  { lossRatio: 0.2, mostDb: 8 },
] as const;

const OPUS: SpeechCodec = {
  name: 'Opus',
  codec: 'opus',
  baresip: { codecs: 'opus/48000/1', opus: 'speech', sound: { sampleRateHz: 48_000, channels: 1 } },
  ringdown: ['--profile', 'voice'],
};
const G722: SpeechCodec = {
  name: 'G.722',
  codec: 'G722',
  baresip: { codecs: 'G722/16000/1', sound: { sampleRateHz: 16_000, channels: 1 } },
  ringdown: ['--profile', 'telephone'],
};
const L16: SpeechCodec = {
  name: 'L16 in stereo',
  codec: 'L16',
  baresip: { codecs: 'L16/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } },
  ringdown: ['--profile', 'lossless'],
};

interface Meeting {
  readonly codec: SpeechCodec;
  readonly from: SpeechPeer;
  readonly to: SpeechPeer;
}

const MEETINGS: readonly Meeting[] = [
  { codec: OPUS, from: 'ringdown', to: 'ringdown' },
  { codec: OPUS, from: 'baresip', to: 'baresip' },
  { codec: OPUS, from: 'ringdown', to: 'baresip' },
  { codec: OPUS, from: 'baresip', to: 'ringdown' },
  { codec: G722, from: 'ringdown', to: 'ringdown' },
  { codec: G722, from: 'baresip', to: 'baresip' },
];

const suite: Suite = {
  name: 'phone-lossy-line',
  peers: ['espeak-ng', 'baresip'],
  shows:
    'Speech from ringdown call to ringdown answer, and with baresip at either end and at both, while a line between them loses 0, 5 and 20 % of the packets: how far what is recorded is from what comes without loss. What we send fits into an Ethernet’s 1,500 bytes, L16 in stereo too.',
  // Who else has the processor is heard.
  alone: true,
  withinMs: 180_000,
  async run(stage) {
    const provider = await stage.provider();
    const speech = speak(stage);
    const speakers = new Speakers(stage, provider);
    await speakers.enroll();
    const rows: (readonly string[])[] = [];
    for (const meeting of MEETINGS) rows.push(await distances(stage, speakers, meeting, speech));
    await packetsFit(stage, speakers, excerpt(speech, 0, 1_500));
    if (stage.writesDocs)
      soundPage.write('loss', table([['from', 'to', 'codec', ...LINES.map(nameOf)], ...rows]));
  },
};
export default suite;

const nameOf = ({ lossRatio }: (typeof LINES)[number]): string =>
  lossRatio === 0 ? 'nothing is lost' : `${100 * lossRatio} % are lost`;

/** What is said. */
const speak = (stage: Stage): Recording => {
  const file = join(stage.folder, 'said.wav');
  execFileSync('espeak-ng', ['-v', 'en', '-s', '170', '-w', file, TEXT]);
  return readWav(file);
};

/** Makes calls, each between the accounts of its place and at addresses of its own. */
class Speakers {
  readonly #stage: Stage;
  readonly #provider: Provider;
  #calls = 0;

  constructor(stage: Stage, provider: Provider) {
    this.#stage = stage;
    this.#provider = provider;
  }

  async enroll(): Promise<void> {
    const names = LINES.flatMap((_, place) => usersAt(place));
    await this.#provider.addAccounts(names.map((name) => ({ name, password: `${name}-secret` })));
  }

  talk(meeting: Meeting, speech: Recording, lossRatio: number): Promise<HeardSpeech> {
    const call = this.#calls;
    this.#calls += 1;
    const address = (of: number): string => this.#stage.address(10 + 3 * call + of);
    return hearSpeech(this.#stage, this.#provider, {
      ...{ ...meeting, speech, line: { lossRatio, seed: SEED }, users: usersAt(call % LINES.length) },
      addresses: [address(0), address(1), address(2)],
    });
  }
}

const usersAt = (place: number) => [`speaker-${place}`, `hearer-${place}`] as const;

/** The calls of one meeting, one for each line, at once. @returns its row of the page */
const distances = async (
  stage: Stage,
  speakers: Speakers,
  meeting: Meeting,
  speech: Recording,
): Promise<readonly string[]> => {
  const { codec, from, to } = meeting;
  const calls: (Promise<HeardSpeech> | undefined)[] = LINES.map(({ lossRatio }) =>
    speakers.talk(meeting, speech, lossRatio),
  );
  await Promise.allSettled(calls);
  /** What comes where nothing is lost. */
  let whole: Recording | undefined;
  const cells: string[] = [];
  for (const [index, line] of LINES.entries()) {
    const what = `${from} to ${to}, ${codec.name}: ${nameOf(line)}, less than ${line.mostDb} dB`;
    let cell = 'not measured';
    await stage.listen(what, async () => {
      const first = calls[index];
      calls[index] = undefined;
      const { recording, traffic } = await (first ?? speakers.talk(meeting, speech, line.lossRatio));
      if (index === 0) whole = recording;
      expectLoss(traffic, line.lossRatio);
      const reference = index === 0 ? speech : whole;
      assert.ok(reference, 'the call without loss failed');
      const [one, other] = await Promise.all([reference, recording].map((each) => atRate(each, RATE_HZ)));
      const { distanceDb } = speechDistance(one!.channels[0]!, other!.channels[0]!, RATE_HZ);
      cell = `${distanceDb.toFixed(1)} dB`;
      assert.ok(distanceDb < line.mostDb, `${distanceDb.toFixed(1)} dB from what it was`);
    });
    cells.push(cell);
  }
  return [from, to, codec.name, ...cells];
};

/** The line has lost what it was to lose, and nothing on it was too large. */
const expectLoss = ({ out, in: into }: SoundTraffics, lossRatio: number): void => {
  const share = out.lost / out.came;
  assert.ok(Math.abs(share - lossRatio) < 0.03, `${(100 * share).toFixed(1)} % of ${out.came} were lost`);
  const largest = Math.max(out.largestBytes, into.largestBytes);
  assert.ok(largest <= MTU_BYTES, `a packet had ${largest} bytes`);
};

const packetsFit = async (stage: Stage, speakers: Speakers, speech: Recording): Promise<void> => {
  for (const to of ['ringdown', 'baresip'] as const) {
    await stage.check(
      `${L16.name} from ringdown to ${to}: packets of ours fit into 1,500 bytes`,
      async () => {
        const { traffic } = await speakers.talk({ codec: L16, from: 'ringdown', to }, speech, 0);
        const largest =
          to === 'ringdown'
            ? Math.max(traffic.out.largestBytes, traffic.in.largestBytes)
            : traffic.out.largestBytes;
        assert.ok(largest <= MTU_BYTES, `a packet had ${largest} bytes`);
        // Small ones would prove nothing.
        assert.ok(largest > 900, `no packet had more than ${largest} bytes`);
      },
    );
  }
};
