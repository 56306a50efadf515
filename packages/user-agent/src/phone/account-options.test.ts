import type { TransportName } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { requestOf } from './account-options.ts';
import type { ConnectOptions } from './phone.ts';

const platform = {
  transports: ['tls', 'tcp', 'udp'] as readonly TransportName[],
  open: () => Promise.reject(new Error('nothing is opened here')),
};

const of = (parts: Partial<ConnectOptions>) =>
  requestOf({ account: 'alice@radio.example', password: 'secret', platform, ...parts });

describe('an account', () => {
  it.each([
    ['sip:alice@radio.example', 'alice', 'radio.example'],
    ['alice@Radio.Example', 'alice', 'radio.example'],
    [' SIP:+4930123@192.0.2.1 ', '+4930123', '192.0.2.1'],
    ['ren%C3%A9e@radio.example', 'renée', 'radio.example'],
    ['al%20ice@[2001:db8::1]', 'al ice', '2001:db8::1'],
  ])('is read: %s', (account, username, domain) => {
    expect(of({ account }).account).toEqual({ username, domain, password: 'secret' });
  });

  it.each([
    ['radio.example', 'it names no user'],
    ['', 'is no address'],
    ['alice@', 'is no address'],
    ['alice bob@radio.example', 'is no address'],
    ['sips:alice@radio.example', 'sips: is no scheme of accounts'],
    ['alice:secret@radio.example', 'give it as password'],
    ['alice@radio.example:5060', 'give it with server'],
    ['sip:alice@radio.example;transport=tcp', 'it goes on behind the domain'],
  ])('is refused with what is wrong about it: "%s"', (account, why) => {
    expect(() => of({ account })).toThrow(TypeError);
    expect(() => of({ account })).toThrow(why);
  });

  it('says nothing that would end a header', () => {
    expect(() => of({ displayName: 'Alice"\r\nRoute: <sip:evil.example>' })).toThrow('control characters');
    expect(() => of({ instance: 'urn:uuid:1>\r\nX: y' })).toThrow('is no URN');
    expect(() => of({ instance: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6' })).not.toThrow();
  });

  it('has its other data', () => {
    const parts = { displayName: 'Alice', authUsername: 'a1', realm: 'radio' };
    expect(of(parts).account).toMatchObject(parts);
  });
});

describe('a server', () => {
  it.each([
    ['sip.radio.example', 'sip:sip.radio.example', { host: 'sip.radio.example' }],
    ['sip.radio.example:5070', 'sip:sip.radio.example:5070', { host: 'sip.radio.example', port: 5070 }],
    ['2001:db8::1', 'sip:[2001:db8::1]', { host: '2001:db8::1' }],
    ['[2001:db8::1]:5070', 'sip:[2001:db8::1]:5070', { host: '2001:db8::1', port: 5070 }],
    ['sip:192.0.2.1;transport=tcp', 'sip:192.0.2.1;transport=tcp', { host: '192.0.2.1' }],
  ])('is read: %s', (server, outboundProxy, place) => {
    expect(of({ server })).toMatchObject({ account: { outboundProxy }, server: place });
  });

  it('at an address or a port is spoken to with what the user put first, and found by the DNS elsewhere', () => {
    const transports = ['tcp', 'udp'] as const;
    const proxy = (server: string) => of({ server, transports }).account.outboundProxy;
    expect(proxy('192.0.2.1')).toBe('sip:192.0.2.1;transport=tcp');
    expect(proxy('sip.radio.example:5070')).toBe('sip:sip.radio.example:5070;transport=tcp');
    expect(proxy('sip:192.0.2.1;transport=udp')).toBe('sip:192.0.2.1;transport=udp');
    expect(proxy('sips:192.0.2.1')).toBe('sips:192.0.2.1');
    expect(proxy('sip.radio.example')).toBe('sip:sip.radio.example');
  });

  it.each(['bob@192.0.2.1', 'two words', 'host:99999', ''])('is refused: "%s"', (server) => {
    expect(() => of({ server })).toThrow(TypeError);
  });
});

describe('transports', () => {
  it('are those of the platform where none are named', () => {
    expect(of({}).transports).toEqual(['tls', 'tcp', 'udp']);
    expect(of({ transports: ['tcp'] }).transports).toEqual(['tcp']);
  });

  it('that the platform does not have are refused, as none are', () => {
    expect(() => of({ transports: ['wss'] })).toThrow('"wss" is not spoken here, but tls, tcp, udp');
    expect(() => of({ transports: [] })).toThrow('transports is empty');
  });
});

describe('a mistake of the program', () => {
  it.each([
    [undefined, 'connect needs options'],
    [{ sever: '192.0.2.1' }, 'there is no option "sever": take one of account, password'],
    [{ platform: undefined }, 'the platform is missing or none: give one, such as node()'],
    [{ platform: {} }, 'the platform is missing or none'],
    [{ platform: () => platform }, 'the platform is a function: call it'],
    [{ profile: 'hifi' }, 'the profile "hifi" is none'],
  ])('%j is named', (parts, words) => {
    const ask = () => (parts === undefined ? requestOf(undefined as never) : of(parts as never));
    expect(ask).toThrow(TypeError);
    expect(ask).toThrow(words);
  });
});
