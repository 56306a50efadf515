import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { within } from './deadline.ts';
import type { RunningProcess } from './process.ts';
import type { Stage } from './suite.ts';

const pageUrl = pathToFileURL(
  join(dirname(dirname(fileURLToPath(import.meta.url))), 'ice', 'page.html'),
).href;

export interface ChromiumOptions {
  /** Without it: where we are. */
  readonly namespace?: string;
  readonly name?: string;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

type Settle = { readonly resolve: (result: Reply['result']) => void; readonly reject: (why: Error) => void };

/** Debian's Chromium without a window, driven by the DevTools protocol over pipes: pages, with ../ice/page.html where nothing else is said. */
export class Chromium {
  readonly process: RunningProcess;
  readonly #replies = new Map<number, Settle>();
  readonly #pages = new Map<string, Page>();
  #asked = 0;
  #rest = '';

  private constructor(process: RunningProcess) {
    this.process = process;
    const output = process.pipe(4);
    output.setEncoding('utf8');
    output.on('data', (text: string) => {
      const messages = (this.#rest + text).split('\0');
      this.#rest = messages.pop() ?? '';
      for (const message of messages) this.#received(JSON.parse(message) as Reply);
    });
    process.pipe(3).on('error', () => {}); // it has ended; whoever waits is told below
    void process.exited.then(() => {
      for (const { reject } of this.#replies.values()) reject(new Error(`${process.name} has ended`));
    });
  }

  static async start(stage: Stage, { namespace, name = 'chromium' }: ChromiumOptions): Promise<Chromium> {
    const home = join(stage.folder, name);
    mkdirSync(home, { recursive: true });
    const child = stage.start({
      name,
      command: 'chromium',
      ...(namespace === undefined ? {} : { namespace }),
      morePipes: 2,
      env: { HOME: home },
      args: [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ...['--disable-dev-shm-usage', '--ignore-certificate-errors', '--remote-debugging-pipe'],
        // A page of files is made of several.
        '--allow-file-access-from-files',
        ...['--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
        ...[`--user-data-dir=${join(home, 'profile')}`, 'about:blank'],
      ],
    });
    const chromium = new Chromium(child);
    await chromium.ask('Browser.getVersion', {}, undefined, 20_000);
    return chromium;
  }

  /**
   * A page of its own, that shares no permission with others. One that may use the microphone may tell the machine's
   * addresses; others tell names of mDNS.
   */
  async page(options: { readonly microphone: boolean; readonly url?: string }): Promise<Page> {
    const context = await this.ask('Target.createBrowserContext', {});
    if (options.microphone)
      await this.ask('Browser.grantPermissions', {
        permissions: ['audioCapture'],
        browserContextId: context.browserContextId,
      });
    const target = await this.ask('Target.createTarget', {
      url: 'about:blank',
      browserContextId: context.browserContextId,
    });
    const session = await this.ask('Target.attachToTarget', { targetId: target.targetId, flatten: true });
    const sessionId = String(session.sessionId);
    const page = new Page((method, parameters, withinMs) =>
      this.ask(method, parameters, sessionId, withinMs),
    );
    this.#pages.set(sessionId, page);
    await page.load(options.url ?? pageUrl);
    if (options.microphone) await page.call('microphone');
    return page;
  }

  async ask(
    method: string,
    params: Readonly<Record<string, unknown>>,
    sessionId?: string,
    withinMs = 10_000,
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#asked += 1;
    const id = this.#asked;
    const reply = new Promise<Reply['result']>((resolve, reject) => {
      this.#replies.set(id, { resolve, reject });
    });
    this.process.pipe(3).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return (await within(reply, withinMs, `${this.process.name} answers ${method}`)) ?? {};
  }

  #received({ id, method, sessionId = '', params = {}, result, error }: Reply): void {
    if (method !== undefined) this.#pages.get(sessionId)?.happened(method, params);
    const waiting = this.#replies.get(id ?? -1);
    if (waiting === undefined) return;
    this.#replies.delete(id ?? -1);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}

type Ask = (
  method: string,
  params: Readonly<Record<string, unknown>>,
  withinMs?: number,
) => Promise<Readonly<Record<string, unknown>>>;

/** What a connection of the page tells by itself; `''` as a candidate is the end of candidates. */
export interface Told {
  readonly peer: string;
  readonly kind: 'candidate' | 'ice' | 'connection' | 'error';
  readonly value: string;
}

export class Page {
  readonly #ask: Ask;
  readonly #listeners = new Set<(told: Told) => void>();
  #loaded: () => void = () => {};

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async load(url: string): Promise<void> {
    await this.#ask('Page.enable', {});
    await this.#ask('Runtime.enable', {});
    await this.#ask('Runtime.addBinding', { name: 'told' });
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await this.#ask('Page.navigate', { url });
    await within(loaded, 10_000, `${url} is loaded`);
  }

  /** Calls a function of the page's; what it throws fails here. */
  async call(name: string, ...values: readonly unknown[]): Promise<unknown> {
    const words = values.map((value) => JSON.stringify(value) ?? 'undefined').join(', ');
    const expression = `page.${name}(${words})`;
    const evaluation = { expression, awaitPromise: true, returnByValue: true };
    // A call may ring, and look for a way, for a while.
    const answer = await this.#ask('Runtime.evaluate', evaluation, 30_000);
    const fault = answer.exceptionDetails as { exception?: { description?: string } } | undefined;
    if (fault !== undefined) throw new Error(`page.${name}: ${fault.exception?.description ?? 'it threw'}`);
    return (answer.result as { readonly value?: unknown }).value;
  }

  hear(listener: (told: Told) => void): void {
    this.#listeners.add(listener);
  }

  happened(method: string, params: Readonly<Record<string, unknown>>): void {
    if (method === 'Page.loadEventFired') this.#loaded();
    if (method !== 'Runtime.bindingCalled') return;
    const told = JSON.parse(String(params.payload)) as Told;
    for (const listener of this.#listeners) listener(told);
  }
}
