import assert from 'node:assert/strict';
import { readIceDescription } from '@ringdown/ice';
import type { Page, Told } from './chromium.ts';
import { within } from './deadline.ts';
import { agreement, type IceProgram, type Way, type WayEnd } from './ice-program.ts';

export type Media = 'audio' | 'data';

export interface BrowserPeerOptions {
  readonly name: string;
  /** What it offers; in what it is offered it follows. */
  readonly media: Media;
  /** RTCConfiguration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface Parameters {
  readonly ufrag: string;
  readonly pwd: string;
}

/** What the browser counts of the pair that it uses. */
export interface PairCounts {
  readonly requestsReceived: number;
  readonly responsesSent: number;
  readonly requestsSent: number;
  readonly responsesReceived: number;
}

type Statistic = Readonly<Record<string, unknown>>;

/** One RTCPeerConnection, and what it has told. */
export class BrowserPeer {
  readonly media: Media;
  readonly told: Told[] = [];
  readonly #page: Page;
  readonly #name: string;
  readonly #listeners = new Set<(told: Told) => void>();

  private constructor(page: Page, { name, media }: BrowserPeerOptions) {
    this.#page = page;
    this.#name = name;
    this.media = media;
    page.hear((told) => {
      if (told.peer !== name) return;
      this.told.push(told);
      for (const listener of [...this.#listeners]) listener(told);
    });
  }

  static async create(page: Page, options: BrowserPeerOptions, offers: boolean): Promise<BrowserPeer> {
    const peer = new BrowserPeer(page, options);
    await page.call('create', options.name, options.configuration ?? {}, offers ? options.media : 'none');
    return peer;
  }

  hear(listener: (told: Told) => void): void {
    for (const told of this.told) listener(told);
    this.#listeners.add(listener);
  }

  /** Waits until it tells one of these, looking only behind the first `from` things told. */
  async tells(kind: Told['kind'], values: RegExp, withinMs: number, from = 0): Promise<string> {
    const found = new Promise<string>((resolve) => {
      let place = 0;
      this.hear((told) => {
        place += 1;
        if (place > from && told.kind === kind && values.test(told.value)) resolve(told.value);
      });
    });
    return await within(found, withinMs, `${this.#name} of the browser tells ${kind} ${values}`);
  }

  offer = async (restart = false): Promise<string> =>
    (await this.#page.call('offer', this.#name, restart)) as string;
  answer = async (sdp: string): Promise<string> =>
    (await this.#page.call('answer', this.#name, sdp)) as string;
  answered = async (sdp: string): Promise<void> => void (await this.#page.call('answered', this.#name, sdp));
  candidate = async (line: string): Promise<void> =>
    void (await this.#page.call('candidate', this.#name, line));
  description = async (): Promise<string> => (await this.#page.call('description', this.#name)) as string;
  close = async (): Promise<void> => void (await this.#page.call('close', this.#name));

  async #statistics(): Promise<readonly Statistic[]> {
    return (await this.#page.call('statistics', this.#name)) as readonly Statistic[];
  }

  async transport(): Promise<Statistic> {
    const found = (await this.#statistics()).find(({ type }) => type === 'transport');
    if (found === undefined) throw new Error(`${this.#name} of the browser has no transport`);
    return found;
  }

  /** The pair that the browser uses, and its counts. */
  async pair(): Promise<Way & PairCounts & { readonly relayProtocol: string | undefined }> {
    const all = await this.#statistics();
    const by = (wanted: unknown): Statistic | undefined => all.find(({ id }) => id === wanted);
    const pair = by(all.find(({ type }) => type === 'transport')?.selectedCandidatePairId);
    if (pair === undefined) throw new Error(`${this.#name} of the browser has selected no pair`);
    const [local, remote] = [by(pair.localCandidateId), by(pair.remoteCandidateId)];
    const end = (candidate: Statistic | undefined): WayEnd => ({
      type: String(candidate?.candidateType),
      address: String(candidate?.address ?? candidate?.ip),
      port: Number(candidate?.port),
    });
    return {
      local: end(local),
      remote: end(remote),
      relayProtocol: local?.relayProtocol as string | undefined,
      requestsReceived: Number(pair.requestsReceived),
      responsesSent: Number(pair.responsesSent),
      requestsSent: Number(pair.requestsSent) + Number(pair.consentRequestsSent ?? 0),
      responsesReceived: Number(pair.responsesReceived),
    };
  }
}

/** What the browser's description says of ICE, read by Ringdown. */
export function parametersIn(sdp: string): Parameters & { readonly options: readonly string[] } {
  const [session = '', media = ''] = sdp.split(/^(?=m=)/m);
  const { parameters, malformed } = readIceDescription(media.split('\r\n'), session.split('\r\n'));
  if (malformed.length > 0)
    throw new Error(`not readable in the browser's description: ${malformed[0]?.why}`);
  if (parameters === undefined) throw new Error(`no ufrag and password in\n${sdp}`);
  return { ...parameters, options: parameters.options ?? [] };
}

export interface OurDescription extends Parameters {
  readonly media: Media;
  /** Of DTLS: the SHA-256 of a certificate. */
  readonly fingerprint: string;
  readonly setup: 'actpass' | 'passive';
  /** Attributes; none where all are trickled. */
  readonly candidates?: readonly string[];
}

/** A description of one stream, with no more than a browser asks for. */
export function ourDescription(one: OurDescription): string {
  const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2', 'a=rtcp-mux', 'a=sendrecv'];
  const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=sctp-port:5000'];
  const [line = '', ...attributes] = one.media === 'audio' ? audio : data;
  return [
    ...['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'a=group:BUNDLE 0', line, 'c=IN IP4 0.0.0.0'],
    ...[...attributes, 'a=mid:0', `a=ice-ufrag:${one.ufrag}`, `a=ice-pwd:${one.pwd}`],
    ...['a=ice-options:trickle', `a=fingerprint:sha-256 ${one.fingerprint}`, `a=setup:${one.setup}`],
    ...(one.candidates ?? []).map((candidate) => `a=${candidate}`),
    '',
  ].join('\r\n');
}

export interface Meeting {
  readonly browser: BrowserPeer;
  readonly agent: IceProgram;
  readonly fingerprint: string;
}

/** Each learns the other's candidates as they come; the empty one is the end. */
export function trickle({ browser, agent }: Meeting): void {
  browser.hear(({ kind, value }) => {
    if (kind === 'candidate') agent.tell(value === '' ? 'end' : `candidate ${value}`);
  });
  agent.hear((line) => {
    const told = line === 'gathered' ? '' : /^candidate (.*)$/.exec(line)?.[1];
    // Fails where the browser cannot read it; the case then waits for a connection in vain, and shows this.
    if (told !== undefined) browser.candidate(told).catch((error) => browser.told.push(fault(error)));
  });
}

const fault = (error: unknown): Told => ({ peer: '', kind: 'error', value: String(error) });

/** The browser's offer, first or one of a restart, with the agent's answer to it. */
export async function browserOffers(meeting: Meeting, restart = false): Promise<void> {
  const { browser, agent, fingerprint } = meeting;
  const mark = restart ? agent.mark() : 0;
  const { ufrag, pwd, options } = parametersIn(await browser.offer(restart));
  agent.tell(`remote ${ufrag} ${pwd} ${options.join(' ')}`);
  const own = await agent.parameters(mark);
  await browser.answered(ourDescription({ ...own, fingerprint, media: browser.media, setup: 'passive' }));
}

/** The agent's offer, first or one of a restart, with the browser's answer to it. */
export async function agentOffers(meeting: Meeting, restart = false): Promise<void> {
  const { browser, agent, fingerprint } = meeting;
  const mark = restart ? agent.mark() : 0;
  if (restart) agent.tell('restart');
  const own = await agent.parameters(mark);
  const sdp = ourDescription({ ...own, fingerprint, media: browser.media, setup: 'actpass' });
  const { ufrag, pwd, options } = parametersIn(await browser.answer(sdp));
  agent.tell(`remote ${ufrag} ${pwd} ${options.join(' ')}`);
}

export type BrowserWay = Awaited<ReturnType<BrowserPeer['pair']>>;

/**
 * Both say that they are connected, over the same way; the browser has finished DTLS through it, so data went both ways.
 */
export async function connected(
  { browser, agent }: Meeting,
  fits?: (ours: Way, theirs: BrowserWay) => boolean,
): Promise<{ readonly ours: Way; readonly theirs: BrowserWay }> {
  await agent.reaches('completed', 15_000);
  await browser.tells('ice', /^(?:connected|completed)$/, 15_000);
  await browser.tells('connection', /^connected$/, 15_000);
  assert.match(agent.said(/^data /)[0] ?? '', /^data 1 \d+ 22$/, 'the first data is of DTLS (RFC 7983)');
  return await agreement(
    () => agent.way,
    () => browser.pair(),
    fits,
  );
}
