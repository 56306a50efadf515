/**
 * The system calls of the load, straight from the C library through bun:ffi: a call costs 0.02 µs beside the kernel's work, so that
 * the load costs less than what it measures. Linux and Bun only; the servers know nothing of it.
 */

/** Where memory lies, as bun:ffi counts it. */
type Pointer = number;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, length: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  setsockopt(fd: number, level: number, option: number, value: Pointer, length: number): number;
  getsockname(fd: number, address: Pointer, length: Pointer): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer | null): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  epoll_wait(epoll: number, events: Pointer, most: number, timeoutMs: number): number;
}

interface BunFfi {
  dlopen(library: string, symbols: object): { readonly symbols: Libc };
  ptr(memory: ArrayBufferView): Pointer;
}

// Only Bun has this module: whoever compiles for Node must not look for it.
const name = 'bun:ffi';
const ffi = (await import(name)) as BunFfi;

const call = (...args: readonly string[]) => ({ args, returns: 'i32' });

export const { symbols: libc } = ffi.dlopen('libc.so.6', {
  socket: call('i32', 'i32', 'i32'),
  bind: call('i32', 'ptr', 'u32'),
  close: call('i32'),
  ioctl: call('i32', 'u64', 'ptr'),
  setsockopt: call('i32', 'i32', 'i32', 'ptr', 'u32'),
  getsockname: call('i32', 'ptr', 'ptr'),
  sendmmsg: call('i32', 'ptr', 'u32', 'i32'),
  recvmmsg: call('i32', 'ptr', 'u32', 'i32', 'ptr'),
  epoll_create1: call('i32'),
  epoll_ctl: call('i32', 'i32', 'i32', 'ptr'),
  epoll_wait: call('i32', 'ptr', 'i32', 'i32'),
});

export const pointerTo = (memory: ArrayBufferView): Pointer => ffi.ptr(memory);
