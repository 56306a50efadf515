import type { Pointer, PointerTo, SendCalls } from './kernel-calls.ts';

/** The kernel's own calls, as Linux has them. */
export interface BunLibc extends SendCalls {
  recvfrom(
    fd: number,
    bytes: Pointer,
    length: number,
    flags: number,
    name: Pointer,
    nameLength: Pointer,
  ): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  epoll_wait(epoll: number, events: Pointer, most: number, timeoutMs: number): number;
}

export interface BunCalls {
  readonly libc: BunLibc;
  readonly ptr: PointerTo;
}

interface BunFfi {
  dlopen(library: string, symbols: object): { readonly symbols: BunLibc };
  ptr(memory: ArrayBufferView): Pointer;
}

/** @returns undefined where the C library cannot be called (not Linux, another C library): then Bun's own way stays. */
export const openBunCalls = async (): Promise<BunCalls | undefined> => {
  if (process.platform !== 'linux') return undefined;
  try {
    // Only Bun has this module: whoever compiles for Node must not look for it.
    const name = 'bun:ffi';
    const { dlopen, ptr } = (await import(name)) as BunFfi;
    const { symbols } = dlopen('libc.so.6', {
      sendmmsg: { args: ['i32', 'ptr', 'u32', 'i32'], returns: 'i32' },
      recvfrom: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'ptr'], returns: 'i64_fast' },
      epoll_create1: { args: ['i32'], returns: 'i32' },
      epoll_ctl: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
      epoll_wait: { args: ['i32', 'ptr', 'i32', 'i32'], returns: 'i32' },
    });
    return { libc: symbols, ptr };
  } catch {
    return undefined;
  }
};
