import { nodeClock, nodeHashes, nodeRandom, nodeText } from '@ringdown/net';
import type { Sockets, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import type { SipMessage, Transport } from '@ringdown/sip';
import {
  type Call,
  createUserAgent,
  type MediaEvent,
  type UserAgent,
  type UserAgentEvent,
} from '@ringdown/user-agent';
import { guarded } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';
import type { HouseWay } from './house-transport.ts';
import type { AnsweredCall } from './service.ts';
import type { NodeMediaEngine, NodeMediaOptions, OpenNodeMedia, ServiceSound } from './service-sound.ts';

/** So long the answers to the last requests are waited for. */
const LINGER_MS = 5_000;

export interface ServiceCallParts {
  readonly name: string;
  readonly domain: string;
  readonly way: HouseWay;
  readonly timers: Timers;
  readonly media: NodeMediaOptions;
  readonly openMedia: OpenNodeMedia;
  readonly sound: ServiceSound;
  readonly sockets: Sockets;
  readonly maxSeconds: number;
  readonly log: Log;
  /** It answers nobody any more. */
  readonly ended: () => void;
  /** All of it is over. */
  readonly gone: () => void;
}

/** One call that a service answers: a user agent of its own, whose media know the addresses that this caller reaches. */
export class ServiceCall implements AnsweredCall, TimerTarget {
  readonly #parts: ServiceCallParts;
  readonly #agent: UserAgent;
  readonly #media: NodeMediaEngine;
  #call: Call | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #isEnded = false;
  #isGone = false;

  constructor(parts: ServiceCallParts) {
    const { name, domain, way, timers } = parts;
    this.#parts = parts;
    this.#media = parts.openMedia(parts.media, {
      ...{ clock: nodeClock, timers, random: nodeRandom, hashes: nodeHashes },
      sockets: parts.sockets,
      answered: guarded(parts.log, (id, answer) => this.#agent.mediaAnswered(id, answer)),
      told: guarded(parts.log, (event) => this.#mediaTold(event)),
    });
    this.#agent = createUserAgent(
      {
        // It proves nothing to anybody: calls come to it.
        account: { username: name, domain, password: nodeRandom.token(16) },
        instance: `urn:x-ringdown:${name}`,
        transports: ['wss'],
        product: `Ringdown ${name}`,
      },
      {
        ...{ clock: nodeClock, timers, random: nodeRandom, hashes: nodeHashes, text: nodeText },
        transport: transportOver(way),
        dns: { query: () => undefined },
        media: this.#media,
        deliver: (event) => this.#told(event),
      },
    );
  }

  received(message: SipMessage): void {
    if (this.#isGone) return;
    this.#agent.messageReceived(message, this.#parts.way.flow);
    // What cannot be a call was refused already.
    if (this.#call === undefined) this.#end();
  }

  hangUp(): void {
    if (!this.#isEnded) this.#call?.hangUp();
  }

  async close(): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    if (this.#timer !== undefined) this.#parts.timers.stop(this.#timer);
    this.#agent.close();
    this.#parts.gone();
    await this.#media.close();
  }

  #told(event: UserAgentEvent): void {
    // The machine is at work while it tells.
    if (event.kind === 'incoming call') {
      this.#call = event.call;
      this.#after('time is up', this.#parts.maxSeconds * 1_000);
      this.#later(() => event.call.answer({ sound: this.#parts.sound.sound }));
    } else if (event.kind === 'transfer asked') this.#later(() => this.#agent.decline(event.call));
    else if (event.kind === 'call ended') this.#end();
  }

  #later(act: () => void): void {
    queueMicrotask(guarded(this.#parts.log, act));
  }

  #mediaTold(event: MediaEvent): void {
    if (this.#isEnded) return;
    switch (event.kind) {
      case 'media':
        this.#parts.sound.agreed(event.media);
        break;
      case 'fragment':
        this.#call?.sendFragment(event.fragment, event.session);
        break;
      case 'restart wanted':
        this.#call?.renew(event.why);
        break;
      case 'failed':
        this.#call?.hangUp({ what: event.why, next: event.next });
        break;
    }
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.ended();
    this.#after('over', LINGER_MS);
  }

  #after(name: string, milliseconds: number): void {
    if (this.#timer !== undefined) this.#parts.timers.stop(this.#timer);
    this.#timer = this.#parts.timers.start(this, name, milliseconds);
  }

  timerFired(name: string): void {
    if (name === 'time is up') this.hangUp();
    else void this.close();
  }
}

/** The server is all that a service ever speaks with. */
const transportOver = (way: HouseWay): Transport => ({
  send: (_, message) => {
    way.send(message);
    return true;
  },
  flowTo: () => way.flow,
  flowOf: () => way.flow,
  keepAlive: () => undefined,
});
