import type { Device } from '../location/device.ts';

/** A request that a phone may not have heard. */
export interface UnheardRequest {
  /** The phone is reached over this flow now. */
  moved(flow: string): void;
}

/**
 * Requests that phones have not said a word to, so that they go on to where a phone registers next: what was sent to a mapping
 * that its NAT had forgotten, or over a connection that nobody knew to be dead, would be waited for in vain for half a minute.
 */
export class Unheard {
  private readonly waiting = new Map<number, Map<UnheardRequest, string>>();

  add({ account, tag }: Device, request: UnheardRequest): void {
    const known = this.waiting.get(account);
    if (known === undefined) this.waiting.set(account, new Map([[request, tag]]));
    else known.set(request, tag);
  }

  delete({ account }: Device, request: UnheardRequest): void {
    const known = this.waiting.get(account);
    known?.delete(request);
    if (known?.size === 0) this.waiting.delete(account);
  }

  /** A device registered over another flow than before. */
  moved({ account, tag }: Device, flow: string): void {
    for (const [request, of] of [...(this.waiting.get(account) ?? [])]) if (of === tag) request.moved(flow);
  }
}
