import type { Clock, Instant, Random } from '@ringdown/sans-io';
import type { HeaderExtension } from '../packet/header-extension.ts';
import { writeRtp } from '../packet/rtp-writer.ts';
import { ntpTime } from '../rtcp/ntp.ts';
import type { SenderInfo } from '../rtcp/rtcp-packet.ts';

/** What is sent in one packet. */
export interface OutgoingFrame {
  readonly payloadType: number;
  readonly payload: Uint8Array;
  /** When the first sample was taken, in units of the payload type's clock, from any beginning. */
  readonly timestamp: number;
  /** The first packet after silence (RFC 3551 §4.1), or of an event (RFC 4733 §2.5.1.1). */
  readonly marker?: boolean;
  readonly extensions?: readonly HeaderExtension[];
}

/** The stream that goes out: its sequence and its timestamps begin at random (RFC 3550 §5.1). */
export class SendingStream {
  readonly ssrc: number;
  readonly #timestampOffset: number;
  #sequence: number;
  #packets = 0;
  #octets = 0;
  #last: { readonly timestamp: number; readonly clockRateHz: number; readonly at: Instant } | undefined =
    undefined;

  constructor(ssrc: number, random: Random) {
    this.ssrc = ssrc;
    this.#sequence = Math.floor(random.fraction() * 0x1_0000);
    this.#timestampOffset = Math.floor(random.fraction() * 2 ** 32);
  }

  get packets(): number {
    return this.#packets;
  }

  /** Of payload. */
  get octets(): number {
    return this.#octets;
  }

  /** When the last packet went out. */
  get sentAt(): Instant | undefined {
    return this.#last?.at;
  }

  write(frame: OutgoingFrame, clockRateHz: number, now: Instant): Uint8Array {
    const timestamp = (frame.timestamp + this.#timestampOffset) >>> 0;
    const bytes = writeRtp({ ...frame, sequence: this.#sequence, timestamp, ssrc: this.ssrc });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets++;
    this.#octets += frame.payload.length;
    this.#last = { timestamp, clockRateHz, at: now };
    return bytes;
  }

  /** For a sender report; undefined before anything was sent. */
  info(clock: Clock): SenderInfo | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const since = Math.round(((clock.now() - last.at) * last.clockRateHz) / 1_000);
    return {
      ntp: ntpTime(clock.wallTime()),
      rtpTimestamp: (last.timestamp + since) >>> 0,
      packetCount: this.#packets >>> 0,
      octetCount: this.#octets >>> 0,
    };
  }
}
