import { describe, expect, test } from 'vitest';
import type { Base } from './candidate.ts';
import { LocalCandidates } from './local-candidates.ts';

const wifi: Base = { id: 'wifi', component: 1, kind: 'host', address: '10.0.0.2', port: 5000 };
const mapped = { address: '192.0.2.3', port: 45_664 };

describe('the candidates of an agent', () => {
  test('are the host candidates of its bases, the first preferred', () => {
    const locals = new LocalCandidates('abcd');
    expect(locals.addBase(wifi)).toMatchObject({
      type: 'host',
      priority: 2_130_706_431,
      address: '10.0.0.2',
      port: 5000,
      ufrag: 'abcd',
    });
    expect(locals.addBase({ ...wifi, id: 'lte', address: '10.9.0.2' }).priority).toBe(2_130_706_431 - 256);
    expect(locals.addBase({ ...wifi, id: 'rtcp', component: 2 }).priority).toBe(2_130_706_430);
    expect(locals.addBase({ ...wifi, id: 'odd', preference: 7 }).priority).toBe(
      126 * 2 ** 24 + 7 * 256 + 255,
    );
  });

  test('spell an address in one way and leave its zone at home', () => {
    const locals = new LocalCandidates('abcd');
    expect(locals.addBase({ ...wifi, address: 'FE80::0:1%eth0' }).address).toBe('fe80::1');
  });

  test('are reflexive where a server sees another address, once', () => {
    const locals = new LocalCandidates('abcd');
    locals.addBase(wifi);
    expect(locals.addReflexive(wifi, mapped, '192.0.2.100')).toMatchObject({
      type: 'srflx',
      priority: 1_694_498_815,
      ...mapped,
      related: { address: '10.0.0.2', port: 5000 },
    });
    expect(locals.addReflexive(wifi, mapped, '192.0.2.101')).toBeUndefined();
    expect(locals.addReflexive(wifi, { address: '10.0.0.2', port: 5000 }, '192.0.2.100')).toBeUndefined();
    expect(locals.addReflexive(wifi, { address: '0.0.0.0', port: 5000 }, '192.0.2.100')).toBeUndefined();
    expect(locals.addReflexive(wifi, { address: '192.0.2.3', port: 0 }, '192.0.2.100')).toBeUndefined();
  });

  test('have a foundation of their own where a NAT has another address than before', () => {
    const locals = new LocalCandidates('abcd');
    locals.addBase(wifi);
    const seen = (address: string, port: number) =>
      locals.addReflexive(wifi, { address, port }, '192.0.2.100')?.foundation;
    const before = seen('192.0.2.3', 1_000);
    expect(seen('192.0.2.3', 2_000)).toBe(before);
    const after = seen('192.0.2.4', 1_000);
    expect(after).not.toBe(before);
    expect(seen('192.0.2.4', 3_000)).toBe(after);
  });

  test('have priorities of their own, whatever the bases and servers are', () => {
    const locals = new LocalCandidates('abcd');
    for (let index = 0; index < 20; index++) {
      const base = { ...wifi, id: `${index}`, address: `10.0.0.${index}` };
      locals.addBase(base);
      locals.addBase({ ...base, id: `relay ${index}`, kind: 'relayed' });
      for (let server = 0; server < 4; server++)
        locals.addReflexive(
          base,
          { address: '192.0.2.3', port: 1000 + 10 * index + server },
          `192.0.2.${server}`,
        );
    }
    const priorities = locals.all.map(({ priority }) => priority);
    expect(new Set(priorities).size).toBe(priorities.length);
    expect(priorities.length).toBe(120);
  });

  test('of a relay say less in their checks than those of a socket', () => {
    const locals = new LocalCandidates('abcd');
    const host = locals.addBase(wifi);
    const relay = locals.addBase({ ...wifi, id: 'relay', kind: 'relayed', address: '192.0.2.50' });
    expect(locals.checkPriority(host)).toBe(1_862_270_975);
    expect(locals.checkPriority(relay)).toBeLessThan(locals.checkPriority(host));
    expect(Math.floor(locals.checkPriority(relay) / 2 ** 24)).toBe(110);
  });

  test('are known again when the peer sees them; what it sees else is peer-reflexive (RFC 8445 §7.2.5.3.1)', () => {
    const locals = new LocalCandidates('abcd');
    const host = locals.addBase(wifi);
    const reflexive = locals.addReflexive(wifi, mapped, '192.0.2.100');
    expect(locals.seenAs(wifi, host, 5)).toBe(host);
    expect(locals.seenAs(wifi, mapped, 5)).toBe(reflexive);
    const lte = { ...wifi, id: 'lte', address: '10.9.0.2' };
    locals.addBase(lte);
    expect(locals.seenAs(lte, host, 5)).toEqual({ ...host, base: lte });
    expect(locals.seenAs(wifi, { ...mapped, port: 1 }, 5)).toMatchObject({
      type: 'prflx',
      priority: 5,
      port: 1,
    });
  });
});
