import { wallTime } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import type { StoredBinding } from './binding-store.ts';
import { Location } from './location.ts';
import { MemoryBindingStore } from './memory-binding-store.ts';

const now = wallTime(1_800_000_000_000);
const ALICE = 'alice@radio.example';

const bindingOver = (flow: string, key = 'phone'): StoredBinding => ({
  aor: ALICE,
  key,
  contact: 'sip:alice@192.0.2.7',
  contactParameters: '',
  q: 1000,
  expiresAt: wallTime(now + 60_000),
  callId: 'c',
  cseq: 1,
  path: '',
  flow,
  received: '',
  userAgent: '',
  accountId: 1,
  registeredAt: now,
});
const tcp = (port: number): string => `tcp 198.51.100.1 5060 203.0.113.9 ${port}`;

describe('Location', () => {
  it('keeps nothing of connections that no binding uses any more', () => {
    const location = new Location(new MemoryBindingStore(), now);
    for (let port = 1; port <= 100; port++) location.set(ALICE, [bindingOver(tcp(port))]);
    expect(location).toHaveProperty('connections.size', 1);
    expect(location.connectionClosed(tcp(100)).length).toBe(1);
    expect(location).toHaveProperty('connections.size', 0);
    expect(location.hasAddress('203.0.113.9')).toBe(false);
  });

  it('keeps no account that has no binding any more', () => {
    const location = new Location(new MemoryBindingStore(), now);
    location.set(ALICE, [bindingOver(tcp(1))]);
    const device = location.deviceOn(1, tcp(1), now)!;
    location.set(ALICE, [bindingOver(tcp(2))]);
    expect(location.flowTo(device, tcp(1), now)).toBe(tcp(2));
    expect(location.flowTo(device, tcp(1), wallTime(now + 60_000))).toBeUndefined();
    location.connectionClosed(tcp(2));
    expect(location.flowTo(device, tcp(1), now)).toBeUndefined();
    expect(location).toHaveProperty('accounts.size', 0);
  });

  it('knows an address-of-record by the account that has it now', () => {
    const location = new Location(new MemoryBindingStore(), now);
    location.set(ALICE, [bindingOver(tcp(1))]);
    location.set(ALICE, [{ ...bindingOver(tcp(2)), accountId: 2 }]);
    expect(location.deviceOn(1, tcp(2), now)).toBeUndefined();
    expect(location.deviceOn(2, tcp(2), now)?.account).toBe(2);
    expect(location.deviceOn(2, tcp(1), now)).toBeUndefined();
  });

  it('finds all bindings of a connection until its end', () => {
    const location = new Location(new MemoryBindingStore(), now);
    location.set(ALICE, [bindingOver(tcp(1), 'a'), bindingOver(tcp(1), 'b'), bindingOver(tcp(2), 'c')]);
    location.set(ALICE, [bindingOver(tcp(1), 'a'), bindingOver(tcp(2), 'c')]);
    expect(location.connectionClosed(tcp(1)).map(({ key }) => key)).toEqual(['a']);
    expect(location.find(ALICE, now).map(({ key }) => key)).toEqual(['c']);
  });
});
