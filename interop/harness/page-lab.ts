import { BrowserPhone, writePhonePage } from './browser-phone.ts';
import { Chromium } from './chromium.ts';
import { NodePhone, type NodePhoneOptions } from './node-phone.ts';
import { buildOpenNetwork, type OpenHost } from './open-network.ts';
import { hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';
import { TerminalPhone, type TerminalPhoneOptions } from './terminal-phone.ts';

/** What calls of this lab are made for. */
export const profile = 'music-stereo';
/** Hz, left and right. */
export const PAGE_SAYS = [600, 1_200] as const;
export const TERMINAL_SAYS = [440, 880] as const;
/** What a phone of Node's is told to say. */
export const nodeSays = { tonesHz: TERMINAL_SAYS, profile };

/** A server, a browser and a terminal, each in a namespace of its own, on one network: Alice in the page, Bob and Carol in the terminal. */
export class PageLab {
  readonly stage: Stage;
  readonly provider: Provider;
  /** Where the browser is, and the terminal. */
  readonly there: OpenHost;
  readonly here: OpenHost;
  readonly #chromium: Chromium;
  readonly #page: string;

  private constructor(
    stage: Stage,
    provider: Provider,
    [there, here]: readonly [OpenHost, OpenHost],
    [chromium, page]: readonly [Chromium, string],
  ) {
    this.stage = stage;
    this.provider = provider;
    this.there = there;
    this.here = here;
    this.#chromium = chromium;
    this.#page = page;
  }

  static async build(stage: Stage): Promise<PageLab> {
    const [net, there, here] = await buildOpenNetwork(stage, ['net', 'browser', 'terminal']);
    if (net === undefined || there === undefined || here === undefined) throw new Error('no network');
    const provider = await stage.provider({ host: net.address, namespace: net.namespace });
    for (const name of ['alice', 'bob', 'carol']) await provider.addAccount(name, `${name}-secret`);
    const page = await writePhonePage(stage);
    return new PageLab(stage, provider, [there, here], [await Chromium.start(stage, there), page]);
  }

  /** Somebody of the server's. */
  address(user: string): string {
    return `sip:${user}@${this.provider.domain}`;
  }

  /** Alice in a page, registered. */
  async alice(more: Readonly<Record<string, unknown>> = {}): Promise<BrowserPhone> {
    const phone = await BrowserPhone.open(this.#chromium, this.#page);
    this.stage.evidence('what the page told', () =>
      phone.events.map((event) => JSON.stringify(event).slice(0, 400)).join('\n'),
    );
    const urls = `turn:${hostPort(this.provider.endpoint('turn-udp'))}`;
    await phone.call('connect', {
      ...{ account: this.address('alice'), password: 'alice-secret', profile },
      url: `ws://${hostPort(this.provider.endpoint('ws'))}/`,
      iceServers: [{ urls, username: 'alice', credential: 'alice-secret' }],
      ...more,
    });
    return phone;
  }

  /** Bob in a terminal, for the length of a case. */
  bob(command: readonly string[], more: Partial<TerminalPhoneOptions> = {}): TerminalPhone {
    const { stage, provider, here } = this;
    return TerminalPhone.start(stage, { ...here, provider, user: 'bob', command, ...more });
  }

  /** Carol's phone, which does what it is told. */
  carol(name: string, more: Partial<NodePhoneOptions> = {}): Promise<NodePhone> {
    const account = { account: this.address('carol'), password: 'carol-secret' };
    const server = `sip:${hostPort(this.provider.endpoint('tcp'))};transport=tcp`;
    return NodePhone.start(this.stage, name, { ...account, server, profile, ...more }, this.here.namespace);
  }

  /** A case of Alice's page, which leaves no call to the next one, whatever became of it. */
  async check(alice: BrowserPhone, name: string, body: () => Promise<void>): Promise<void> {
    await this.stage.listen(name, async () => {
      try {
        await body();
      } catch (error) {
        await alice.call('hangUp').catch(() => {}); // there may be no call
        throw error;
      }
    });
  }
}
