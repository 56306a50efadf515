import type { SocketAddress, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { FIRST_CHANNEL, LAST_CHANNEL } from '../attributes/channel-data.ts';
import type { TurnFailure } from './turn-failure.ts';

/** Channels live 600 s (RFC 8656 §12); bound anew a minute before. */
export const CHANNEL_REFRESH_MS = 540_000;

/** So many datagrams to a peer are worth a channel: connectivity checks to all that might answer are not. */
const WORTH_A_CHANNEL = 8;

export interface ChannelUser {
  /** ChannelBind. `done` without failure: bound. */
  channelBind(number: number, peer: SocketAddress, done: (failure: TurnFailure | undefined) => void): void;
}

interface Channel {
  readonly number: number;
  readonly peer: SocketAddress;
  state: 'counting' | 'asked' | 'bound' | 'refused' | 'lapsed';
  /** Whether data went through it since it was bound the last time. */
  used: boolean;
  sent: number;
  timer: Timer | undefined;
}

/**
 * The channels of one allocation (RFC 8656 §12). A peer keeps its number as long as the allocation lives, so that no number
 * is ever bound to another peer too early; once all 4,096 are given away, further peers go by indications.
 */
export class Channels implements TimerTarget {
  readonly #timers: Timers;
  readonly #user: ChannelUser;
  readonly #byPeer = new Map<string, Channel>();
  readonly #byNumber = new Map<number, Channel>();

  constructor(timers: Timers, user: ChannelUser) {
    this.#timers = timers;
    this.#user = user;
  }

  /** The number by which a datagram goes to a peer now; undefined: by an indication. Counts it. */
  numberFor(peer: SocketAddress): number | undefined {
    const channel = this.#of(peer);
    if (channel === undefined) return undefined;
    channel.used = true;
    if (channel.state === 'bound') return channel.number;
    channel.sent++;
    const worth = channel.state === 'counting' || channel.state === 'lapsed';
    if (worth && channel.sent >= WORTH_A_CHANNEL) this.#ask(channel);
    return undefined;
  }

  /**
   * Whose data came by a channel. The server may use it before its answer to ChannelBind is here, and for a while after we
   * stopped (RFC 8656 §12.2).
   */
  peerOf(number: number): SocketAddress | undefined {
    const channel = this.#byNumber.get(number);
    if (channel === undefined || channel.state === 'counting' || channel.state === 'refused')
      return undefined;
    channel.used = true;
    return channel.peer;
  }

  /** Binds a channel for a peer that much is to be sent to, though little was yet. */
  bind(peer: SocketAddress): void {
    const channel = this.#of(peer);
    if (channel?.state === 'counting' || channel?.state === 'lapsed') this.#ask(channel);
  }

  /** Lets the channels of an address lapse. */
  forget(address: string): void {
    for (const channel of this.#byPeer.values()) if (channel.peer.address === address) this.#lapse(channel);
  }

  close(): void {
    for (const channel of this.#byPeer.values()) this.#lapse(channel);
    this.#byPeer.clear();
    this.#byNumber.clear();
  }

  /** Timers bear the number that they refresh. One that nobody used is left to end. */
  timerFired(name: string): void {
    const channel = this.#byNumber.get(Number(name));
    if (channel === undefined) return;
    if (channel.used) this.#ask(channel);
    else this.#lapse(channel);
  }

  #of(peer: SocketAddress): Channel | undefined {
    const key = `${peer.address} ${peer.port}`;
    const known = this.#byPeer.get(key);
    if (known !== undefined) return known;
    const number = FIRST_CHANNEL + this.#byNumber.size;
    if (number > LAST_CHANNEL) return undefined;
    const channel: Channel = { number, peer, state: 'counting', used: false, sent: 0, timer: undefined };
    this.#byPeer.set(key, channel);
    this.#byNumber.set(number, channel);
    return channel;
  }

  #ask(channel: Channel): void {
    if (channel.state !== 'bound') channel.state = 'asked';
    channel.used = false;
    channel.timer = this.#timers.start(this, String(channel.number), CHANNEL_REFRESH_MS);
    this.#user.channelBind(channel.number, channel.peer, (failure) => {
      if (channel.state !== 'asked' && channel.state !== 'bound') return;
      if (failure === undefined) channel.state = 'bound';
      else {
        this.#lapse(channel);
        channel.state = 'refused';
      }
    });
  }

  #lapse(channel: Channel): void {
    if (channel.timer !== undefined) this.#timers.stop(channel.timer);
    channel.timer = undefined;
    channel.sent = 0;
    if (channel.state !== 'counting' && channel.state !== 'refused') channel.state = 'lapsed';
  }
}
