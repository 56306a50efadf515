import type { MediaProfile } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';
import type { MakeCodec, ReceiveFormat } from './formats.ts';

/** The decoders of one peer, made when their payload type is first heard. */
export class Decoders {
  readonly #make: MakeCodec;
  readonly #profile: MediaProfile;
  readonly #decoders = new Map<number, CallCodec>();

  constructor(make: MakeCodec, profile: MediaProfile) {
    this.#make = make;
    this.#profile = profile;
  }

  get(payloadType: number, format: Extract<ReceiveFormat, { kind: 'sound' }>): CallCodec | undefined {
    const known = this.#decoders.get(payloadType);
    if (known !== undefined) return known;
    const made = this.#make(format.agreed, this.#profile);
    if (made !== undefined) this.#decoders.set(payloadType, made);
    return made;
  }

  /** What was heard before means nothing for what comes now. */
  clear(): void {
    for (const decoder of this.#decoders.values()) decoder.close();
    this.#decoders.clear();
  }
}
