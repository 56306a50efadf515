import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Libc, NativeCalls } from './bun-libc.ts';
import { type Datagram, hostBytes, MOST_AT_ONCE, sendMany } from './bun-send.ts';
import { BunTurns } from './bun-turns.ts';

interface Waiting {
  readonly text: string;
  readonly host: readonly number[];
  readonly port: number;
}

/** How far apart what was asked the place of lies: places beyond 32 bits, as real ones are. */
const APART = 2 ** 33;

/** A kernel whose memory is what was asked the place of. */
const kernel = () => {
  const memory: ArrayBufferView[] = [];
  const view = (at: number): DataView => {
    const { buffer, byteOffset, byteLength } = memory[Math.floor(at / APART)]!;
    return new DataView(buffer, byteOffset + (at % APART), byteLength - (at % APART));
  };
  const pointer = (of: DataView, at: number): number => Number(of.getBigUint64(at, true));
  const bytesAt = (at: number, length: number): number[] =>
    Array.from({ length }, (_, index) => view(at).getUint8(index));
  const sent: { fd: number; text: string; name: readonly number[] }[] = [];
  const queues = new Map<number, Waiting[]>();
  const joined: number[] = [];
  const state = { takes: Number.POSITIVE_INFINITY };
  const eventBytes = process.arch === 'x64' ? 12 : 16;
  const libc: Libc = {
    // struct mmsghdr: name, its length, vectors, their number, control, its length, flags, and what was sent.
    sendmmsg: (fd, messages, count) => {
      const taken = Math.min(count, state.takes);
      for (let index = 0; index < taken; index++) {
        const message = view(messages + 64 * index);
        const vector = view(pointer(message, 16));
        expect([message.getBigUint64(24, true), message.getBigUint64(32, true)]).toEqual([1n, 0n]);
        const length = Number(vector.getBigUint64(8, true));
        sent.push({
          fd,
          text: Buffer.from(bytesAt(pointer(vector, 0), length)).toString(),
          name: bytesAt(pointer(message, 0), message.getUint32(8, true)),
        });
      }
      return taken === 0 ? -1 : taken;
    },
    recvfrom: (fd, bytes, _, __, name) => {
      const next = queues.get(fd)?.shift();
      if (next === undefined) return -1;
      for (const [index, byte] of Buffer.from(next.text).entries()) view(bytes).setUint8(index, byte);
      view(name).setUint16(2, next.port);
      for (const [index, byte] of next.host.entries()) view(name).setUint8(4 + index, byte);
      return next.text.length;
    },
    epoll_create1: () => 99,
    epoll_ctl: (_, __, fd, event) => {
      expect(view(event).getInt32(eventBytes - 8, true)).toBe(fd);
      joined.push(fd);
      return 0;
    },
    epoll_wait: (_, events, most) => {
      const ready = joined.filter((fd) => (queues.get(fd)?.length ?? 0) > 0).slice(0, most);
      for (const [index, fd] of ready.entries())
        view(events).setInt32(index * eventBytes + eventBytes - 8, fd, true);
      return ready.length;
    },
  };
  const calls: NativeCalls = { libc, ptr: (one) => (memory.push(one) - 1) * APART };
  return { calls, sent, queues, state };
};

const datagram = (text: string, address: string, port: number): Datagram => ({
  bytes: Uint8Array.from(Buffer.from(text)),
  remote: { address, port },
});

describe('sending by the kernel’s own call', () => {
  it('writes the peer’s address as the kernel has it', () => {
    const { calls, sent } = kernel();
    const send = sendMany(calls);
    expect(send(7, [datagram('a', '192.0.2.7', 0x1234), datagram('bc', '2001:db8::7', 5)], 0)).toBe(2);
    expect(send(8, [datagram('not again', '192.0.2.7', 1), datagram('d', '192.0.2.8', 0xff00)], 1)).toBe(1);
    const zeros = (count: number): number[] => new Array<number>(count).fill(0);
    expect(sent).toEqual([
      { fd: 7, text: 'a', name: [2, 0, 0x12, 0x34, 192, 0, 2, 7, ...zeros(8)] },
      {
        fd: 7,
        text: 'bc',
        name: [10, 0, 0, 5, ...zeros(4), 0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 7, ...zeros(4)],
      },
      { fd: 8, text: 'd', name: [2, 0, 0xff, 0, 192, 0, 2, 8, ...zeros(8)] },
    ]);
  });

  it('leaves to Bun what it cannot write, or the kernel does not take', () => {
    const { calls, sent, state } = kernel();
    const send = sendMany(calls);
    const good = datagram('a', '192.0.2.7', 5);
    for (const bad of [
      datagram('a', 'fe80::1%eth0', 5),
      datagram('a', 'a.example', 5),
      datagram('', '192.0.2.7', 5),
    ]) {
      expect(send(7, [bad, good], 0)).toBe(0);
      expect(send(7, [good, bad, good], 0)).toBe(1);
    }
    expect(sent.map(({ text }) => text)).toEqual(['a', 'a', 'a']);
    state.takes = 0;
    expect(send(7, [good], 0)).toBe(0);
    state.takes = 2;
    expect(send(7, [good, good, good], 0)).toBe(2);
  });

  it('takes so many at once and no more', () => {
    const { calls, sent } = kernel();
    const many = Array.from({ length: MOST_AT_ONCE + 2 }, (_, index) =>
      datagram(String(index), '192.0.2.7', 5),
    );
    expect(sendMany(calls)(7, many, 1)).toBe(MOST_AT_ONCE);
    expect(sent.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: MOST_AT_ONCE }, (_, index) => index + 1),
    );
  });

  it('reads IPv6 addresses however they are shortened', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        // The reference: what the URL parser makes of it, without any shortening left.
        const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
        const of = (text: string): string[] => (text === '' ? [] : text.split(':'));
        const rest = tail === undefined ? [] : of(tail);
        const middle = new Array<string>(8 - of(head).length - rest.length).fill('0');
        const hex = [...of(head), ...middle, ...rest].map((group) => group.padStart(4, '0')).join('');
        expect(Buffer.from(hostBytes(address)!).toString('hex')).toBe(hex);
      }),
    );
  });
});

describe('the turns of sockets', () => {
  it('come while one has more than can be read', () => {
    const { calls, queues } = kernel();
    const turns = new BunTurns(calls);
    const heard: unknown[] = [];
    turns.join(3, () => expect.unreachable('Bun reads that one itself'));
    turns.join(4, (bytes, remote) => heard.push([bytes.toString(), remote]));
    queues.set(3, [{ text: 'later', host: [192, 0, 2, 1], port: 1 }]);
    queues.set(4, [{ text: 'relayed', host: [198, 51, 100, 200], port: 40_000 }]);
    for (let index = 0; index < 32; index++) turns.received(3);
    expect(heard).toEqual([]);
    turns.received(3);
    expect(heard).toEqual([['relayed', { address: '198.51.100.200', port: 40_000 }]]);
  });

  it('are no longer than that of the one', () => {
    const { calls, queues } = kernel();
    const turns = new BunTurns(calls);
    let heard = 0;
    const waiting = { text: 'x', host: [192, 0, 2, 1], port: 1 };
    for (const fd of [4, 5]) {
      turns.join(fd, () => heard++);
      queues.set(fd, new Array<Waiting>(100).fill(waiting));
    }
    for (let index = 0; index <= 32; index++) turns.received(3);
    expect(heard).toBe(32);
    expect([...queues.values()].map(({ length }) => length)).toEqual([84, 84]);
  });

  it('are not for who is gone, even by what came just before', () => {
    const { calls, queues } = kernel();
    const turns = new BunTurns(calls);
    const heard: string[] = [];
    turns.join(4, (bytes) => {
      heard.push(bytes.toString());
      turns.leave(4);
    });
    queues.set(4, [
      { text: 'first', host: [192, 0, 2, 1], port: 1 },
      { text: 'second', host: [192, 0, 2, 1], port: 1 },
    ]);
    for (let index = 0; index <= 32; index++) turns.received(3);
    expect(heard).toEqual(['first']);
  });
});
