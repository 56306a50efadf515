import { expect, it } from 'vitest';
import { hostOf, portOf, sockaddr } from './socket-address.ts';

it('an address is written as the kernel has it', () => {
  const bytes = sockaddr({ address: '127.3.0.9', port: 0x1234 });
  expect([...bytes]).toEqual([2, 0, 0x12, 0x34, 127, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(portOf(bytes)).toBe(0x1234);
});

it('many hosts have as many addresses', () => {
  const all = new Set(Array.from({ length: 65_536 }, (_, index) => hostOf(5, index)));
  expect(all.size).toBe(65_536);
  expect(hostOf(5, 258)).toBe('127.5.1.2');
});
