import type { UdpBuffers } from './udp-port.ts';

/** From Linux's <asm-generic/socket.h>. */
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const INT_BYTES = 4;

interface SocketOptions {
  setsockopt(fd: number, level: number, option: number, value: Int32Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Int32Array, length: Int32Array): number;
}

interface BunFfi {
  dlopen(library: string, symbols: object): { readonly symbols: SocketOptions };
}

/**
 * Asks for large buffers and says what the kernel allowed. Bun's UDP sockets have no such option: the C library's is called.
 *
 * @returns undefined where it cannot be called (not Linux, another C library): then the system's default stays.
 */
export const setBunBuffers = async (fd: number, bytes: number): Promise<UdpBuffers | undefined> => {
  if (process.platform !== 'linux') return undefined;
  try {
    const { symbols } = await openLibrary();
    return {
      receiveBytes: setAndGet(symbols, fd, SO_RCVBUF, bytes),
      sendBytes: setAndGet(symbols, fd, SO_SNDBUF, bytes),
    };
  } catch {
    return undefined;
  }
};

const openLibrary = async () => {
  // Only Bun has this module: whoever compiles for Node must not look for it.
  const name = 'bun:ffi';
  const { dlopen } = (await import(name)) as BunFfi;
  return dlopen('libc.so.6', {
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
  });
};

const setAndGet = (library: SocketOptions, fd: number, option: number, bytes: number): number => {
  const value = Int32Array.of(bytes);
  library.setsockopt(fd, SOL_SOCKET, option, value, INT_BYTES);
  const given = new Int32Array(1);
  library.getsockopt(fd, SOL_SOCKET, option, given, Int32Array.of(INT_BYTES));
  return given[0] ?? 0;
};
