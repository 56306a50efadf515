import { type Flow, isSecure } from '@ringdown/sip';
import { addressBytes } from '@ringdown/stun';

/** Places of servers that are remembered: a name has few, and a phone moves. */
const MOST_ASKED = 16;

/** Where our server speaks to us from: who comes from elsewhere has shown nobody a password. */
export class ServerPlaces {
  #isSought = false;
  #isSecure = false;
  #addresses: ReadonlySet<string> = new Set();
  readonly #asked = new Set<string>();

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

  /** A request outside of dialogs goes over this flow: to where the account says, whatever it is about. */
  asked({ remote }: Flow): void {
    const place = spelt(remote.address);
    this.#asked.delete(place);
    this.#asked.add(place);
    const [oldest] = this.#asked;
    if (this.#asked.size > MOST_ASKED) this.#asked.delete(oldest!);
  }

  /** Whether who is at a flow's other end may ask for our password: a peer that a dialog leads to without the server may not. */
  mayAsk(flow: Flow): boolean {
    return this.#asked.has(spelt(flow.remote.address)) || this.has(flow);
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
