/** Reads numbers and bytes one behind the other. What is not there reads as nothing, and `isWhole` becomes false. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isWhole = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all that was read was there. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(length: number): number {
    const part = this.bytes(length);
    let value = 0;
    for (const byte of part) value = value * 256 + byte;
    return value;
  }

  bytes(length: number): Uint8Array {
    if (length > this.left) {
      this.#isWhole = false;
      this.#at = this.#bytes.length;
      return new Uint8Array(0);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A vector of TLS (RFC 5246 §4.3): its length in so many bytes, and its content. */
  vector(lengthBytes: number): Uint8Array {
    return this.bytes(this.number(lengthBytes));
  }

  /** A vector of numbers of two bytes. */
  numbers(lengthBytes: number): readonly number[] {
    const reader = new ByteReader(this.vector(lengthBytes));
    const numbers: number[] = [];
    while (reader.left >= 2) numbers.push(reader.number(2));
    return numbers;
  }
}

/** A number of so many bytes, the highest first. */
export const numberBytes = (value: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
};

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** A vector of TLS. */
export const vector = (lengthBytes: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = joined(...parts);
  return joined(numberBytes(content.length, lengthBytes), content);
};

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
