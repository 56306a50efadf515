import { read16, write16 } from '../bytes.ts';
import { timestampDistance } from '../serial.ts';

/** One payload of RFC 4733 §2.3. */
export interface TelephoneEvent {
  /** 0–15: 0–9, *, #, A–D; 16 is flash (RFC 4733 §3.2). Others belong to other sets. */
  readonly event: number;
  readonly end: boolean;
  /** 0–63: −dBm0. */
  readonly volume: number;
  /** In units of the clock, 65,535 at most. */
  readonly duration: number;
}

const KEYS = '0123456789*#ABCD';
const LONGEST = 0xffff;
/** An event from before the last is late, up to five seconds at 48 kHz; from longer ago it is of another source, or another time. */
const LATEST = 2 ** 18;
/** The last packet of an event is sent so often (§2.5.1.4). */
const END_PACKETS = 3;

/** The event of a key; undefined for what is none. */
export const eventOfKey = (key: string): number | undefined => {
  const event = KEYS.indexOf(key.toUpperCase());
  return key.length === 1 && event >= 0 ? event : undefined;
};

/** The key of an event; undefined for those that are no keys. */
export const keyOfEvent = (event: number): string | undefined => KEYS[event];

export const telephoneEventPayload = ({ event, end, volume, duration }: TelephoneEvent): Uint8Array => {
  const bytes = new Uint8Array(4);
  bytes[0] = event;
  bytes[1] = (end ? 0x80 : 0) | (volume & 0x3f);
  write16(bytes, 2, Math.min(LONGEST, duration));
  return bytes;
};

/** The first event of a payload; undefined for one that is too short. */
export const readTelephoneEvent = (payload: Uint8Array): TelephoneEvent | undefined =>
  payload.length < 4
    ? undefined
    : {
        event: payload[0]!,
        end: payload[1]! > 127,
        volume: payload[1]! & 0x3f,
        duration: read16(payload, 2),
      };

/** One packet to send: the timestamp is the same for all packets of an event (§2.5.1.2). */
export interface EventPacket {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

/**
 * One key being pressed, as packets. `next` is asked once each packet time, and gives nothing more when the event has been
 * told of for good.
 */
export class EventSender {
  readonly #event: number;
  readonly #volume: number;
  readonly #packetUnits: number;
  #start: number;
  #duration = 0;
  #total = 0;
  #length: number;
  #ends = END_PACKETS;
  #first = true;

  /**
   * @param start the timestamp of its beginning
   * @param length how long the key is held, in units of the clock; Infinity until `release`
   * @param packetUnits the packet time in units of the clock
   */
  constructor(event: number, start: number, length: number, packetUnits: number, volume = 10) {
    this.#event = event;
    this.#start = start;
    this.#length = length;
    this.#packetUnits = packetUnits;
    this.#volume = volume;
  }

  /** The key is let go. */
  release(): void {
    this.#length = Math.min(this.#length, this.#total);
  }

  next(): EventPacket | undefined {
    if (this.#ends === 0) return undefined;
    const marker = this.#first;
    this.#first = false;
    if (this.#ends === END_PACKETS) this.#grow();
    const end = this.#total >= this.#length;
    if (end) this.#ends--;
    const { payload, timestamp } = this.#packet(end);
    return { timestamp, marker, payload };
  }

  #grow(): void {
    const grown = Math.max(0, Math.min(this.#packetUnits, this.#length - this.#total));
    this.#total += grown;
    this.#duration += grown;
    if (this.#duration <= LONGEST) return;
    // Longer than the field: a segment ends, and the next begins where it ended (§2.5.1.3).
    this.#start = (this.#start + LONGEST) >>> 0;
    this.#duration -= LONGEST;
  }

  #packet(end: boolean): { readonly payload: Uint8Array; readonly timestamp: number } {
    const payload = telephoneEventPayload({
      event: this.#event,
      end,
      volume: this.#volume,
      duration: this.#duration,
    });
    return { payload, timestamp: this.#start };
  }
}

/** A key that was pressed, told once. */
export interface ReceivedEvent {
  readonly event: number;
  /** `0`–`9`, `*`, `#`, `A`–`D`; undefined for other events. */
  readonly key: string | undefined;
  readonly volume: number;
}

/**
 * Tells each event once, when its first packet comes: packets of one event share a timestamp, and any may be lost or come
 * twice or late. A long event's next segment begins where the one before it ended (§2.5.1.3).
 */
export class EventReceiver {
  #last: { readonly timestamp: number; readonly event: number } | undefined = undefined;

  /** @returns the event, where this packet is the first that is heard of it */
  receive(timestamp: number, payload: Uint8Array): ReceivedEvent | undefined {
    const told = readTelephoneEvent(payload);
    if (told === undefined) return undefined;
    const { event, volume } = told;
    const last = this.#last;
    if (last !== undefined) {
      const ahead = timestampDistance(timestamp, last.timestamp);
      if (ahead < 0 && ahead > -LATEST) return undefined;
      const continues = ahead === 0 || (event === last.event && ahead === LONGEST);
      if (continues && event === last.event) {
        this.#last = { timestamp, event };
        return undefined;
      }
      if (ahead === 0) return undefined;
    }
    this.#last = { timestamp, event };
    return { event, key: keyOfEvent(event), volume };
  }
}
