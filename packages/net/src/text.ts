import type { Text } from '@ringdown/sans-io';

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Text by Node's Buffer, whose latin1 is ISO 8859-1. A byte order mark is kept. */
export const nodeText: Text = Object.freeze<Text>({
  latin1: (bytes, start = 0, end = bytes.length) => asBuffer(bytes).toString('latin1', start, end),
  latin1Bytes: (text) => Buffer.from(text, 'latin1'),
  utf8: (bytes) => asBuffer(bytes).toString('utf8'),
  utf8Bytes: (text) => Buffer.from(text, 'utf8'),
});
