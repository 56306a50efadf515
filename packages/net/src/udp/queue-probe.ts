import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { everyMs } from '../pulse.ts';
import { numericLookup } from './numeric-lookup.ts';

/** As short as a keep-alive, so that nobody reads it as anything else; the last byte is its number. */
const PROBE = Uint8Array.of(0xff, 0xff, 0xff);
const NUMBERS = 256;
const INTERVAL_MS = 20;
/** While messages wait no longer than this, one probe in three intervals tells enough. */
const CALM_MS = 10;
const CALM_INTERVALS = 3;

/** How long messages wait, as far as is known. */
export interface QueueLook {
  /** Milliseconds that the last probe waited which came back, or that one waits already. 0 where none ever came back. */
  readonly delayMs: number;
  /** Whether one has come back since the last look. */
  readonly isMeasured: boolean;
}

interface Sent {
  readonly number: number;
  readonly at: number;
}

/**
 * Measures how long a datagram waits in the queue of a UDP socket of ours before it is read: sends a short one to it every so
 * often. Under overload this is what grows first, long before anybody could see it from outside. A full queue loses some: one
 * that comes back tells that those before it were lost.
 */
export class QueueProbe {
  private readonly target: SocketAddress;
  private readonly socket: Socket;
  private readonly stop: () => void;
  private port = 0;
  private next = 0;
  private skipped = 0;
  /** Those under way, the oldest first. */
  private sent: Sent[] = [];
  private lastMs = 0;
  private heard = false;
  private isMeasured = false;

  constructor(target: SocketAddress) {
    this.target = target;
    this.socket = createSocket({ type: isIPv6(target.address) ? 'udp6' : 'udp4', lookup: numericLookup });
    this.socket.on('error', () => {});
    this.socket.bind(0, target.address, () => {
      this.port = this.socket.address().port;
    });
    this.socket.unref();
    this.stop = everyMs(INTERVAL_MS, () => {
      this.skipped = (this.skipped + 1) % CALM_INTERVALS;
      if (this.skipped === 0 || this.delayMs > CALM_MS) this.send();
    });
  }

  get delayMs(): number {
    const oldest = this.sent[0];
    return !this.heard || oldest === undefined
      ? this.lastMs
      : Math.max(this.lastMs, performance.now() - oldest.at);
  }

  look(): QueueLook {
    const { delayMs, isMeasured } = this;
    this.isMeasured = false;
    return { delayMs, isMeasured };
  }

  /** A datagram as short as a probe came. */
  received(bytes: Uint8Array, remote: SocketAddress): void {
    if (remote.port !== this.port || remote.address !== this.target.address) return;
    const index = this.sent.findIndex(({ number }) => number === bytes.at(-1));
    if (index < 0) return;
    this.lastMs = performance.now() - this.sent[index]!.at;
    this.sent.splice(0, index + 1);
    this.heard = true;
    this.isMeasured = true;
  }

  close(): void {
    this.stop();
    this.socket.close();
  }

  private send(): void {
    if (this.port === 0) return;
    const number = this.next;
    this.next = (number + 1) % NUMBERS;
    this.sent.push({ number, at: performance.now() });
    if (this.sent.length >= NUMBERS) this.sent.shift();
    this.socket.send(PROBE.with(2, number), this.target.port, this.target.address);
  }
}
