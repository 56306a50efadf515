import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JsonEvent } from '@ringdown/phone';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectTones, tones, writeWav } from '../../../interop/harness/sound.ts';
import { readWav } from '../../../tools/testing/sound/recording.ts';
import { measureTone } from '../../../tools/testing/sound/tones.ts';

const program = fileURLToPath(new URL('../bin/ringdown.js', import.meta.url));

/** Processes start slowly where others are busy. */
const WITHIN_MS = 60_000;

type Named<Name extends JsonEvent['event']> = Extract<JsonEvent, { readonly event: Name }>;

/** `ringdown` in a process of its own. */
class Ringdown {
  readonly events: JsonEvent[] = [];
  readonly lines: string[] = [];
  errors = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<[number | null]>;
  #look = (): void => {};

  constructor(args: readonly string[], input = '') {
    const child = spawn(process.execPath, [program, ...args], { cwd: folder });
    this.#child = child;
    this.#ended = once(child, 'close') as Promise<[number | null]>;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      if (args.includes('--json')) this.events.push(JSON.parse(line));
      this.#look();
    });
    child.stdin.end(input);
    children.add(this);
  }

  /** The first event of a name. */
  event<Name extends JsonEvent['event']>(name: Name): Promise<Named<Name>> {
    return this.#first(name, () => this.events.find((event): event is Named<Name> => event.event === name));
  }

  /** The first line that begins with a word. */
  line(word: string): Promise<string> {
    return this.#first(word, () => this.lines.find((line) => line.startsWith(word)));
  }

  /** What is found among the output; where the process ends without it, all that it said. */
  async #first<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    const isThere = new Promise<void>((resolve) => {
      this.#look = () => {
        if (find() !== undefined) resolve();
      };
      this.#look();
    });
    await Promise.race([isThere, this.#ended]);
    const found = find();
    if (found === undefined)
      throw new Error(`it ended without ${what}: ${this.lines.join('\n')}${this.errors}`);
    return found;
  }

  /** Its exit status. */
  async status(): Promise<number | null> {
    return (await this.#ended)[0];
  }

  /** What a person's Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

const children = new Set<Ringdown>();
let folder: string;
let server: string;

/** What names the account of a user and the server. */
const as = (user: string, home = user): readonly string[] => [
  ...['--as', `${user}@radio.example`, '--password', user, '--server', server],
  ...['--host', '127.0.0.1', '--home', join(folder, home), '--json'],
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-phone-'));
  const home = ['--home', join(folder, 'server')];
  writeFileSync(join(folder, 'users.csv'), 'username,password\nalice,alice\nbob,bob\ncarol,carol\n');
  const accounts = new Ringdown(['account', 'import', 'users.csv', '--domain', 'radio.example', ...home]);
  expect(await accounts.status()).toBe(0);
  const ports = ['sip', 'sips', 'http', 'https', 'turn', 'turns'].flatMap((name) => [`--${name}-port`, '0']);
  const serve = new Ringdown(['serve', '--host', '127.0.0.1', ...home, ...ports]);
  server = / udp:(\S+)/.exec(await serve.line('ready'))![1]!;
  children.delete(serve);
  return () => serve.end();
}, WITHIN_MS);
afterEach(async () => {
  await Promise.all([...children].map((child) => child.end()));
  children.clear();
});
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

describe('two phones in two terminals', () => {
  it(
    'hear what the other plays, and end with status 0 when all was played',
    async () => {
      const answer = new Ringdown([
        ...['answer', '--auto', '--once', '--tone', '700', '--record', 'bob.wav', ...as('bob')],
        ...['--profile', 'music-stereo'],
      ]);
      await answer.event('registered');
      const sound = tones({ frequenciesHz: [440, 880], sampleRateHz: 44_100, seconds: 3 });
      writeWav(join(folder, 'report.wav'), sound);
      const call = new Ringdown([
        ...['call', 'bob', '--play', 'report.wav', '--record', 'alice.wav', '--dtmf', '7', ...as('alice')],
        ...['--profile', 'music-stereo'],
      ]);
      expect(await call.status()).toBe(0);
      expect(await answer.status()).toBe(0);
      expect(call.errors).toBe('');
      expect(answer.errors).toBe('');
      expectTones(join(folder, 'bob.wav'), { frequenciesHz: [440, 880] });
      expectTones(join(folder, 'alice.wav'), { frequenciesHz: [700, 700] });
      const media = await call.event('media');
      expect(media).toMatchObject({
        codec: 'opus',
        rateHz: 48_000,
        channels: 2,
        security: 'dtls-srtp',
        path: 'direct',
      });
      expect(await answer.event('media')).toMatchObject({ local: media.remote, remote: media.local });
      expect((await call.event('quality')).mos).toBeGreaterThan(4);
      expect(await answer.event('digit')).toMatchObject({ digit: '7' });
      expect(await call.event('ended')).toMatchObject({ by: 'us' });
      expect(await answer.event('ended')).toMatchObject({ by: 'peer' });
      const order = call.events.map(({ event }) => event).filter((event) => event !== 'quality');
      expect(order).toEqual([
        ...['registering', 'registered', 'calling', 'ringing', 'answered'],
        ...order.slice(5, -3),
        ...['ended', 'recorded', 'unregistered'],
      ]);
      expect(order.slice(5, -3).sort()).toEqual(['digits-sent', 'media', 'played', 'sound']);
    },
    WITHIN_MS,
  );

  it(
    'are heard by the server that runs on the same machine, whatever networks that has',
    async () => {
      const options = as('alice').filter(
        (option, at, all) => option !== '--host' && all[at - 1] !== '--host',
      );
      const call = new Ringdown([
        ...['call', 'echo', '--tone', '440', '--record', 'echo.wav', '--duration', '6', ...options],
      ]);
      expect(await call.status()).toBe(0);
      const { channels, sampleRateHz } = readWav(join(folder, 'echo.wav'));
      const end = channels[0]!.slice(-sampleRateHz);
      expect(measureTone(end, sampleRateHz).frequencyHz).toBeCloseTo(440, 0);
    },
    WITHIN_MS,
  );

  it(
    'hang up on Ctrl-C, which is no failure',
    async () => {
      const echo = new Ringdown(['echo', ...as('bob')]);
      await echo.event('registered');
      const call = new Ringdown(['call', 'bob', '--tone', '440', ...as('alice')]);
      await call.event('sound');
      call.interrupt();
      expect(await call.status()).toBe(0);
      expect(await echo.event('ended')).toMatchObject({ by: 'peer' });
      echo.interrupt();
      expect(await echo.status()).toBe(0);
      expect(echo.errors).toBe('');
    },
    WITHIN_MS,
  );

  it(
    'write each other',
    async () => {
      const answer = new Ringdown(['answer', '--auto', ...as('bob')]);
      await answer.event('registered');
      const message = new Ringdown(['message', 'bob', '-', ...as('alice')], 'Grüße\naus der Ferne\n');
      expect(await message.status()).toBe(0);
      expect(await answer.event('message')).toMatchObject({
        from: expect.stringContaining('sip:alice@radio.example'),
        text: 'Grüße\naus der Ferne',
      });
      answer.interrupt();
      expect(await answer.status()).toBe(0);
    },
    WITHIN_MS,
  );
});

describe('Ctrl-C where nobody answers', () => {
  it.each([
    ['once: does not wait for the server for long', false, 1],
    ['again: ends at once', true, 130],
  ])(
    '%s',
    async (_, isRepeated, status) => {
      const silent = createSocket('udp4');
      await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
      const asked = once(silent, 'message');
      const args = as('alice').with(5, `127.0.0.1:${silent.address().port}`);
      const call = new Ringdown(['call', 'bob', '--tone', '440', ...args]);
      await asked;
      call.interrupt();
      // The system merges signals that were not seen yet.
      const again = isRepeated ? setInterval(() => call.interrupt(), 200) : undefined;
      expect(await call.status()).toBe(status);
      clearInterval(again);
      silent.close();
    },
    WITHIN_MS,
  );
});

describe('a call that does not come about ends with status 1 and one sentence', () => {
  it.each([
    [
      'a wrong password',
      () => ['call', 'bob', ...as('alice').with(3, 'wrong')],
      'ringdown: sip:alice@radio.example is not registered: user name or password are wrong; enter them anew\n',
    ],
    [
      'a user who is not there',
      () => ['call', 'carol', ...as('alice')],
      'ringdown: the call to sip:carol@radio.example was not answered: the user is not reachable at present; call again later\n',
    ],
    [
      'a text for nobody',
      () => ['message', 'nobody', 'hello', ...as('alice')],
      'ringdown: nobody did not get the text: there is no such user; check the address\n',
    ],
    [
      'a file that is no sound',
      () => ['call', 'bob', '--play', 'users.csv', ...as('alice')],
      "ringdown: users.csv cannot be played: it is no RIFF/WAVE file; make one of it: ffmpeg -i 'users.csv' -c:a pcm_s16le out.wav\n",
    ],
    [
      'nobody who can be asked',
      () => ['answer', ...as('alice')],
      'ringdown: nobody can be asked here whether to answer: --auto answers every call, and --allow ADDRESS says whose\n',
    ],
    [
      'no terminal',
      () => ['phone', ...as('alice').slice(0, -1)],
      'ringdown: the full-screen phone needs a terminal to draw on and to read keys from: use "ringdown call" and "ringdown answer" in scripts\n',
    ],
  ])(
    '%s',
    async (_, args, sentence) => {
      const child = new Ringdown(args());
      expect(await child.status()).toBe(1);
      expect(child.errors.replace(/^nothing is played.*\n/, '')).toBe(sentence);
    },
    WITHIN_MS,
  );
});
