import type { Device } from '../location/device.ts';

/** A request that a phone may not have heard. */
export interface UnheardRequest {
  /** The phone is reached over this flow now. */
  moved(flow: string): void;
}

/** A request that waits, and where it stands among the others of its part. */
export interface Waiting {
  readonly device: Device;
  readonly request: UnheardRequest;
  place: number;
}

const PARTS = 1_024;

/**
 * Requests that phones have not said a word to, so that they go on to where a phone registers next: what was sent to a mapping
 * that its NAT had forgotten, or over a connection that nobody knew to be dead, would be waited for in vain for half a minute.
 *
 * They stand in arrays, by account, and not in a Map: each request comes and goes, which makes a Map of V8 lay out its table
 * anew all the time, and the tables before, with all that they held, live until the old objects are collected.
 */
export class Unheard {
  private readonly parts: readonly Waiting[][] = Array.from({ length: PARTS }, () => []);

  /** @returns what {@link delete} is told */
  add(device: Device, request: UnheardRequest): Waiting {
    const part = this.partOf(device);
    const waiting = { device, request, place: part.length };
    part.push(waiting);
    return waiting;
  }

  /** Once for each that was added. */
  delete(waiting: Waiting): void {
    const part = this.partOf(waiting.device);
    const last = part.pop()!;
    if (last === waiting) return;
    part[waiting.place] = last;
    last.place = waiting.place;
  }

  /** A device registered over another flow than before. */
  moved(device: Device, flow: string): void {
    const { account, tag } = device;
    const here = this.partOf(device).filter(
      (each) => each.device.account === account && each.device.tag === tag,
    );
    for (const { request } of here) request.moved(flow);
  }

  private partOf({ account }: Device): Waiting[] {
    return this.parts[account % PARTS]!;
  }
}
