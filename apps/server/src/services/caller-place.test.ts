import { buildRequest } from '@ringdown/sip';
import { describe, expect, test } from 'vitest';
import { callerPlace, type OwnNetwork } from './caller-place.ts';

/** An INVITE as it comes to a service, of a caller who has reached us at a host. */
const reachedAt = (host?: string) =>
  buildRequest({
    method: 'INVITE',
    uri: 'sip:echo@radio.example',
    headers:
      host === undefined
        ? []
        : [
            ['Record-Route', '<sip:phone_a@192.0.0.8:5060;transport=wss;lr>'],
            ['Record-Route', `<sip:phone_b@${host}:5060;lr>`],
          ],
  });

/** A server at home behind a router. */
const home: OwnNetwork = { addresses: ['127.0.0.1', '10.0.0.2', 'fd00::2'], advertised: '203.0.113.5' };

const toldBy = (host: string | undefined, network = home) => {
  const { addresses, advertise } = callerPlace(reachedAt(host), network);
  return addresses.map((address) => `${address} as ${advertise({ address, port: 4_000 }).address}`);
};

describe('sound goes the way of the call', () => {
  test('to a caller of the same network from the address that it knows', () => {
    expect(toldBy('10.0.0.2')).toEqual(['10.0.0.2 as 10.0.0.2', 'fd00::2 as fd00::2']);
    expect(toldBy('[fd00::2]')).toEqual(['fd00::2 as fd00::2', '10.0.0.2 as 10.0.0.2']);
  });

  test('to a caller outside as the router is known there, by its address or by a name', () => {
    const outside = ['10.0.0.2 as 203.0.113.5', 'fd00::2 as fd00::2'];
    expect(toldBy('203.0.113.5')).toEqual(outside);
    expect(toldBy('sip.radio.example')).toEqual(outside);
  });

  test('to a caller on this machine over loopback', () => {
    expect(toldBy('127.0.0.1')).toEqual(['127.0.0.1 as 127.0.0.1']);
  });

  test('from a public address as it is', () => {
    const mixed = {
      addresses: ['127.0.0.1', '10.0.0.2', '198.51.100.7', '2001:db8::7'],
      advertised: undefined,
    };
    expect(toldBy('198.51.100.7', mixed)[0]).toBe('198.51.100.7 as 198.51.100.7');
    expect(toldBy('[2001:db8::7]', mixed)[0]).toBe('2001:db8::7 as 2001:db8::7');
    expect(toldBy('sip.radio.example', { ...mixed, advertised: 'sip.radio.example' })[0]).toBe(
      '198.51.100.7 as 198.51.100.7',
    );
  });

  test('where nothing is known of the caller, from the addresses that lead outside', () => {
    expect(toldBy(undefined)).toEqual(['10.0.0.2 as 203.0.113.5', 'fd00::2 as fd00::2']);
  });

  test('on a machine that has loopback alone', () => {
    expect(toldBy('sip.radio.example', { addresses: ['127.0.0.1'], advertised: undefined })).toEqual([
      '127.0.0.1 as 127.0.0.1',
    ]);
  });
});
