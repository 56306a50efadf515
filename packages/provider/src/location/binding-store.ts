import type { WallTime } from '@ringdown/sans-io';

/** A binding as it outlives the process: all plain text and numbers. */
export interface StoredBinding {
  /** The address-of-record as `user@domain`. */
  readonly aor: string;
  /** What makes it another binding of that address-of-record: instance and reg-id, or the contact's URI. */
  readonly key: string;
  /** The Contact's URI as it came. */
  readonly contact: string;
  /** The Contact's parameters as they came, such as `;q=0.7;+sip.instance="<urn:uuid:…>"`. */
  readonly contactParameters: string;
  /** 0 to 1000, thousandths of RFC 3261's q. */
  readonly q: number;
  readonly expiresAt: WallTime;
  readonly callId: string;
  readonly cseq: number;
  /** The Path header's value (RFC 3327); empty without one. */
  readonly path: string;
  /** The flow's key over which it was registered. */
  readonly flow: string;
  /** The source that the request really came from, as `address:port`; empty where it is the Contact's. */
  readonly received: string;
  readonly userAgent: string;
  readonly accountId: number;
  readonly registeredAt: WallTime;
}

export type BindingChange =
  | { readonly kind: 'put'; readonly binding: StoredBinding }
  | { readonly kind: 'delete'; readonly aor: string; readonly key: string };

/**
 * Where bindings outlive the process. They are answered from memory; this is written behind them, in groups, and read at
 * the start. A later change of the same aor and key replaces the earlier one.
 */
export interface BindingStore {
  /**
   * Every binding that is stored and still good at `now`; those that have expired are thrown away. Called once, before the
   * first write.
   */
  load(now: WallTime): Iterable<StoredBinding>;
  /** Takes the changes over and returns at once; they are durable within 100 ms. The objects must not change after. */
  write(changes: readonly BindingChange[]): void;
  /** How many changes are not durable yet: a disk that does not keep up shows here. */
  readonly backlog: number;
  /** Resolves when everything handed to {@link write} before is durable. */
  flush(): Promise<void>;
  /** Flushes and gives everything back. */
  close(): Promise<void>;
}
