import { readFileSync } from 'node:fs';
import type { ConnectivityServer } from '@ringdown/connectivity';
import type { AgentOptions } from '../ice/agent.ts';
import {
  agentOffers,
  BrowserPeer,
  browserOffers,
  type Media,
  type Meeting,
  trickle,
} from './browser-peer.ts';
import { Chromium, type Page } from './chromium.ts';
import { DtlsCertificate } from './dtls-server.ts';
import { IceAgents } from './ice-program.ts';
import { buildOpenNetwork, type OpenHost } from './open-network.ts';
import { hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';

export type TurnTransport = 'udp' | 'tcp' | 'tls';

export interface MeetingOptions {
  readonly page: Page;
  readonly offers: 'browser' | 'agent';
  readonly media?: Media;
  /** RTCConfiguration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly agent?: Partial<AgentOptions>;
}

const [user, password] = ['alice', 'alice-secret'] as const;

/** A browser, our agents and two TURN servers, each in a namespace of its own, on one network. */
export class BrowserLab {
  readonly stage: Stage;
  /** Where the servers are, the browser, and our agents. */
  readonly net: OpenHost;
  readonly there: OpenHost;
  readonly here: OpenHost;
  /** Relays to no private network, and one that does to this. */
  readonly strict: Provider;
  readonly open: Provider;
  /** One that may use the microphone and so tells addresses, and one that tells names of mDNS. */
  readonly page: Page;
  readonly quietPage: Page;
  readonly #agents: IceAgents;
  readonly #certificate: DtlsCertificate;
  readonly #authorities: readonly string[];
  #meetings = 0;

  private constructor(
    stage: Stage,
    [net, there, here]: readonly [OpenHost, OpenHost, OpenHost],
    [strict, open]: readonly [Provider, Provider],
    [page, quietPage]: readonly [Page, Page],
    parts: { readonly agents: IceAgents; readonly authorities: readonly string[] },
  ) {
    this.stage = stage;
    this.net = net;
    this.there = there;
    this.here = here;
    this.strict = strict;
    this.open = open;
    this.page = page;
    this.quietPage = quietPage;
    this.#agents = parts.agents;
    this.#authorities = parts.authorities;
    this.#certificate = new DtlsCertificate(stage);
  }

  static async build(stage: Stage): Promise<BrowserLab> {
    const [net, there, here] = await buildOpenNetwork(stage, ['net', 'browser', 'agent']);
    if (net === undefined || there === undefined || here === undefined) throw new Error('no network');
    const relayServer = async (name: string, config?: string): Promise<Provider> => {
      const place = { name, host: net.address, namespace: net.namespace };
      const provider = await stage.provider(config === undefined ? place : { ...place, config });
      await provider.addAccount(user, password);
      return provider;
    };
    const [strict, open, chromium, agents] = await Promise.all([
      relayServer('strict'),
      relayServer('open', `[turn]\nallow_peers = ["${net.address}/24"]\n`),
      Chromium.start(stage, there),
      IceAgents.start(stage, here.namespace),
    ]);
    const pages = await Promise.all([
      chromium.page({ microphone: true }),
      chromium.page({ microphone: false }),
    ]);
    const authorities = [readFileSync(await strict.certificate(), 'latin1')];
    return new BrowserLab(stage, [net, there, here], [strict, open], pages, { agents, authorities });
  }

  /** Both agents, before either knows anything of the other. */
  async bring({ page, offers, media = 'data', configuration = {}, agent }: MeetingOptions): Promise<Meeting> {
    this.#meetings += 1;
    const number = this.#meetings;
    const name = `peer ${number}`;
    const browser = await BrowserPeer.create(page, { name, media, configuration }, offers === 'browser');
    this.stage.evidence(`browser's ${name}`, () =>
      browser.told.map(({ kind, value }) => `${kind} ${value}`).join('\n'),
    );
    const ours = this.#agents.open(`agent ${number}`, {
      role: offers === 'agent' ? 'controlling' : 'controlled',
      // Loopback is of no use to the browser.
      addresses: [this.here.address6, this.here.address],
      authorities: this.#authorities,
      carryTo: await this.#certificate.serve(this.here.namespace),
      ...agent,
    });
    return { browser, agent: ours, fingerprint: this.#certificate.fingerprint };
  }

  /** Offer and answer, with candidates told as they come. */
  async meet(options: MeetingOptions): Promise<Meeting> {
    const meeting = await this.bring(options);
    trickle(meeting);
    await (options.offers === 'browser' ? browserOffers : agentOffers)(meeting);
    return meeting;
  }

  /** For our agent. */
  turn(provider: Provider, transport: TurnTransport): ConnectivityServer {
    const { host: address, port } = provider.endpoint(`turn-${transport}`);
    const server = { kind: 'turn', address, port, transport, serverName: provider.domain } as const;
    return { ...server, username: user, password };
  }

  /** For the browser: nothing but relays. */
  relayOnly(
    provider: Provider,
    transport: TurnTransport,
    credential: string = password,
  ): Readonly<Record<string, unknown>> {
    const to = hostPort(provider.endpoint(`turn-${transport}`));
    const urls = transport === 'tls' ? `turns:${to}?transport=tcp` : `turn:${to}?transport=${transport}`;
    return { iceTransportPolicy: 'relay', iceServers: [{ urls, username: user, credential }] };
  }
}
