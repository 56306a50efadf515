import { type WallTime, wallTime } from '@ringdown/sans-io';
import { bareHost, Malformed, parseSipUriOnly, type SipUri } from '@ringdown/sip';
import type { BindingChange, BindingStore, StoredBinding } from './binding-store.ts';
import { type Device, deviceOf, deviceTag } from './device.ts';

const NONE: readonly StoredBinding[] = Object.freeze([]);

/** How many addresses-of-record a sweep looks at, at least; small tables are swept whole. */
const SWEEP_AT_LEAST = 2_000;
/** A whole table is swept in about so many sweeps. */
const SWEEPS_PER_ROUND = 30;

/**
 * The location service (RFC 3261 §10): which devices an address-of-record is reached at now. Answered from memory; every
 * change goes to the store behind it.
 */
export class Location {
  private readonly table = new Map<string, readonly StoredBinding[]>();
  /** How many bindings each remote address has: an address with one is somebody's phone. */
  private readonly addresses = new Map<string, number>();
  /** Addresses-of-record by connection, so that a connection's end finds its bindings. UDP flows have no end. */
  private readonly connections = new Map<string, Set<string>>();
  /** The address-of-record of each account that has bindings. */
  private readonly accounts = new Map<number, string>();
  private readonly store: BindingStore;
  private readonly changed: (aor: string) => void;
  private moved: (device: Device, flow: string) => void = () => undefined;
  private sweeping: IterableIterator<readonly StoredBinding[]> | undefined = undefined;
  private bindings = 0;

  /** @param changed told of each address-of-record whose devices have changed */
  constructor(store: BindingStore, now: WallTime, changed: (aor: string) => void = () => undefined) {
    this.store = store;
    this.changed = changed;
    for (const binding of store.load(now))
      this.replace(binding.aor, [...(this.table.get(binding.aor) ?? NONE), binding]);
  }

  /** @param moved told of each device that registers over another flow than before */
  onMoved(moved: (device: Device, flow: string) => void): void {
    this.moved = moved;
  }

  /** How many bindings are kept. */
  get size(): number {
    return this.bindings;
  }

  /** The bindings of an address-of-record (`user@domain`) that are good now, the most recently registered first. */
  find(aor: string, now: WallTime): readonly StoredBinding[] {
    const found = this.table.get(aor);
    if (found === undefined) return NONE;
    for (const binding of found) {
      if (binding.expiresAt <= now) return found.filter(({ expiresAt }) => expiresAt > now);
    }
    return found;
  }

  /** Puts all the devices of an address-of-record at once: what is not among them is gone. */
  set(aor: string, bindings: readonly StoredBinding[]): void {
    const before = this.table.get(aor) ?? NONE;
    const changes: BindingChange[] = [];
    for (const old of before) {
      if (!bindings.some(({ key }) => key === old.key)) changes.push({ kind: 'delete', aor, key: old.key });
    }
    for (const binding of bindings) if (!before.includes(binding)) changes.push({ kind: 'put', binding });
    if (changes.length === 0) return;
    this.replace(aor, bindings);
    this.store.write(changes);
    this.changed(aor);
    for (const binding of bindings)
      if (hasMoved(binding, before)) this.moved(deviceOf(binding), binding.flow);
  }

  /** Whether a phone that is registered has this address; one of the address-of-record, where that is given. */
  hasAddress(address: string, aor?: string): boolean {
    if (aor === undefined) return this.addresses.has(address);
    return (this.table.get(aor) ?? NONE).some(({ flow }) => remoteAddress(flow) === address);
  }

  /**
   * The binding whose Contact a URI is, where that names the address which it was registered from: no NAT stands between, and
   * its flow leads there. So phones name each other when they transfer calls.
   */
  namedBy(uri: SipUri, now: WallTime): StoredBinding | undefined {
    const address = bareHost(uri.host);
    if (!this.hasAddress(address)) return undefined;
    for (const bindings of this.table.values()) {
      for (const binding of bindings) {
        const { flow, contact, expiresAt } = binding;
        if (!contact.includes(address) || expiresAt <= now || remoteAddress(flow) !== address) continue;
        const named = parseSipUriOnly(contact);
        if (!(named instanceof Malformed) && isSamePlace(named, uri)) return binding;
      }
    }
    return undefined;
  }

  /** The device of an account that registered over a flow, where there is one. */
  deviceOn(account: number, flow: string, now: WallTime): Device | undefined {
    const aor = this.accounts.get(account);
    const binding = aor === undefined ? undefined : this.find(aor, now).find((one) => one.flow === flow);
    return binding === undefined ? undefined : deviceOf(binding);
  }

  /**
   * The flow that leads to a device now: the one that it was reached over before, while that is still its, else the one that it
   * registered over last; undefined where it has none.
   */
  flowTo({ account, tag }: Device, before: string, now: WallTime): string | undefined {
    const aor = this.accounts.get(account);
    if (aor === undefined) return undefined;
    const bindings = this.find(aor, now);
    if (bindings.some(({ flow }) => flow === before)) return before;
    return bindings.find((binding) => binding.flow !== '' && deviceTag(binding) === tag)?.flow;
  }

  /** Ends the bindings of a connection that closed. @returns those that ended. */
  connectionClosed(flow: string): readonly StoredBinding[] {
    const ended: StoredBinding[] = [];
    for (const aor of this.connections.get(flow) ?? []) {
      const bindings = this.table.get(aor) ?? NONE;
      ended.push(...bindings.filter((binding) => binding.flow === flow));
      this.set(
        aor,
        bindings.filter((binding) => binding.flow !== flow),
      );
    }
    return ended;
  }

  /** Forgets some of what has expired; called about once a second. */
  sweep(now: WallTime): void {
    let left = Math.max(SWEEP_AT_LEAST, Math.ceil(this.table.size / SWEEPS_PER_ROUND));
    this.sweeping ??= this.table.values();
    for (; left > 0; left--) {
      const { value, done } = this.sweeping.next();
      if (done === true) {
        this.sweeping = undefined;
        return;
      }
      if (value.some(({ expiresAt }) => expiresAt <= now)) {
        this.set(
          value[0]!.aor,
          value.filter(({ expiresAt }) => expiresAt > now),
        );
      }
    }
  }

  /** Every binding, for those who keep flows alive. */
  *[Symbol.iterator](): Generator<StoredBinding> {
    for (const bindings of this.table.values()) yield* bindings;
  }

  private replace(aor: string, bindings: readonly StoredBinding[]): void {
    const before = this.table.get(aor) ?? NONE;
    // First of all: a connection is forgotten by what is in the table then.
    if (bindings.length === 0) this.table.delete(aor);
    else this.table.set(aor, bindings);
    this.nameAccount(aor, before[0]?.accountId, bindings[0]?.accountId);
    // A phone that registers again, as most do most of the time: nothing has to be counted anew.
    if (before.length === 1 && bindings.length === 1 && before[0]!.flow === bindings[0]!.flow) return;
    for (const old of before) this.count(old, -1);
    for (const binding of bindings) this.count(binding, 1);
  }

  private nameAccount(aor: string, before: number | undefined, now: number | undefined): void {
    if (before === now) return;
    if (before !== undefined) this.accounts.delete(before);
    if (now !== undefined) this.accounts.set(now, aor);
  }

  private count(binding: StoredBinding, change: 1 | -1): void {
    this.bindings += change;
    const address = remoteAddress(binding.flow);
    const count = (this.addresses.get(address) ?? 0) + change;
    if (count === 0) this.addresses.delete(address);
    else this.addresses.set(address, count);
    if (!binding.flow.startsWith('udp ')) this.countConnection(binding, change);
  }

  private countConnection({ flow, aor }: StoredBinding, change: 1 | -1): void {
    const there = this.connections.get(flow) ?? new Set();
    if (change === 1) this.connections.set(flow, there.add(aor));
    else if (!(this.table.get(aor) ?? NONE).some((binding) => binding.flow === flow)) {
      there.delete(aor);
      if (there.size === 0) this.connections.delete(flow);
    }
  }
}

const isSamePlace = (left: SipUri, right: SipUri): boolean =>
  left.user === right.user &&
  left.host === right.host &&
  (left.port ?? 5060) === (right.port ?? 5060) &&
  left.parameters.get('transport')?.toLowerCase() === right.parameters.get('transport')?.toLowerCase();

const hasMoved = ({ key, flow }: StoredBinding, before: readonly StoredBinding[]): boolean =>
  flow !== '' && before.some((old) => old.key === key && old.flow !== flow && old.flow !== '');

/** Whether a flow, by its key, is over TLS. */
export const isSecureFlow = (flow: string): boolean => /^(tls|wss)\b/.test(flow);

/** The peer's address in a flow's key. */
export const remoteAddress = (flow: string): string => {
  const end = flow.lastIndexOf(' ');
  return flow.slice(flow.lastIndexOf(' ', end - 1) + 1, Math.max(0, end));
};

/** The peer's address and port in a flow's key, as `address:port`. */
export const remotePlace = (flow: string): string =>
  `${remoteAddress(flow)}:${flow.slice(flow.lastIndexOf(' ') + 1)}`;

/** The end of a binding that is given so many seconds. */
export const expiryOf = (now: WallTime, seconds: number): WallTime => wallTime(now + seconds * 1000);
