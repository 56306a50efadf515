import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.ts';

/** What the WebAssembly inside @evan/opus exports: libopus itself, with its variadic `_ctl` functions made plain. */
interface OpusExports {
  readonly memory: WasmMemory;
  _initialize(): void;
  malloc(bytes: number): number;
  free(pointer: number): void;
  stackSave(): number;
  stackRestore(pointer: number): void;
  opus_strerror(code: number): number;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(state: number, rateHz: number, channels: number, application: number): number;
  opus_encoder_ctl_set(state: number, request: number, value: number): number;
  opus_encode(state: number, pcm: number, samples: number, to: number, mostBytes: number): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(state: number, rateHz: number, channels: number): number;
  opus_decode(
    state: number,
    from: number,
    bytes: number,
    pcm: number,
    samples: number,
    isRedundancyOfTheNext: 0 | 1,
  ): number;
}

/** The largest packet that can be one: 48 frames of 1,275 bytes and what stands before them (RFC 6716 §3.2). */
export const LONGEST_PACKET_BYTES = 2 + 47 * 2 + 48 * 1_275;
/** 120 ms, the longest that one packet sounds. */
export const LONGEST_PACKET_SAMPLES = 5_760;
const MOST_CHANNELS = 2;

/** One byte code that uses v128: whether this runtime has SIMD. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/**
 * libopus in memory of its own. Packets and sound go in and out through two places that all codecs share: nothing is
 * allocated for a call into it.
 */
export class OpusWasm {
  readonly api: OpusExports;
  /** Where a packet lies, going in or out. */
  readonly packetAt: number;
  /** Where sound lies, its channels interleaved. */
  readonly soundAt: number;
  #bytes: Uint8Array;
  #samples: Int16Array;

  constructor(module: WasmModule) {
    const nothing = (): number => 0;
    const instance = new webAssembly.Instance(module, {
      wasi_snapshot_preview1: {
        fd_seek: nothing,
        fd_write: nothing,
        fd_close: nothing,
        proc_exit: () => {
          throw new Error('libopus gave up');
        },
      },
      env: { emscripten_notify_memory_growth: () => this.#look() },
    });
    this.api = instance.exports as unknown as OpusExports;
    this.#bytes = new Uint8Array(this.api.memory.buffer);
    this.#samples = new Int16Array(this.api.memory.buffer);
    this.api._initialize();
    this.packetAt = this.allocate(LONGEST_PACKET_BYTES);
    this.soundAt = this.allocate(2 * MOST_CHANNELS * LONGEST_PACKET_SAMPLES);
  }

  /** How much memory all codecs take together. It never shrinks. */
  get sizeBytes(): number {
    return this.api.memory.buffer.byteLength;
  }

  /** @throws Error where there is no more memory */
  allocate(bytes: number): number {
    const pointer = this.api.malloc(bytes);
    if (pointer === 0)
      throw new Error('There is no memory left for another Opus codec: close those not in use');
    return pointer;
  }

  putPacket(packet: Uint8Array): void {
    this.#bytes.set(packet, this.packetAt);
  }

  takePacket(bytes: number): Uint8Array {
    return this.#bytes.slice(this.packetAt, this.packetAt + bytes);
  }

  putSound(sound: readonly Int16Array[]): void {
    const samples = this.#samples;
    const channels = sound.length;
    for (let index = 0; index < channels; index++) {
      const channel = sound[index]!;
      for (let sample = 0, at = this.soundAt / 2 + index; sample < channel.length; sample++, at += channels)
        samples[at] = channel[sample]!;
    }
  }

  takeSound(channels: number, length: number): Int16Array[] {
    const samples = this.#samples;
    return Array.from({ length: channels }, (_, index) => {
      const channel = new Int16Array(length);
      for (let sample = 0, at = this.soundAt / 2 + index; sample < length; sample++, at += channels)
        channel[sample] = samples[at]!;
      return channel;
    });
  }

  /** What libopus says of a code below zero. */
  errorText(code: number): string {
    const at = this.api.opus_strerror(code);
    return String.fromCharCode(...this.#bytes.subarray(at, this.#bytes.indexOf(0, at)));
  }

  /** Memory that grew is another buffer. */
  #look(): void {
    this.#bytes = new Uint8Array(this.api.memory.buffer);
    this.#samples = new Int16Array(this.api.memory.buffer);
  }
}

/** Reads and compiles what stands in the package. */
export const readOpusWasm = async (): Promise<OpusWasm> => {
  const require = createRequire(import.meta.url);
  const path = webAssembly.validate(SIMD_PROBE)
    ? require.resolve('@evan/opus/wasm/simd.wasm')
    : require.resolve('@evan/opus/wasm/opus.wasm');
  return new OpusWasm(await webAssembly.compile(new Uint8Array(await readFile(path))));
};
