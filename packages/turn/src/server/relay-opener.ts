import type { Random, SocketAddress, UdpSocket } from '@ringdown/sans-io';
import type { IcmpValue } from '../attributes/icmp.ts';
import { canonicalAddress } from './canonical-address.ts';
import type {
  RelayListener,
  RelaySockets,
  RelayStream,
  RelayStreamUser,
  RelayTcpUser,
  RelayUdpUser,
} from './ports.ts';
import { Relay } from './relay.ts';
import type { RelayAddress } from './turn-server-options.ts';

/** Ports that others have are tried again with another so often. */
const ATTEMPTS = 16;

export interface WantedRelay {
  readonly isIpv6: boolean;
  readonly protocol: 'udp' | 'tcp';
  /** Where the client reached us: its relay is there, too, where it can be. */
  readonly near: string;
  /** An even port; with `pair` also the one after it, as a relay that nobody owns yet. */
  readonly port: 'any' | 'even' | 'pair';
}

/** What was opened: one relay, or the two of a pair; none where all attempts failed. */
export type Opened = (relay: Relay | undefined, next: Relay | undefined) => void;

/** Opens relayed transport addresses: ports at random, tried again where they are taken (RFC 8656 §7.2). */
export class RelayOpener {
  #addresses: readonly RelayAddress[] = [];
  readonly #first: number;
  readonly #last: number;
  readonly #sockets: RelaySockets;
  readonly #random: Random;

  constructor(
    addresses: readonly RelayAddress[],
    ports: { readonly first: number; readonly last: number },
    sockets: RelaySockets,
    random: Random,
  ) {
    if (!(ports.first > 0 && ports.first <= ports.last && ports.last <= 65_535))
      throw new RangeError(`no ports from ${ports.first} to ${ports.last}`);
    this.use(addresses);
    this.#first = ports.first;
    this.#last = ports.last;
    this.#sockets = sockets;
    this.#random = random;
  }

  /** From now on relays are made of these. */
  use(addresses: readonly RelayAddress[]): void {
    this.#addresses = addresses.map(({ address, advertised = address }) => ({
      address: canonicalAddress(address),
      advertised: canonicalAddress(advertised),
    }));
  }

  /** All that they may be seen as, inside and outside. */
  get addresses(): readonly string[] {
    return this.#addresses.flatMap(({ address, advertised = address }) => [address, advertised]);
  }

  get hasTcp(): boolean {
    return this.#sockets.listenTcp !== undefined;
  }

  supports(isIpv6: boolean): boolean {
    return this.#addresses.some(({ address }) => address.includes(':') === isIpv6);
  }

  /** Calls `opened` once, never before it returns. Only for families that it supports. */
  open(wanted: WantedRelay, opened: Opened): void {
    const family = this.#addresses.filter(({ address }) => address.includes(':') === wanted.isIpv6);
    const near = family.find(
      ({ address, advertised }) => address === wanted.near || advertised === wanted.near,
    );
    this.#attempt(wanted, near ?? family[0]!, ATTEMPTS, opened);
  }

  #attempt(wanted: WantedRelay, at: RelayAddress, left: number, opened: Opened): void {
    const again = (): void => {
      if (left > 1) this.#attempt(wanted, at, left - 1, opened);
      else opened(undefined, undefined);
    };
    const port = this.#choose(wanted.port);
    if (port === undefined) {
      again();
      return;
    }
    this.#openOne(wanted.protocol, at, port, (relay) => {
      if (relay === undefined) again();
      else if (wanted.port !== 'pair') opened(relay, undefined);
      else this.#openNext(wanted, at, relay, again, opened);
    });
  }

  /** The second of a pair; without it the first is of no use. */
  #openNext(wanted: WantedRelay, at: RelayAddress, relay: Relay, again: () => void, opened: Opened): void {
    this.#openOne(wanted.protocol, at, relay.local.port + 1, (next) => {
      if (next !== undefined) {
        opened(relay, next);
        return;
      }
      relay.close();
      again();
    });
  }

  #choose(kind: WantedRelay['port']): number | undefined {
    const port = this.#first + Math.floor(this.#random.fraction() * (this.#last - this.#first + 1));
    if (kind === 'any') return port;
    const even = port & ~1;
    const fits = even >= this.#first && (kind === 'even' || even < this.#last);
    return fits ? even : undefined;
  }

  #openOne(
    protocol: WantedRelay['protocol'],
    { address, advertised = address }: RelayAddress,
    port: number,
    done: (relay: Relay | undefined) => void,
  ): void {
    const opening = new Opening({ address: advertised, port }, { address, port }, done);
    if (protocol === 'udp') this.#sockets.openUdp({ address, port }, opening);
    else this.#sockets.listenTcp?.({ address, port }, opening);
  }
}

/** A port that is being opened, and then stands between its socket and its relay. */
class Opening implements RelayUdpUser, RelayTcpUser {
  readonly #address: SocketAddress;
  readonly #local: SocketAddress;
  readonly #done: (relay: Relay | undefined) => void;
  #relay: Relay | undefined = undefined;
  #failed = false;

  constructor(address: SocketAddress, local: SocketAddress, done: (relay: Relay | undefined) => void) {
    this.#address = address;
    this.#local = local;
    this.#done = done;
  }

  opened(port: UdpSocket | RelayListener): void {
    this.#relay = new Relay(this.#address, this.#local, port);
    this.#done(this.#relay);
  }

  /** Later it is about one destination, which is the peer's affair. */
  failed(): void {
    if (this.#relay !== undefined || this.#failed) return;
    this.#failed = true;
    this.#done(undefined);
  }

  received(bytes: Uint8Array, from: SocketAddress): void {
    this.#relay?.received(bytes, from);
  }

  icmp(peer: SocketAddress, value: IcmpValue): void {
    this.#relay?.icmp(peer, value);
  }

  accepted(stream: RelayStream): RelayStreamUser | undefined {
    return this.#relay === undefined ? undefined : this.#relay.owner?.accepted(this.#relay, stream);
  }
}
