import type { SocketAddress } from '@ringdown/sans-io';

/** Whose allocation it is, and what was given to it. */
export interface AllocationNames {
  /** The account. */
  readonly user: string;
  readonly client: SocketAddress;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** As peers see them: one, or one of each family. */
  readonly relayed: readonly SocketAddress[];
  /** What goes to the peers. */
  readonly protocol: 'udp' | 'tcp';
}

/** What went through an allocation, headers not counted. */
export interface Traffic {
  readonly bytesToPeers: number;
  readonly bytesFromPeers: number;
  readonly packetsToPeers: number;
  readonly packetsFromPeers: number;
  /** Lost because there were too many, too large, or the client did not read. */
  readonly packetsLost: number;
}

export type AllocationEnd =
  /** The client gave it back: LIFETIME 0. */
  | 'deleted'
  | 'expired'
  /** The client's stream ended. */
  | 'closed'
  /** The account is no more, or has another password. */
  | 'forgotten'
  | 'server closed';

/** What a server tells who watches it: one for each allocation's start and end, and so many refusals a second and source. */
export type TurnEvent =
  | ({ readonly kind: 'allocation created' } & AllocationNames)
  | ({
      readonly kind: 'allocation ended';
      readonly why: AllocationEnd;
      readonly livedMs: number;
    } & AllocationNames &
      Traffic)
  | {
      readonly kind: 'refused';
      /** Of RFC 8656 §17: `ALLOCATE` and so on. */
      readonly method: number;
      readonly code: number;
      /** One clause. */
      readonly why: string;
      readonly client: SocketAddress;
      readonly user?: string;
    }
  | {
      readonly kind: 'peer denied';
      readonly method: number;
      readonly peer: SocketAddress;
      /** The prefix that forbids it. */
      readonly rule: string;
      readonly client: SocketAddress;
      readonly user: string;
    };
