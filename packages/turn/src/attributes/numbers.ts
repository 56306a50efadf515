import { type Attribute, Malformed, read16, read32, write16, write32 } from '@ringdown/stun';

/** A 32-bit number. */
const number32 = (name: string, type: number): Attribute<number> => ({
  name,
  type,
  decode: (value) => (value.length === 4 ? read32(value, 0) : wrongLength(name, 4)),
  encode: (number) => {
    const value = new Uint8Array(4);
    write32(value, 0, number);
    return value;
  },
});

/** One byte, and three that are reserved. */
const number8 = (name: string, type: number): Attribute<number> => ({
  name,
  type,
  decode: (value) => (value.length === 4 ? value[0]! : wrongLength(name, 4)),
  encode: (number) => Uint8Array.of(number, 0, 0, 0),
});

const wrongLength = (name: string, length: number): Malformed =>
  new Malformed(`a ${name} that is not ${length} bytes long`);

/** Two bytes of the number, two that are reserved (RFC 8656 §18.1). Good ones are 0x4000 to 0x4FFF. */
export const ChannelNumber: Attribute<number> = {
  name: 'CHANNEL-NUMBER',
  type: 0x000c,
  decode: (value) => (value.length === 4 ? read16(value, 0) : wrongLength('CHANNEL-NUMBER', 4)),
  encode: (channel) => {
    const value = new Uint8Array(4);
    write16(value, 0, channel);
    return value;
  },
};

/** For how many more seconds an allocation lives (RFC 8656 §18.2). */
export const Lifetime = number32('LIFETIME', 0x000d);

/** What goes between the relay and its peers: a protocol number of IP (RFC 8656 §18.8, RFC 6062 §4.1). */
export const RequestedTransport = number8('REQUESTED-TRANSPORT', 0x0019);
export const UDP = 17;
export const TCP = 6;

/** The family that the relayed transport address is wanted of (RFC 8656 §18.6). */
export const RequestedAddressFamily = number8('REQUESTED-ADDRESS-FAMILY', 0x0017);
/** IPv6, besides IPv4 (RFC 8656 §18.11). */
export const AdditionalAddressFamily = number8('ADDITIONAL-ADDRESS-FAMILY', 0x8000);
export const IPV4 = 1;
export const IPV6 = 2;

/** One peer data connection of a TCP allocation (RFC 6062 §6.2.1). */
export const ConnectionId = number32('CONNECTION-ID', 0x002a);

/** Wants an even port; true also wants the one after it kept (RFC 8656 §18.7). */
export const EvenPort: Attribute<boolean> = {
  name: 'EVEN-PORT',
  type: 0x0018,
  decode: (value) => (value.length === 1 ? (value[0]! & 0x80) !== 0 : wrongLength('EVEN-PORT', 1)),
  encode: (reserve) => Uint8Array.of(reserve ? 0x80 : 0),
};

/** Names a port that was kept (RFC 8656 §18.10). 8 bytes. */
export const ReservationToken: Attribute<Uint8Array> = {
  name: 'RESERVATION-TOKEN',
  type: 0x0022,
  decode: (value) => (value.length === 8 ? value : wrongLength('RESERVATION-TOKEN', 8)),
  encode: (token) => token,
};

/** Wants the DF bit set on what goes to the peer (RFC 8656 §18.9). It has no value. */
export const DontFragment: Attribute<true> = {
  name: 'DONT-FRAGMENT',
  type: 0x001a,
  decode: () => true,
  encode: () => new Uint8Array(0),
};
