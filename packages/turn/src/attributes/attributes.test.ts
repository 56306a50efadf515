import { type Attribute, Malformed } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { AddressErrorCode } from './address-error-code.ts';
import { XorPeerAddress, XorRelayedAddress } from './addresses.ts';
import { channelData, parseChannelData } from './channel-data.ts';
import { Data } from './data.ts';
import { Icmp } from './icmp.ts';
import {
  AdditionalAddressFamily,
  ChannelNumber,
  ConnectionId,
  DontFragment,
  EvenPort,
  IPV6,
  Lifetime,
  RequestedAddressFamily,
  RequestedTransport,
  ReservationToken,
  UDP,
} from './numbers.ts';

const ID = Uint8Array.from({ length: 12 }, (_, index) => index);
const row = <T>(attribute: Attribute<T>, type: number, value: T, bytes: readonly number[]) =>
  [attribute.name, attribute as Attribute<unknown>, type, value as unknown, bytes] as const;

describe('attributes (RFC 8656 §18, RFC 6062 §6.2)', () => {
  test.each([
    row(ChannelNumber, 0x000c, 0x4001, [0x40, 1, 0, 0]),
    row(Lifetime, 0x000d, 3600, [0, 0, 0x0e, 0x10]),
    row(
      XorPeerAddress,
      0x0012,
      { address: '192.0.2.1', port: 1 },
      [0, 1, 0x21, 0x13, 0xe1, 0x12, 0xa6, 0x43],
    ),
    row(Data, 0x0013, Uint8Array.of(1, 2, 3), [1, 2, 3]),
    row(XorRelayedAddress, 0x0016, { address: '33.18.164.66', port: 0x2112 }, [0, 1, 0, 0, 0, 0, 0, 0]),
    row(RequestedAddressFamily, 0x0017, IPV6, [2, 0, 0, 0]),
    row(EvenPort, 0x0018, true, [0x80]),
    row(EvenPort, 0x0018, false, [0]),
    row(RequestedTransport, 0x0019, UDP, [17, 0, 0, 0]),
    row(DontFragment, 0x001a, true, []),
    row(ReservationToken, 0x0022, ID.subarray(0, 8), [0, 1, 2, 3, 4, 5, 6, 7]),
    row(AdditionalAddressFamily, 0x8000, IPV6, [2, 0, 0, 0]),
    row(AddressErrorCode, 0x8001, { family: 2, code: 440, reason: 'no' }, [2, 0, 4, 40, 0x6e, 0x6f]),
    row(Icmp, 0x8004, { type: 3, code: 4, data: 1400 }, [0, 0, 3, 4, 0, 0, 5, 0x78]),
    row(ConnectionId, 0x002a, 0xfedc_ba98, [0xfe, 0xdc, 0xba, 0x98]),
  ])('%s', (_, attribute, type, value, bytes) => {
    expect(attribute.type).toBe(type);
    expect([...attribute.encode(value, ID)]).toEqual(bytes);
    expect(attribute.decode(Uint8Array.from(bytes), ID)).toEqual(value);
  });

  test.each(
    [
      ChannelNumber,
      Lifetime,
      RequestedAddressFamily,
      EvenPort,
      RequestedTransport,
      ReservationToken,
      AdditionalAddressFamily,
      Icmp,
      ConnectionId,
      XorPeerAddress,
      AddressErrorCode,
    ].map((attribute) => [attribute.name, attribute as Attribute<unknown>] as const),
  )('%s of a wrong length is malformed', (_, attribute) => {
    expect(attribute.decode(new Uint8Array(3), ID)).toBeInstanceOf(Malformed);
  });

  test('ChannelData: padded on streams only', () => {
    expect([...channelData(0x4123, Uint8Array.of(7), false)]).toEqual([0x41, 0x23, 0, 1, 7]);
    expect([...channelData(0x4123, Uint8Array.of(7), true)]).toEqual([0x41, 0x23, 0, 1, 7, 0, 0, 0]);
    expect(parseChannelData(Uint8Array.of(0x41, 0x23, 0, 2, 7))).toBeInstanceOf(Malformed);
    expect(parseChannelData(Uint8Array.of(0x50, 0, 0, 0))).toBeInstanceOf(Malformed);
    expect(parseChannelData(Uint8Array.of(0x40, 0))).toBeInstanceOf(Malformed);
  });
});
