import { getSystemErrorName } from 'node:util';
import { AF_INET } from './kernel-calls.ts';
import type { NodeCalls } from './node-libc.ts';
import { hostBytes } from './socket-names.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NAME_BYTES = 16;

/**
 * Makes an IPv4 UDP socket and binds it, as `node:dgram` does, which tells nobody the number of its own.
 *
 * @param port 0: any free port
 * @returns its number. Whoever has it closes it.
 * @throws an error with the system's code, such as `EADDRINUSE`
 */
export const boundSocket = ({ libc, pointerTo }: NodeCalls, address: string, port: number): number => {
  const fail = (call: string): Error => {
    const code = getSystemErrorName(-libc.errno());
    return Object.assign(new Error(`${call} ${code} ${address}:${port}`), { code });
  };
  const name = new DataView(new ArrayBuffer(NAME_BYTES));
  name.setUint16(0, AF_INET, true);
  name.setUint16(2, port);
  for (const [index, byte] of (hostBytes(address) ?? []).entries()) name.setUint8(4 + index, byte);
  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw fail('socket');
  if (libc.bind(fd, pointerTo(name), NAME_BYTES) < 0) {
    const error = fail('bind');
    libc.close(fd);
    throw error;
  }
  return fd;
};
