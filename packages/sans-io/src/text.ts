/**
 * Bytes to strings and back. `latin1` is one character a byte, 0–255, both ways without loss (not windows-1252, which
 * TextDecoder means by that name); `utf8` replaces what is not UTF-8 by U+FFFD.
 */
export interface Text {
  latin1(bytes: Uint8Array, start?: number, end?: number): string;
  /** Characters above 255 lose their upper bits. */
  latin1Bytes(text: string): Uint8Array;
  utf8(bytes: Uint8Array): string;
  utf8Bytes(text: string): Uint8Array;
}
