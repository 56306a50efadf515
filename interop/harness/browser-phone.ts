import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { Chromium, Page } from './chromium.ts';
import { eventually } from './deadline.ts';
import type { Stage } from './suite.ts';
import { shareOfTone } from './tone.ts';

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the phone in the page has told. */
export interface BrowserPhoneEvent {
  readonly kind: string;
  readonly [other: string]: unknown;
}

/** What the page heard: 16-bit samples of each channel. */
export interface HeardInPage {
  readonly sampleRateHz: number;
  readonly channels: readonly (readonly number[])[];
}

/** ../browser/phone.html, with @ringdown/user-agent and @ringdown/web as a browser loads them: texts by name. */
const pageFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const files = new Map([
    ['phone.html', readFileSync(join(top, 'interop', 'browser', 'phone.html'), 'utf8')],
  ]);
  const bundle = await rolldown({
    input: {
      connect: join(top, 'packages', 'user-agent', 'src', 'index.ts'),
      browser: join(top, 'packages', 'web', 'src', 'index.ts'),
    },
    platform: 'browser',
  });
  const { output } = await bundle.generate({ format: 'esm', chunkFileNames: '[name]-shared.js' });
  await bundle.close();
  for (const one of output) if (one.type === 'chunk') files.set(one.fileName, one.code);
  return files;
};

/** Serves the page by HTTP, to a browser on this machine. @returns its URL */
export const servePhonePage = async (stage: Stage): Promise<string> => {
  const files = await pageFiles();
  const server = createServer(({ url = '' }, response) => {
    const text = files.get(url.slice(1));
    const type = url.endsWith('.html') ? 'text/html' : 'text/javascript';
    response
      .writeHead(text === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` })
      .end(text);
  });
  stage.defer(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, stage.address(1), resolve));
  return `http://${stage.address(1)}:${(server.address() as AddressInfo).port}/phone.html`;
};

/** Writes the page to files, for a browser in another network. @returns its URL */
export const writePhonePage = async (stage: Stage): Promise<string> => {
  for (const [name, text] of await pageFiles()) writeFileSync(join(stage.folder, name), text);
  return pathToFileURL(join(stage.folder, 'phone.html')).href;
};

/** Our phone in a page of Chromium. */
export class BrowserPhone {
  readonly events: BrowserPhoneEvent[] = [];
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
    page.hear((told) => this.events.push(told as unknown as BrowserPhoneEvent));
  }

  /** Opens the page, which may use its microphone. */
  static async open(chromium: Chromium, url: string): Promise<BrowserPhone> {
    const page = await chromium.page({ microphone: true, url });
    return new BrowserPhone(page);
  }

  /** Calls a function of the page's. */
  async call<Value = unknown>(name: string, ...values: readonly unknown[]): Promise<Value> {
    return (await this.#page.call(name, ...values)) as Value;
  }

  /** Answers the next call. A failure is whoever's who awaits this; nobody has to. */
  answers(...values: readonly unknown[]): Promise<unknown> {
    const mark = this.mark();
    const answered = this.event('incoming', 20_000, mark).then(() => this.call('answer', ...values));
    answered.catch(() => {});
    return answered;
  }

  /** After its events up to now. */
  mark(): number {
    return this.events.length;
  }

  /** The first event of a kind behind a mark. */
  event(kind: string, withinMs = 10_000, from = 0): Promise<BrowserPhoneEvent> {
    return eventually(
      () => this.events.slice(from).find((event) => event.kind === kind),
      withinMs,
      `the phone in the page tells ${kind} (it told: ${this.events.map((event) => event.kind).join(' ')})`,
    );
  }

  /** Waits until so much sound was heard since the call began. */
  async heard(milliseconds: number, withinMs = 15_000): Promise<HeardInPage> {
    return eventually(
      async () => {
        const heard = await this.call<HeardInPage>('heard', milliseconds);
        const enough = (heard.sampleRateHz * milliseconds) / 1_000;
        return (heard.channels[0]?.length ?? 0) >= enough ? heard : undefined;
      },
      withinMs,
      `${milliseconds} ms of sound in the page`,
    );
  }

  /** Waits for a second and a half of nothing but a tone on each channel: on a busy machine a page has gaps at first. */
  async hears(...frequenciesHz: readonly number[]): Promise<void> {
    const shares = async (): Promise<true | undefined> => {
      const { sampleRateHz, channels } = await this.heard(1_500);
      const found = frequenciesHz.map((frequency, channel) => {
        const samples = Float64Array.from(channels[channel] ?? [], (sample) => sample / 32_768);
        return shareOfTone({ sampleRateHz, samples }, frequency, 1_500);
      });
      return found.every((share) => share > 0.9) ? true : undefined;
    };
    const wanted = frequenciesHz.map((frequency) => `${frequency} Hz`).join(' and ');
    await eventually(shares, 20_000, `${wanted} in the page, each on its channel, and nothing else`);
  }
}
