import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EventPacket,
  EventReceiver,
  EventSender,
  eventOfKey,
  keyOfEvent,
  readTelephoneEvent,
  telephoneEventPayload,
} from './telephone-event.ts';

const all = (sender: EventSender, most = 1_000): EventPacket[] => {
  const packets: EventPacket[] = [];
  for (let packet = sender.next(); packet !== undefined && packets.length < most; packet = sender.next())
    packets.push(packet);
  return packets;
};

describe('sending', () => {
  test('a key of 100 ms: it grows, and its end is told three times', () => {
    const packets = all(new EventSender(eventOfKey('5')!, 1_000, 800, 160));
    expect(packets.map(({ payload }) => readTelephoneEvent(payload)!.duration)).toEqual([
      160, 320, 480, 640, 800, 800, 800,
    ]);
    expect(packets.map(({ payload }) => readTelephoneEvent(payload)!.end)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(packets.map(({ marker }) => marker)).toEqual([true, ...new Array(6).fill(false)]);
    expect(new Set(packets.map(({ timestamp }) => timestamp))).toEqual(new Set([1_000]));
    expect(packets[0]!.payload).toEqual(Uint8Array.of(5, 10, 0, 160));
  });

  test('a key that is held ends when it is let go', () => {
    const sender = new EventSender(11, 0, Number.POSITIVE_INFINITY, 160, 7);
    for (let index = 0; index < 10; index++)
      expect(readTelephoneEvent(sender.next()!.payload)!.end).toBe(false);
    sender.release();
    const ends = all(sender).map(({ payload }) => readTelephoneEvent(payload));
    expect(ends).toEqual(new Array(3).fill({ event: 11, end: true, volume: 7, duration: 1_600 }));
  });

  test('a key that is held for longer than the field can tell goes on in segments', () => {
    const packets = all(new EventSender(1, 0, 100_000, 160));
    expect(packets.every(({ payload }) => readTelephoneEvent(payload)!.duration <= 0xffff)).toBe(true);
    expect(new Set(packets.map(({ timestamp }) => timestamp))).toEqual(new Set([0, 0xffff]));
    const last = packets.at(-1)!;
    expect(last.timestamp + readTelephoneEvent(last.payload)!.duration).toBe(100_000);
    const receiver = new EventReceiver();
    expect(
      packets.flatMap(({ timestamp, payload }) => receiver.receive(timestamp, payload) ?? []),
    ).toHaveLength(1);
  });
});

describe('receiving', () => {
  test('each key once, whatever is lost, comes twice or late, as long as one packet of it comes', () => {
    const keys = fc.array(fc.constantFrom(...'0123456789*#ABCD'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(keys, fc.array(fc.nat(5), { minLength: 100, maxLength: 100 }), (pressed, fates) => {
        const receiver = new EventReceiver();
        const heard: string[] = [];
        const late: EventPacket[] = [];
        let fate = 0;
        const receive = ({ timestamp, payload }: EventPacket): void => {
          const event = receiver.receive(timestamp, payload);
          if (event !== undefined) heard.push(event.key!);
        };
        pressed.forEach((key, index) => {
          const packets = all(new EventSender(eventOfKey(key)!, 0xffff_f000 + 3_200 * index, 800, 160));
          const kept = packets.filter(() => fates[fate++ % fates.length]! > 1);
          for (const packet of kept.length === 0 ? packets.slice(-1) : kept) {
            receive({ ...packet, timestamp: packet.timestamp >>> 0 });
            late.push({ ...packet, timestamp: packet.timestamp >>> 0 });
            receive(late[Math.floor(late.length / 2)]!);
          }
        });
        expect(heard).toEqual(pressed);
      }),
    );
  });

  test('keys of another source, whatever its time begins with', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (start) => {
        const receiver = new EventReceiver();
        const press = (key: string, at: number): string[] =>
          all(new EventSender(eventOfKey(key)!, at, 800, 160)).flatMap(
            ({ timestamp, payload }) => receiver.receive(timestamp >>> 0, payload)?.key ?? [],
          );
        const first = 0x1_0000_0000 - 1_000;
        expect(press('1', first)).toEqual(['1']);
        // What came a moment ago may be late.
        fc.pre(Math.abs((start - first) | 0) > 300_000);
        expect(press('2', start)).toEqual(['2']);
      }),
    );
  });

  test('what is too short says nothing', () => {
    expect(new EventReceiver().receive(0, Uint8Array.of(1, 2, 3))).toBeUndefined();
  });

  test('payloads and keys go both ways', () => {
    for (const key of '0123456789*#ABCD') expect(keyOfEvent(eventOfKey(key)!)).toBe(key);
    expect([eventOfKey('x'), eventOfKey(''), eventOfKey('12'), keyOfEvent(16)]).toEqual(
      new Array(4).fill(undefined),
    );
    const told = { event: 16, end: true, volume: 63, duration: 0xffff };
    expect(readTelephoneEvent(telephoneEventPayload(told))).toEqual(told);
  });
});
