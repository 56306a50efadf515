/**
 * A line between two network namespaces that takes its time, because the kernel of a small machine need not have netem: a TUN
 * device for each end, and this process between them. Bun only.
 *
 *     bun bench/phone/delay-line.ts ONE_DEVICE OTHER_DEVICE DELAY_MS
 *
 * It says `ready` when both devices are there. Who started it gives them to their namespaces.
 */
import { openSync, readSync, writeSync } from 'node:fs';
import { libc, pointerTo } from '../turn/load/libc.ts';

/** linux/if_tun.h: IP packets without a head before them. */
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const MTU = 65_536;
/** linux/eventpoll.h; an event is packed into 12 bytes. */
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EVENT_BYTES = 12;

const openTun = (name: string): number => {
  const descriptor = openSync('/dev/net/tun', 'r+');
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, NAME_BYTES - 1, 'latin1');
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, NAME_BYTES);
  if (libc.ioctl(descriptor, TUNSETIFF, pointerTo(request)) !== 0)
    throw new Error(`the TUN device ${name} cannot be had: run this as root`);
  return descriptor;
};

interface OnItsWay {
  readonly due: number;
  readonly packet: Uint8Array;
  readonly to: number;
}

const [oneName, otherName, delayText] = process.argv.slice(2);
const delayMs = Number(delayText);
const ends = [openTun(oneName!), openTun(otherName!)] as const;
const epoll = libc.epoll_create1(0);
for (const [index, descriptor] of ends.entries()) {
  const event = Buffer.alloc(EVENT_BYTES);
  event.writeUInt32LE(EPOLLIN, 0);
  event.writeUInt32LE(index, 4);
  libc.epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, pointerTo(event));
}
console.log('ready');

const packet = new Uint8Array(MTU);
const events = Buffer.alloc(EVENT_BYTES * ends.length);
const waiting: OnItsWay[] = [];

const deliver = ({ packet: bytes, to }: OnItsWay): void => {
  try {
    writeSync(to, bytes);
  } catch {
    // A device that is not up yet, or no more: the packet is lost, as on any line.
  }
};

for (;;) {
  while (waiting.length > 0 && waiting[0]!.due <= performance.now()) deliver(waiting.shift()!);
  const first = waiting[0];
  const timeoutMs = first === undefined ? -1 : Math.max(0, Math.ceil(first.due - performance.now()));
  const count = libc.epoll_wait(epoll, pointerTo(events), ends.length, timeoutMs);
  for (let at = 0; at < count; at += 1) {
    const index = events.readUInt32LE(at * EVENT_BYTES + 4);
    let length = 0;
    try {
      length = readSync(ends[index]!, packet, 0, MTU, null);
    } catch {
      continue;
    }
    waiting.push({ due: performance.now() + delayMs, packet: packet.slice(0, length), to: ends[1 - index]! });
  }
}
