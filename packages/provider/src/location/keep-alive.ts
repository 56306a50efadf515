import type { Transport } from '@ringdown/sip';
import type { StoredBinding } from './binding-store.ts';
import type { Location } from './location.ts';

/**
 * Keeps the mappings of NATs open for phones that do not (RFC 5626 §4.4 leaves it to the phone): each UDP flow whose phone
 * sits behind a NAT gets a datagram of four bytes once a round, spread over the round.
 */
export class KeepAlive {
  private readonly location: Location;
  private readonly transport: Pick<Transport, 'flowOf' | 'keepAlive'>;
  private readonly roundMs: number;
  private round: Iterator<StoredBinding> | undefined = undefined;
  private perTick = 0;
  private elapsedMs = 0;

  constructor(location: Location, transport: Pick<Transport, 'flowOf' | 'keepAlive'>, roundMs: number) {
    this.location = location;
    this.transport = transport;
    this.roundMs = roundMs;
  }

  /** Called every `tickMs`. */
  tick(tickMs: number): void {
    this.elapsedMs += tickMs;
    if (this.elapsedMs >= this.roundMs || this.round === undefined) {
      this.finish();
      this.round = this.location[Symbol.iterator]();
      this.perTick = Math.ceil((this.location.size * tickMs) / this.roundMs);
      this.elapsedMs = 0;
    }
    this.send(this.perTick);
  }

  private finish(): void {
    this.send(Number.POSITIVE_INFINITY);
  }

  private send(count: number): void {
    for (let left = count; left > 0 && this.round !== undefined; left--) {
      const { value, done } = this.round.next();
      if (done === true) return;
      if (value.received === '' || !value.flow.startsWith('udp ')) continue;
      const flow = this.transport.flowOf(value.flow);
      if (flow !== undefined) this.transport.keepAlive(flow);
    }
  }
}
