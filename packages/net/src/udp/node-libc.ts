import type { Pointer, PointerTo, ReceiveCalls, SendCalls } from './kernel-calls.ts';

/** The kernel's own calls that sockets of Node need, as Linux has them. */
export interface NodeLibc extends SendCalls, ReceiveCalls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, name: Pointer, nameLength: number) => number;
  readonly close: (fd: number) => number;
  /** What the call before failed for: a number of the system, as `node:os` names them. */
  readonly errno: () => number;
}

export interface NodeCalls {
  readonly libc: NodeLibc;
  readonly pointerTo: PointerTo;
}

const PROCESSORS: ReadonlySet<string> = new Set(['x64', 'arm64']);

/**
 * Finds the C library by koffi, which is an optional dependency.
 *
 * @returns undefined where it cannot be called: not Linux, another C library or processor, koffi not installed, or Node told not to
 * load addons (`--no-addons`). `node:dgram` does everything then.
 */
export const openNodeCalls = async (): Promise<NodeCalls | undefined> => {
  if (process.platform !== 'linux' || !PROCESSORS.has(process.arch)) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const c = koffi.load('libc.so.6');
    const [int, unsigned, pointer] = ['int', 'unsigned int', 'uintptr_t'];
    const recvmmsg = c.func('recvmmsg', int, [int, pointer, unsigned, int, pointer]);
    const libc: NodeLibc = {
      sendmmsg: c.func('sendmmsg', int, [int, pointer, unsigned, int]),
      recvmmsg: (fd, messages, most, flags) => recvmmsg(fd, messages, most, flags, 0),
      socket: c.func('socket', int, [int, int, int]),
      bind: c.func('bind', int, [int, pointer, unsigned]),
      close: c.func('close', int, [int]),
      errno: () => koffi.errno(),
    };
    return { libc, pointerTo: (memory) => Number(koffi.address(memory)) };
  } catch {
    return undefined;
  }
};
