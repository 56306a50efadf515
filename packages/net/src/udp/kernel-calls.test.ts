import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BunLibc } from './bun-libc.ts';
import { BunTurns } from './bun-turns.ts';
import type { ReceiveCalls } from './kernel-calls.ts';
import { receiveMany } from './receive-many.ts';
import { type Datagram, MOST_AT_ONCE, sendMany } from './send-many.ts';
import { hostBytes } from './socket-names.ts';
import type { DatagramReceiver } from './udp-port.ts';

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
  const put = (bytes: number, name: number, next: Waiting): number => {
    for (const [index, byte] of Buffer.from(next.text).entries()) view(bytes).setUint8(index, byte);
    view(name).setUint16(2, next.port);
    for (const [index, byte] of next.host.entries()) view(name).setUint8(4 + index, byte);
    return next.text.length;
  };
  const libc: BunLibc & ReceiveCalls = {
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
      return next === undefined ? -1 : put(bytes, name, next);
    },
    recvmmsg: (fd, messages, most) => {
      const waiting = queues.get(fd)?.splice(0, most) ?? [];
      for (const [index, next] of waiting.entries()) {
        const message = view(messages + 64 * index);
        const vector = view(pointer(message, 16));
        expect([message.getUint32(8, true), message.getBigUint64(24, true)]).toEqual([32, 1n]);
        expect(vector.getBigUint64(8, true)).toBeGreaterThanOrEqual(65_507n);
        message.setUint32(56, put(pointer(vector, 0), pointer(message, 0), next), true);
      }
      return waiting.length === 0 ? -1 : waiting.length;
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
  const ptr = (one: ArrayBufferView): number => (memory.push(one) - 1) * APART;
  return { libc, ptr, calls: { libc, ptr }, sent, queues, state };
};

const datagram = (text: string, address: string, port: number): Datagram => ({
  bytes: Uint8Array.from(Buffer.from(text)),
  remote: { address, port },
});

describe('sending by the kernel’s own call', () => {
  it('writes the peer’s address as the kernel has it', () => {
    const { libc, ptr, sent } = kernel();
    const send = sendMany(libc, ptr);
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

  it('leaves to the runtime what it cannot write, or the kernel does not take', () => {
    const { libc, ptr, sent, state } = kernel();
    const send = sendMany(libc, ptr);
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
    const { libc, ptr, sent } = kernel();
    const many = Array.from({ length: MOST_AT_ONCE + 2 }, (_, index) =>
      datagram(String(index), '192.0.2.7', 5),
    );
    expect(sendMany(libc, ptr)(7, many, 1)).toBe(MOST_AT_ONCE);
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

describe('receiving by the kernel’s own call', () => {
  const waiting = (count: number): Waiting[] =>
    Array.from({ length: count }, (_, index) => ({
      text: `${index}`,
      host: [192, 0, 2, 1],
      port: 1 + index,
    }));
  const reader = (receive: DatagramReceiver, borrows: boolean) => ({ receive, borrows, open: true });

  it.each([false, true])(
    'hands over what waits in its order, each with its own bytes and address (borrows: %s)',
    (borrows) => {
      const { libc, ptr, queues } = kernel();
      const receive = receiveMany(libc, ptr);
      const heard: [string, unknown][] = [];
      queues.set(3, waiting(70));
      queues.set(4, [{ text: 'of another', host: [198, 51, 100, 200], port: 40_000 }]);
      const hear = reader((bytes, remote) => heard.push([bytes.toString(), remote]), borrows);
      expect([3, 4].map((fd) => receive(fd, 100, hear))).toEqual([70, 1]);
      expect(heard).toEqual([
        ...Array.from({ length: 70 }, (_, index) => [`${index}`, { address: '192.0.2.1', port: 1 + index }]),
        ['of another', { address: '198.51.100.200', port: 40_000 }],
      ]);
    },
  );

  it('gives a receiver that keeps them bytes of its own', () => {
    const { libc, ptr, queues } = kernel();
    const receive = receiveMany(libc, ptr);
    const kept: Buffer[] = [];
    queues.set(3, waiting(70));
    receive(
      3,
      100,
      reader((bytes) => kept.push(bytes), false),
    );
    expect(kept.map(String)).toEqual(Array.from({ length: 70 }, (_, index) => `${index}`));
  });

  it('reads no more than it is asked to, and nothing for a port that its receiver has closed', () => {
    const { libc, ptr, queues } = kernel();
    const receive = receiveMany(libc, ptr);
    queues.set(3, waiting(100));
    let heard = 0;
    const hear = reader(() => heard++, true);
    expect([receive(3, 40, hear), heard, queues.get(3)!.length]).toEqual([40, 40, 60]);
    const closing = { ...hear, receive: () => (closing.open = ++heard < 45) };
    receive(3, 40, closing);
    expect(heard).toBe(45);
  });

  it('leaves its memory to whoever reads while it hands over', () => {
    const { libc, ptr, queues } = kernel();
    const receive = receiveMany(libc, ptr);
    queues.set(3, waiting(3));
    queues.set(4, [{ text: 'another', host: [192, 0, 2, 9], port: 9 }]);
    const heard: unknown[] = [];
    const hear = reader((bytes, { port }) => {
      heard.push(`${bytes} ${port}`);
      if (port === 1) receive(4, 10, hear);
    }, false);
    receive(3, 10, hear);
    expect(heard).toEqual(['0 1', 'another 9', '1 2', '2 3']);
  });

  it('reads nothing else while its memory is lent', () => {
    const { libc, ptr, queues } = kernel();
    const receive = receiveMany(libc, ptr);
    queues.set(3, waiting(3));
    queues.set(4, [{ text: 'another', host: [192, 0, 2, 9], port: 9 }]);
    const heard: unknown[] = [];
    const hear = reader((bytes, { port }) => {
      if (port === 1) heard.push(receive(4, 10, hear));
      heard.push(`${bytes} ${port}`);
    }, true);
    receive(3, 10, hear);
    expect(heard).toEqual([0, '0 1', '1 2', '2 3']);
    expect(receive(4, 10, hear)).toBe(1);
  });

  it('lends again after a receiver has thrown', () => {
    const { libc, ptr, queues } = kernel();
    const receive = receiveMany(libc, ptr);
    queues.set(3, waiting(1));
    const hear = reader(() => {
      throw new Error('a fault');
    }, true);
    expect(() => receive(3, 10, hear)).toThrow('a fault');
    queues.set(3, waiting(1));
    expect(
      receive(
        3,
        10,
        reader(() => undefined, true),
      ),
    ).toBe(1);
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
