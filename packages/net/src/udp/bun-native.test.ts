import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Libc, NativeCalls } from './bun-libc.ts';
import { hostBytes, sendTo } from './bun-send.ts';
import { BunTurns } from './bun-turns.ts';

interface Waiting {
  readonly text: string;
  readonly host: readonly number[];
  readonly port: number;
}

/** A kernel whose memory is what was asked the place of. */
const kernel = () => {
  const memory: ArrayBufferView[] = [];
  const view = (at: number): DataView => {
    const { buffer, byteOffset, byteLength } = memory[at]!;
    return new DataView(buffer, byteOffset, byteLength);
  };
  const sent: { fd: number; text: string; name: readonly number[] }[] = [];
  const queues = new Map<number, Waiting[]>();
  const joined: number[] = [];
  const state = { refuses: false };
  const eventBytes = process.arch === 'x64' ? 12 : 16;
  const libc: Libc = {
    sendto: (fd, bytes, length, _, name, nameLength) => {
      if (state.refuses) return -1;
      const name_ = [...new Uint8Array(memory[name]!.buffer, 0, nameLength)];
      sent.push({
        fd,
        text: Buffer.from(new Uint8Array(view(bytes).buffer, view(bytes).byteOffset, length)).toString(),
        name: name_,
      });
      return length;
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
  const calls: NativeCalls = { libc, ptr: (one) => memory.push(one) - 1 };
  return { calls, sent, queues, state };
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe('sending by the kernel’s own call', () => {
  it('writes the peer’s address as the kernel has it', () => {
    const { calls, sent } = kernel();
    const send = sendTo(calls);
    expect(send(7, bytesOf('a'), { address: '192.0.2.7', port: 0x1234 })).toBe(true);
    expect(send(8, bytesOf('b'), { address: '2001:db8::7', port: 5 })).toBe(true);
    const zeros = (count: number): number[] => new Array<number>(count).fill(0);
    expect(sent).toEqual([
      { fd: 7, text: 'a', name: [2, 0, 0x12, 0x34, 192, 0, 2, 7, ...zeros(8)] },
      {
        fd: 8,
        text: 'b',
        name: [10, 0, 0, 5, ...zeros(4), 0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 7, ...zeros(4)],
      },
    ]);
  });

  it('leaves to Bun what it cannot write, or the kernel does not take', () => {
    const { calls, sent, state } = kernel();
    const send = sendTo(calls);
    expect(send(7, bytesOf('a'), { address: 'fe80::1%eth0', port: 5 })).toBe(false);
    expect(send(7, bytesOf('a'), { address: 'a.example', port: 5 })).toBe(false);
    expect(send(7, bytesOf(''), { address: '192.0.2.7', port: 5 })).toBe(false);
    state.refuses = true;
    expect(send(7, bytesOf('a'), { address: '192.0.2.7', port: 5 })).toBe(false);
    expect(sent).toEqual([]);
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
    const datagram = { text: 'x', host: [192, 0, 2, 1], port: 1 };
    for (const fd of [4, 5]) {
      turns.join(fd, () => heard++);
      queues.set(fd, new Array<Waiting>(100).fill(datagram));
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
