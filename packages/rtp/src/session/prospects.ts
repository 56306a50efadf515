import type { SocketAddress } from '@ringdown/sans-io';
import type { RtpPacket } from '../packet/rtp-packet.ts';
import { SourceSequence } from './source-sequence.ts';

/** Somebody who may become a source: an SSRC at an address. */
interface Prospect {
  readonly sequence: SourceSequence;
  /** The packet that came last; whoever proves a source gets it, too. */
  held: RtpPacket;
}

/** Those who are proving themselves; the one that waited longest goes where they are too many. */
export class Prospects {
  readonly #most: number;
  readonly #maxMisorder: number;
  readonly #prospects = new Map<string, Prospect>();

  constructor(most: number, maxMisorder: number) {
    this.#most = most;
    this.#maxMisorder = maxMisorder;
  }

  /** @returns what there is of a source that is proved with this packet; undefined while it is not */
  prove(
    packet: RtpPacket,
    from: SocketAddress,
  ): { readonly sequence: SourceSequence; readonly held: RtpPacket } | undefined {
    const key = `${packet.ssrc} ${from.port} ${from.address}`;
    const prospect = this.#prospects.get(key);
    if (prospect === undefined) {
      this.#admit(key, packet);
      return undefined;
    }
    const { held } = prospect;
    if (prospect.sequence.accept(packet.sequence) !== 'validated') {
      prospect.held = packet;
      return undefined;
    }
    this.#prospects.delete(key);
    return { sequence: prospect.sequence, held };
  }

  clear(): void {
    this.#prospects.clear();
  }

  #admit(key: string, packet: RtpPacket): void {
    if (this.#prospects.size >= this.#most) {
      const [oldest] = this.#prospects.keys();
      this.#prospects.delete(oldest!);
    }
    const sequence = new SourceSequence(packet.sequence, this.#maxMisorder);
    sequence.accept(packet.sequence);
    this.#prospects.set(key, { sequence, held: packet });
  }
}
