import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { Chromium, Page } from './chromium.ts';
import { eventually } from './deadline.ts';
import type { Stage } from './suite.ts';

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

/** Serves ../browser/phone.html with @ringdown/user-agent and @ringdown/web as a browser loads them. @returns its URL */
export const servePhonePage = async (stage: Stage): Promise<string> => {
  const files = new Map([['/', readFileSync(join(top, 'interop', 'browser', 'phone.html'), 'utf8')]]);
  const bundle = await rolldown({
    input: {
      connect: join(top, 'packages', 'user-agent', 'src', 'index.ts'),
      browser: join(top, 'packages', 'web', 'src', 'index.ts'),
    },
    platform: 'browser',
  });
  const { output } = await bundle.generate({ format: 'esm', chunkFileNames: '[name]-shared.js' });
  await bundle.close();
  for (const one of output) if (one.type === 'chunk') files.set(`/${one.fileName}`, one.code);
  const server = createServer(({ url = '/' }, response) => {
    const text = files.get(url);
    const type = url === '/' ? 'text/html' : 'text/javascript';
    response
      .writeHead(text === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` })
      .end(text);
  });
  stage.defer(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, stage.address(1), resolve));
  return `http://${stage.address(1)}:${(server.address() as AddressInfo).port}/`;
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
}
