import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import { everyMs } from '../pulse.ts';
import { numericLookup } from './numeric-lookup.ts';

/** As short as a keep-alive, so that nobody reads it as anything else. */
const PROBE = Buffer.from([0xff, 0xff, 0xff]);
const INTERVAL_MS = 50;
/** A probe that has not come back by then was lost: the queue was full. */
const LOST_MS = 1_000;

/**
 * Measures how long a datagram waits in the queue of a UDP socket of ours before it is read: sends a short one to it now and
 * then. Under overload this is what grows first, long before anybody could see it from outside.
 */
export class QueueProbe {
  private readonly target: SocketAddress;
  private readonly socket: Socket;
  private readonly stop: () => void;
  private port = 0;
  private sentAt: number | undefined = undefined;
  private lastMs = 0;
  private heard = false;

  constructor(target: SocketAddress) {
    this.target = target;
    this.socket = createSocket({ type: isIPv6(target.address) ? 'udp6' : 'udp4', lookup: numericLookup });
    this.socket.on('error', () => {});
    this.socket.bind(0, target.address, () => {
      this.port = this.socket.address().port;
    });
    this.socket.unref();
    this.stop = everyMs(INTERVAL_MS, () => this.send());
  }

  /** Milliseconds that the last probe waited, or that the present one waits already. 0 where none ever came back. */
  get delayMs(): number {
    if (!this.heard) return 0;
    return this.sentAt === undefined ? this.lastMs : Math.max(this.lastMs, performance.now() - this.sentAt);
  }

  /** A datagram as short as a probe came. */
  received(remote: SocketAddress): void {
    if (remote.port !== this.port || this.sentAt === undefined || remote.address !== this.target.address)
      return;
    this.lastMs = performance.now() - this.sentAt;
    this.sentAt = undefined;
    this.heard = true;
  }

  close(): void {
    this.stop();
    this.socket.close();
  }

  private send(): void {
    if (this.port === 0) return;
    const now = performance.now();
    if (this.sentAt !== undefined && now - this.sentAt < LOST_MS) return;
    if (this.sentAt !== undefined) this.lastMs = LOST_MS;
    this.sentAt = now;
    this.socket.send(PROBE, this.target.port, this.target.address);
  }
}
