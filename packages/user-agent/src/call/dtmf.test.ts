import { buildRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import { digitBody, digitOf } from './dtmf.ts';

const saying = (type: string, body: string) =>
  buildRequest({
    method: 'INFO',
    uri: 'sip:alice@home.example',
    headers: [['Content-Type', type]],
    body: text.utf8Bytes(body),
  });

describe('a key by INFO', () => {
  it.each([
    ['application/dtmf-relay', digitBody('5'), '5'],
    ['application/dtmf-relay', 'Duration=100\r\n signal = a \r\n', 'A'],
    ['application/dtmf-relay', 'Signal=#', '#'],
    ['application/dtmf-relay', 'Signal=12\r\n', undefined],
    ['application/dtmf', ' * \r\n', '*'],
    ['application/dtmf', '12', undefined],
    ['text/plain', '5', undefined],
  ])('%s: %j', (type, body, digit) => {
    expect(digitOf(saying(type, body), text)).toBe(digit);
  });

  it.each(['\n', ' ', 'signal=', 'signal= '])('is not looked for without end among many of %j', (piece) => {
    const began = performance.now();
    for (const type of ['application/dtmf-relay', 'application/dtmf'])
      for (const length of [1_000, 60_000])
        expect(digitOf(saying(type, piece.repeat(length / piece.length)), text)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
