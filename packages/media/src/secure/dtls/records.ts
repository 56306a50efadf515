import { type AesGcm, aesGcm } from '@ringdown/net';
import { ReplayWindow } from '../srtp/packet-index.ts';
import { ByteReader, joined, numberBytes } from './bytes.ts';
import type { RecordKey } from './key-schedule.ts';

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** DTLS 1.2 (RFC 6347 §4.1). */
export const VERSION = 0xfefd;
const HEADER_BYTES = 13;
const NONCE_BYTES = 8;

/** What is written. */
interface DtlsRecord {
  readonly type: number;
  readonly epoch: 0 | 1;
  readonly body: Uint8Array;
}

/** As it came; in epoch 1 its body is still closed. */
export interface ReadRecord extends DtlsRecord {
  readonly version: number;
  readonly sequence: number;
}

/** Writes and reads records: in the clear at first, and with keys from epoch 1 on. */
export class RecordLayer {
  readonly #sequences: [number, number] = [0, 0];
  readonly #seen = new ReplayWindow();
  #sealing: { readonly cipher: AesGcm; readonly salt: Uint8Array } | undefined = undefined;
  #opening: { readonly cipher: AesGcm; readonly salt: Uint8Array } | undefined = undefined;

  get isKeyed(): boolean {
    return this.#opening !== undefined;
  }

  setKeys(sending: RecordKey, receiving: RecordKey): void {
    this.#sealing = { cipher: aesGcm(sending.key), salt: sending.salt };
    this.#opening = { cipher: aesGcm(receiving.key), salt: receiving.salt };
  }

  /** Forgets keys: another handshake begins. Sequence numbers go on, for what is old must not be taken for new. */
  clearKeys(): void {
    this.#sealing = undefined;
    this.#opening = undefined;
  }

  write({ type, epoch, body }: DtlsRecord): Uint8Array {
    const sequence = this.#sequences[epoch]++;
    const sealed = epoch === 0 ? body : this.#seal(type, sequence, body);
    return joined(
      Uint8Array.of(type),
      numberBytes(VERSION, 2),
      numberBytes(epoch, 2),
      numberBytes(sequence, 6),
      numberBytes(sealed.length, 2),
      sealed,
    );
  }

  /** Those records of a datagram that are whole. Those of epoch 1 are not opened. */
  split(datagram: Uint8Array): readonly ReadRecord[] {
    const reader = new ByteReader(datagram);
    const records: ReadRecord[] = [];
    while (reader.left >= HEADER_BYTES) {
      const type = reader.number(1);
      const version = reader.number(2);
      const epoch = reader.number(2);
      const sequence = reader.number(6);
      const body = reader.vector(2);
      if (!reader.isWhole || version >> 8 !== 0xfe) break;
      if (epoch === 0 || epoch === 1) records.push({ type, version, epoch, sequence, body });
    }
    return records;
  }

  /** What a record of epoch 1 holds; undefined where it is forged, old, or before there are keys. */
  open({ type, version, sequence, body }: ReadRecord): Uint8Array | undefined {
    if (this.#opening === undefined || !this.#seen.isNew(sequence) || body.length < NONCE_BYTES)
      return undefined;
    const { cipher, salt } = this.#opening;
    const nonce = joined(salt, body.subarray(0, NONCE_BYTES));
    const length = body.length - NONCE_BYTES - 16;
    if (length < 0) return undefined;
    const plain = cipher.open(nonce, additional(type, version, sequence, length), body.subarray(NONCE_BYTES));
    if (plain !== undefined) this.#seen.add(sequence);
    return plain;
  }

  #seal(type: number, sequence: number, body: Uint8Array): Uint8Array {
    if (this.#sealing === undefined) throw new Error('A record of epoch 1 before there are keys');
    const { cipher, salt } = this.#sealing;
    const explicit = joined(numberBytes(1, 2), numberBytes(sequence, 6));
    return joined(
      explicit,
      cipher.seal(joined(salt, explicit), additional(type, VERSION, sequence, body.length), body),
    );
  }
}

/** What of a record is authenticated beside its content (RFC 5246 §6.2.3.3, RFC 6347 §4.1.2.1). */
const additional = (type: number, version: number, sequence: number, length: number): Uint8Array =>
  joined(
    numberBytes(1, 2),
    numberBytes(sequence, 6),
    Uint8Array.of(type),
    numberBytes(version, 2),
    numberBytes(length, 2),
  );
