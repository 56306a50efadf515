import { canonicalAddress, familyOf } from '../address/ip.ts';
import type { VirtualTime } from '../clock/virtual-time.ts';
import type { Nat64Prefix } from '../nat/nat64.ts';

export type RecordType = 'A' | 'AAAA';

export type Answered = (addresses: readonly string[]) => void;

/** RFC 7050 §8.1: by its AAAA records a host finds the prefix of NAT64. */
const IPV4_ONLY: readonly [string, readonly string[]] = ['ipv4only.arpa', ['192.0.0.170', '192.0.0.171']];

/** Names and their addresses, the same for the whole world but for DNS64. */
export class Dns {
  readonly #time: VirtualTime;
  readonly #latencyMs: number;
  readonly #names = new Map<string, readonly string[]>([IPV4_ONLY]);

  constructor(time: VirtualTime, latencyMs: number) {
    this.#time = time;
    this.#latencyMs = latencyMs;
  }

  /** Gives a name its addresses, of both families; an empty list takes the name away. */
  set(name: string, addresses: readonly string[]): void {
    const key = name.toLowerCase();
    if (addresses.length === 0) this.#names.delete(key);
    else this.#names.set(key, addresses.map(canonicalAddress));
  }

  /** Answers after the resolver's latency; with a prefix, as a DNS64 does (RFC 6147 §5.1). */
  ask(name: string, type: RecordType, prefix: Nat64Prefix | undefined, answered: Answered): void {
    this.#time.later(this.#latencyMs, () => answered(this.#answer(name.toLowerCase(), type, prefix)));
  }

  #answer(name: string, type: RecordType, prefix: Nat64Prefix | undefined): readonly string[] {
    const all = this.#names.get(name) ?? [];
    const found = all.filter((address) => familyOf(address) === (type === 'A' ? 'ipv4' : 'ipv6'));
    if (type === 'A' || found.length > 0 || prefix === undefined) return found;
    return all.map((address) => prefix.embed(address));
  }
}
