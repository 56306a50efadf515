import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { family, isLoopback, type LocalAddress } from './local-addresses.ts';
import { numericLookup } from './numeric-lookup.ts';

const REMEMBERED = 1024;
/** Addresses that only a default route leads to (RFC 5737, RFC 3849). Nothing is sent there. */
const OUTSIDE = ['198.51.100.1', '2001:db8::1'];

/**
 * Chooses which of our addresses a peer is sent to from, so that it sees the one that the kernel's routes lead back to.
 * Answers are remembered until `forget`, for a bounded number of peers.
 */
export class SourceAddresses {
  readonly #known = new Map<string, LocalAddress | undefined>();
  /** Where the default routes lead from. */
  #defaults: readonly string[] = [];

  /** @returns undefined where none of the addresses can reach the peer. */
  choose(remote: string, addresses: readonly LocalAddress[]): LocalAddress | undefined {
    if (this.#known.has(remote)) return this.#known.get(remote);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const chosen = chooseSource(remote, addresses, this.#defaults);
    this.#known.set(remote, chosen);
    return chosen;
  }

  /** Looks at the routes again: when they, or addresses, may have changed. */
  async refresh(): Promise<void> {
    const found = await Promise.all(OUTSIDE.map(defaultSource));
    this.#defaults = found.filter((address) => address !== undefined);
    this.#known.clear();
  }
}

const chooseSource = (
  remote: string,
  addresses: readonly LocalAddress[],
  defaults: readonly string[],
): LocalAddress | undefined => {
  const ipv6 = isIPv6(remote);
  const toLoopback = isLoopback(remote);
  const fit = addresses.filter((local) => local.ipv6 === ipv6 && (toLoopback || !local.loopback));
  if (fit.length <= 1) return fit[0];
  const routed = kernelSource(remote, ipv6);
  return (
    fit.find(({ address }) => address === remote) ??
    fit.find(({ address }) => address === routed) ??
    fit.find(({ network }) => network?.check(remote, family(ipv6))) ??
    fit.find(({ address }) => defaults.includes(address)) ??
    fit.find(({ loopback }) => loopback === toLoopback) ??
    fit[0]
  );
};

/**
 * Asks the kernel which address it would send from: connecting a UDP socket looks up the route and sends nothing.
 *
 * @returns undefined where there is no route, or the runtime binds too late to tell at once (Bun).
 */
const kernelSource = (remote: string, ipv6: boolean): string | undefined => {
  const socket = probe(ipv6);
  // A route that is not there is told as an event, too.
  socket.on('error', () => {});
  try {
    socket.bind(0, ipv6 ? '::' : '0.0.0.0');
    socket.connect(9, remote);
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    closeQuietly(socket);
  }
};

/** The same for later. */
const defaultSource = (remote: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = probe(isIPv6(remote));
    const answer = (address?: string): void => {
      resolve(address);
      closeQuietly(socket);
    };
    socket.once('connect', () => answer(socket.address().address));
    socket.on('error', () => answer());
    socket.connect(9, remote);
  });

const probe = (ipv6: boolean): Socket =>
  createSocket({ type: ipv6 ? 'udp6' : 'udp4', lookup: numericLookup });

const closeQuietly = (socket: Socket): void => {
  try {
    socket.close();
  } catch {
    // it never opened
  }
};
