import type { Flow, SocketAddress } from '@ringdown/sip';

/**
 * Where services are, and nobody else: the dummy address of RFC 7600 §7, which no packet on any network comes from. Our own
 * Record-Routes name it toward them.
 */
export const HOUSE: SocketAddress = Object.freeze({ address: '192.0.0.8', port: 5060 });

const NO_NAMES: readonly string[] = Object.freeze([]);

/**
 * One end of a way that leaves the process nowhere. It counts as a secure WebSocket: reliable, secure, and its client is reached
 * over it alone (RFC 7118 §5). Its key is the same after a restart.
 */
export class HouseFlow implements Flow {
  readonly transport = 'wss';
  readonly connection = 'house';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly advertised: SocketAddress;
  readonly peerNames = NO_NAMES;
  open = true;

  constructor(local: SocketAddress, remote: SocketAddress, advertised: SocketAddress) {
    this.local = local;
    this.remote = remote;
    this.advertised = advertised;
  }
}
