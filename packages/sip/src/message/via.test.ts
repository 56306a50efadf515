import { describe, expect, it } from 'vitest';
import { isMalformed } from './malformed.ts';
import { decodeVia, encodeVia, type ViaValue } from './via.ts';

const read = (text: string): ViaValue => {
  const via = decodeVia(text);
  if (isMalformed(via)) throw new Error(via.why);
  return via;
};

describe('Via (RFC 3261 §20.42)', () => {
  it.each([
    [
      'SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7',
      'UDP',
      'erlang.bell-telephone.com',
      5060,
    ],
    ['SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207 ;branch=z9hG4bK77asjd', 'UDP', '192.0.2.1', 5060],
    [
      'SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1',
      'UDP',
      'first.example.com',
      4000,
    ],
    ['SIP/2.0/TCP [2001:db8::9:1]:5061;branch=z9hG4bK1', 'TCP', '[2001:db8::9:1]', 5061],
    ['SIP/2.0/TLS [2001:DB8::9:1];branch=z9hG4bK1', 'TLS', '[2001:db8::9:1]', undefined],
    ['sip/2.0/udp HOST', 'UDP', 'host', undefined],
    ['SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56', 'WSS', 'df7jal23ls0d.invalid', undefined],
    ['SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en', 'UNKNOWN', 't4.example.com', undefined],
  ])('%s', (text, transport, host, port) => expect(read(text)).toMatchObject({ transport, host, port }));

  it('reads parameters whatever the white space around them', () => {
    const { parameters } = read('SIP/2.0/UDP a ; branch = z9hG4bK1 ;\treceived=[2001:db8::1];rport');
    expect(parameters.get('branch')).toBe('z9hG4bK1');
    expect(parameters.get('RPORT')).toBe('');
    expect(parameters.get('received')).toBe('[2001:db8::1]');
  });

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0 a',
    'SIP/7.0/UDP a',
    'HTTP/2.0/UDP a',
    'SIP/2.0/UDP ;branch=z9hG4bK1',
    'SIP/2.0/UDP a:b',
    'SIP/2.0/UDP a:70000',
    'SIP/2.0/UDP a:',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP 192.0.2.15;;,;,,',
    'SIP/2.0/UDP a;branch="open',
  ])('refuses "%s"', (text) => expect(isMalformed(decodeVia(text))).toBe(true));

  it('is written as it is read', () => {
    const text = 'SIP/2.0/TCP [2001:db8::1]:5061;branch=z9hG4bK1;rport';
    expect(encodeVia(read(text))).toBe(text);
  });
});
