import type { ConnectOptions } from '@ringdown/user-agent';

/** What may be spoken with the server. */
export type TransportChoice = NonNullable<ConnectOptions['transports']>[number];

export const transportChoices: readonly TransportChoice[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

/** Who the phone is, and how it gets to its server: what is kept, and what options say over it. */
export interface PhoneAccount {
  /** `sip:reporter@radio.example` */
  readonly address: string;
  readonly password: string;
  readonly authUsername?: string;
  readonly displayName?: string;
  readonly realm?: string;
  /** `HOST[:PORT]` */
  readonly server?: string;
  readonly transports?: readonly TransportChoice[];
  /** `HOST[:PORT]` */
  readonly turn?: string;
  /** A file of certificate authorities in PEM. */
  readonly tlsCa?: string;
}

/** The same, as far as a file or the command line says it. */
export type AccountParts = Partial<PhoneAccount>;

/** An address-of-record as people write it, with `sip:`; undefined where it is none. */
export const readAddress = (text: string): string | undefined => {
  const bare = text.trim().replace(/^sips?:/i, '');
  return /^[^@\s<>"]+@[^@\s<>"]+$/.test(bare) ? `sip:${bare}` : undefined;
};

/** The domain of an address-of-record, in lower case. */
export const domainOf = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();
