import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningProcess } from './process.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

/** What a line does to the packets on it, in both directions alike. */
export interface SoundLine {
  /** Share (0…1) of the RTP packets that it loses. */
  readonly lossRatio?: number;
  /** How long each packet takes. */
  readonly delayMs?: number;
  /** And up to so much longer, at random; they stay in order, as in a queue. */
  readonly jitterMs?: number;
  /** What is drawn, loss and jitter, follows from it. */
  readonly seed?: number;
  /** False: descriptions are passed on without telephone-event (RFC 4733). */
  readonly telephoneEvents?: boolean;
}

/** What went in one direction. */
export interface SoundTraffic {
  /** Packets of RTP, and how many of them were taken away. */
  readonly came: number;
  readonly lost: number;
  /** Of all packets, with the headers of IP and UDP. */
  readonly largestBytes: number;
}

export interface SoundTraffics {
  /** From the phone whose server the relay is. */
  readonly out: SoundTraffic;
  readonly in: SoundTraffic;
}

const program = join(dirname(fileURLToPath(import.meta.url)), 'sound-relay-process.ts');

/**
 * A line between one phone and the rest of the world, in a process of its own: it passes SIP to the server and back, and puts
 * itself into the descriptions, so that sound goes through it.
 */
export class SoundRelay {
  /** Where the phone sends to instead of the server. */
  readonly front: Endpoint;
  readonly #process: RunningProcess;

  private constructor(front: Endpoint, process: RunningProcess) {
    this.front = front;
    this.#process = process;
  }

  static async start(
    stage: Stage,
    address: string,
    server: Endpoint,
    line: SoundLine = {},
  ): Promise<SoundRelay> {
    const process_ = stage.start({
      name: `line at ${address}`,
      command: process.execPath,
      args: [program, JSON.stringify({ address, server, line })],
    });
    const [, port] = await process_.waitFor(/^ready (\d+)$/m, 10_000);
    return new SoundRelay({ host: address, port: Number(port) }, process_);
  }

  /** What went through it so far. */
  async traffic(): Promise<SoundTraffics> {
    const mark = this.#process.mark();
    this.#process.write('traffic');
    const [, found = ''] = await this.#process.waitFor(/^traffic (.*)$/m, 5_000, mark);
    return JSON.parse(found) as SoundTraffics;
  }
}
