/** The URI in a header's value: `"Bob" <sip:bob@radio.example>;tag=1` gives `sip:bob@radio.example`. */
const bare = (address: string): string => {
  const inside = /<([^>]*)>/.exec(address)?.[1] ?? address;
  return inside.trim().replace(/[;?].*$/s, '');
};

/** An address as people write it: `bob@radio.example`. */
export const plainAddress = (address: string): string => bare(address).replace(/^sips?:/i, '');

/** What addresses are compared by. A user alone belongs to our domain, as in `Phone.dial`. */
export const addressKey = (address: string, domain: string): string => {
  const plain = plainAddress(address);
  const at = plain.lastIndexOf('@');
  return at < 0 ? `${plain}@${domain}`.toLowerCase() : plain.toLowerCase();
};

/** The host of an address-of-record, without its port. */
export const domainOf = (address: string): string => {
  const plain = plainAddress(address);
  return plain.slice(plain.lastIndexOf('@') + 1);
};
