import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClickDelays } from '../../tools/testing/sound/click-train.ts';
import { table } from '../../tools/written-page.ts';
import { Baresip, type BaresipOptions } from '../harness/baresip.ts';
import { hostPort, type Provider } from '../harness/provider.ts';
import { soundPage } from '../harness/sound-page.ts';
import { type SoundLine, SoundRelay } from '../harness/sound-relay.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'harness', 'clicking-phone.ts');

const CLICKS = 12;
/** Most of them are heard, on a busy machine too. */
const LEAST_HEARD = 6;
/** From mouth to ear and back: several times of what it is, for this machine may be busy. */
const MOST_MS = 2_000;
const WITHIN_MS = 60_000;
const SEED = 11;

type Echo = 'ringdown' | 'baresip';

interface Line extends SoundLine {
  readonly name: string;
  /** Both ways together, at least. */
  readonly addedMs: number;
}

const LINES: readonly Line[] = [
  { name: 'no delay', addedMs: 0, seed: SEED },
  { name: '50 ms each way', addedMs: 100, delayMs: 50, seed: SEED },
  { name: '50 to 80 ms each way', addedMs: 100, delayMs: 50, jitterMs: 30, seed: SEED },
];

interface Codec {
  readonly name: string;
  readonly profile: string;
  readonly baresip: Pick<BaresipOptions, 'codecs' | 'sound' | 'opus'>;
}

const CODECS: readonly Codec[] = [
  {
    name: 'Opus',
    profile: 'voice',
    baresip: { codecs: 'opus/48000/1', opus: 'speech', sound: { sampleRateHz: 48_000, channels: 1 } },
  },
  {
    name: 'G.722',
    profile: 'telephone',
    baresip: { codecs: 'G722/16000/1', sound: { sampleRateHz: 16_000, channels: 1 } },
  },
];

const suite: Suite = {
  name: 'phone-delay',
  peers: ['baresip'],
  shows:
    'How long sound takes from mouth to ear and back, by clicks that ringdown echo and a baresip whose loudspeaker is its microphone say back: over a line without delay, with 50 ms each way, and with 50 to 80.',
  alone: true,
  withinMs: 240_000,
  async run(stage) {
    const provider = await stage.provider();
    const names = LINES.flatMap((_, index) => [`clicker-${index}`, `echo-${index}`]);
    await provider.addAccounts(names.map((name) => ({ name, password: `${name}-secret` })));
    const rows: (readonly string[])[] = [];
    let host = 10;
    for (const codec of CODECS)
      for (const echo of ['ringdown', 'baresip'] as const) {
        const cells = await delays({ stage, provider, codec, echo, host });
        rows.push([echo, codec.name, ...cells]);
        host += 3 * LINES.length;
      }
    if (stage.writesDocs)
      soundPage.write('delay', table([['echo', 'codec', ...LINES.map(({ name }) => name)], ...rows]));
  },
};
export default suite;

interface Scene {
  readonly stage: Stage;
  readonly provider: Provider;
  readonly codec: Codec;
  readonly echo: Echo;
  /** The first of the addresses that are this scene's own. */
  readonly host: number;
}

/** A call over each line at once. @returns the cells of its row of the page */
const delays = async (scene: Scene): Promise<readonly string[]> => {
  const { stage, codec, echo } = scene;
  const { targets, end } = await (echo === 'baresip' ? echoesOfBaresip(scene) : echoOfRingdown(scene));
  const found = LINES.map((line, index) => clicksOver(scene, line, index, targets[index]!));
  await Promise.allSettled(found);
  await end();
  const medians: (number | undefined)[] = [];
  for (const [index, { name, addedMs }] of LINES.entries())
    await stage.check(`${codec.name}, echo by ${echo}, ${name}`, async () => {
      const { delaysMs, lost, medianMs } = await found[index]!;
      medians[index] = medianMs;
      assert.ok(delaysMs.length - lost >= LEAST_HEARD, `${lost} of ${delaysMs.length} clicks were not heard`);
      const isPossible = medianMs !== undefined && medianMs > addedMs && medianMs < MOST_MS;
      assert.ok(isPossible, `${medianMs} ms from mouth to ear and back, ${addedMs} of them the line's`);
    });
  return LINES.map((_, index) => {
    const medianMs = medians[index];
    return medianMs === undefined ? 'not measured' : `${Math.round(medianMs)} ms`;
  });
};

/** Whom to call over each line. */
interface Echoes {
  readonly targets: readonly string[];
  end(): Promise<void>;
}

/** One for all lines. */
const echoOfRingdown = async ({ stage, provider, codec, host }: Scene): Promise<Echoes> => {
  const phone = TerminalPhone.start(stage, {
    ...{ provider, user: 'echo-0', address: stage.address(host), command: ['echo'] },
    options: ['--profile', codec.profile, '--ice', 'off', '--security', 'none'],
  });
  await phone.event('registered', WITHIN_MS);
  return { targets: LINES.map(() => phone.aor), end: async () => void (await phone.process.stop()) };
};

/** One for each line: all calls of a baresip have the same loudspeaker. */
const echoesOfBaresip = async ({ stage, provider, codec, host }: Scene): Promise<Echoes> => {
  const phones = await Promise.all(
    LINES.map((_, index) =>
      Baresip.start(stage, {
        ...{ provider, user: `echo-${index}`, address: stage.address(host + index) },
        ...{ echoes: true, records: false, rtcpMux: true },
        ...codec.baresip,
      }),
    ),
  );
  return {
    targets: phones.map(({ aor }) => aor),
    end: async () => void (await Promise.all(phones.map((phone) => phone.quit()))),
  };
};

const clicksOver = async (
  { stage, provider, codec, echo, host }: Scene,
  line: Line,
  index: number,
  target: string,
): Promise<ClickDelays> => {
  const [own, between] = [LINES.length, 2 * LINES.length].map((of) => stage.address(host + of + index));
  const relay = await SoundRelay.start(stage, between!, provider.endpoint('udp'), line);
  const caller = stage.start({
    name: `clicks for ${echo}, ${line.name}`,
    command: process.execPath,
    args: [
      program,
      JSON.stringify({
        ...{ account: `clicker-${index}@${provider.domain}`, password: `clicker-${index}-secret` },
        ...{ server: hostPort(relay.front), address: own, target, profile: codec.profile, clicks: CLICKS },
      }),
    ],
  });
  const [, found = ''] = await caller.waitFor(/^delays (.*)$/m, WITHIN_MS);
  await caller.exited;
  return JSON.parse(found) as ClickDelays;
};
