import type { SocketAddress } from '@ringdown/sip';

/** A UDP socket bound to one address of ours, whatever runtime moves its datagrams. */
export interface UdpPort {
  readonly local: SocketAddress;
  readonly open: boolean;
  /** What the kernel gave, in its own count: Linux doubles what was asked for and holds its bookkeeping in it. */
  readonly buffers: UdpBuffers | undefined;
  /** Sends one datagram or drops it, as a network may. The bytes are the port's from here on. */
  send(bytes: Buffer, remote: SocketAddress): void;
  close(): Promise<void>;
}

export interface UdpBuffers {
  readonly receiveBytes: number;
  readonly sendBytes: number;
}

/** Takes what came. Both arguments are the receiver's to keep, but the bytes where it borrows them. */
export type DatagramReceiver = (bytes: Buffer, remote: SocketAddress) => void;

export interface UdpPortOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bufferBytes: number;
  readonly receive: DatagramReceiver;
  /**
   * Whether many datagrams are read at once, and what is sent meanwhile goes out together: for a server that costs less. Who has one at
   * a time, such as a call, has it sent at once. Default: true.
   */
  readonly gathers?: boolean;
  /**
   * Whether the receiver needs the bytes no more when it returns: the memory is then used again, or is the receiver's all the same, as
   * the runtime has it. Default: false.
   */
  readonly borrows?: boolean;
}

/** The largest payload of a datagram: 65,535 bytes less the headers of IPv4 and UDP. */
export const MAX_DATAGRAM_BYTES = 65_507;
