import { describe, expect, it } from 'vitest';
import type { DnsRecord } from './dns.ts';
import { Zone } from './zone.ts';

const address: DnsRecord = { type: 'A', name: 'Host.Example.', ttlSeconds: 60, address: '192.0.2.1' };
const alias: DnsRecord = { type: 'CNAME', name: 'www.example', ttlSeconds: 60, target: 'host.example' };
const service: DnsRecord = {
  type: 'SRV',
  name: '_sips._tcp.b.example',
  ttlSeconds: 60,
  priority: 0,
  weight: 0,
  port: 5061,
  target: 'host.example',
};

describe('fixed records', () => {
  const zone = new Zone([address, alias, service]);

  it('answer for their name, whatever its spelling, and say where a type is missing', () => {
    expect(zone.answer({ name: 'host.example', type: 'A' })).toEqual({ kind: 'records', records: [address] });
    expect(zone.answer({ name: 'host.example', type: 'AAAA' })).toEqual({
      kind: 'failed',
      failure: 'no data',
    });
    expect(zone.answer({ name: 'www.example', type: 'AAAA' })).toEqual({ kind: 'records', records: [alias] });
  });

  it('answer for the whole domain that they belong to, and for no other', () => {
    const missing = { kind: 'failed', failure: 'no data' };
    expect(zone.answer({ name: 'b.example', type: 'NAPTR' })).toEqual(missing);
    expect(zone.answer({ name: '_sip._udp.b.example', type: 'SRV' })).toEqual(missing);
    expect(zone.answer({ name: 'other.b.example', type: 'A' })).toBeUndefined();
    expect(zone.answer({ name: 'example', type: 'A' })).toBeUndefined();
    expect(zone.answer({ name: '_sip._udp.c.example', type: 'SRV' })).toBeUndefined();
  });
});
