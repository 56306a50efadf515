import { type Flow, isSecure } from '@ringdown/sip';
import { addressBytes } from '@ringdown/stun';

/** Where our server speaks to us from: who comes from elsewhere has shown nobody a password. */
export class ServerPlaces {
  #isSought = false;
  #isSecure = false;
  #addresses: ReadonlySet<string> = new Set();

  /** Whether there is a server at all: whoever never registers is called by anybody. */
  get isSought(): boolean {
    return this.#isSought;
  }

  seek(): void {
    this.#isSought = true;
  }

  /** It took a registration over this flow. `others`: where the DNS says that it is besides; none where nobody asked it. */
  found({ remote, transport }: Flow, others: readonly { readonly address: string }[]): void {
    const own = spelt(remote.address);
    this.#isSecure = isSecure(transport);
    if (others.length === 0 && this.#addresses.has(own)) return;
    this.#addresses = new Set([own, ...others.map(({ address }) => spelt(address))]);
  }

  /** Whether a flow's other end is one of them. Who is registered over TLS hears nothing that is not. */
  has({ remote, transport }: Flow): boolean {
    return (isSecure(transport) || !this.#isSecure) && this.#addresses.has(spelt(remote.address));
  }
}

/** One spelling of an address; a name, which a browser has instead, is as it is. */
const spelt = (address: string): string => {
  try {
    return addressBytes(address.replace(/%.*$/, '')).join('.');
  } catch {
    return address;
  }
};
