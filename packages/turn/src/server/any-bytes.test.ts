import { nodeHashes } from '@ringdown/net/ports';
import { addIntegrity, MessageWriter, Nonce, parseStun, Realm, StunMessage, Username } from '@ringdown/stun';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOf, nextId, PEER, REALM, Stage } from '../../scenarios/server-stage.ts';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { ALLOCATE } from '../attributes/methods.ts';
import { RequestedTransport, UDP } from '../attributes/numbers.ts';

const isEmpty = (stage: Stage): void =>
  expect([stage.server.size, stage.relays.asked, stage.wheel.size, stage.relays.sent]).toEqual([
    0,
    [],
    0,
    [],
  ]);

/** Attributes of TURN and others, with values that are mostly wrong. */
const attribute = fc.tuple(
  fc.oneof(
    fc.constantFrom(0x0006, 0x0008, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0017, 0x0018, 0x0019),
    fc.constantFrom(0x001a, 0x001c, 0x001d, 0x001e, 0x0022, 0x002a, 0x8000, 0x8002, 0x8028),
    fc.nat(0xffff),
  ),
  fc.uint8Array({ maxLength: 40 }),
);
const methods = fc.constantFrom(1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 0xfff);
const classes = fc.constantFrom('request', 'indication', 'success', 'error' as const);
const written = fc
  .tuple(methods, classes, fc.array(attribute, { maxLength: 8 }))
  .map(([method, kind, list]) => {
    const writer = new MessageWriter(method, kind, nextId());
    for (const [type, value] of list) writer.addBytes(type, value);
    return writer.bytes.slice();
  });
const cut = fc.tuple(written, fc.nat(200), fc.nat(255), fc.nat(60)).map(([message, at, byte, shorter]) => {
  const changed = message.slice(0, Math.max(1, message.length - (shorter % 7)));
  changed[at % changed.length] = byte;
  return changed;
});
const anything = fc.oneof(fc.uint8Array({ maxLength: 120 }), written, cut);

describe('any bytes', () => {
  test('of a stranger: silence or one answer, no exception, no state', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 65_535 } });
    fc.assert(
      fc.property(anything, (datagram) => {
        const client = stage.client(1);
        client.send(datagram);
        const answers = client.take();
        expect(answers.length).toBeLessThanOrEqual(1);
        for (const answer of answers) {
          const message = parseStun(answer);
          expect(message).toBeInstanceOf(StunMessage);
          expect(answer.length).toBeLessThanOrEqual(Math.max(180, datagram.length + 40));
        }
        isEmpty(stage);
      }),
      { numRuns: 1_000 },
    );
    expect(stage.events.every(({ kind }) => kind === 'refused')).toBe(true);
  });

  test('of a stranger on a stream, cut anywhere: the same', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 8 }), (pieces) => {
        const stage = new Stage();
        const client = stage.client(1, { transport: 'tcp' });
        for (const piece of pieces) if (!client.isClosed) client.send(piece);
        stage.server.closed(client.path);
        isEmpty(stage);
      }),
    );
  });

  test('of a client that has an allocation, signed by it or not: no exception, and no more than one answer to each', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate();
    client.permit(PEER);
    fc.assert(
      fc.property(anything, fc.boolean(), (datagram, signs) => {
        const message = parseStun(datagram);
        const isRequest = message instanceof StunMessage && message.class === 'request';
        if (signs && isRequest) {
          const writer = new MessageWriter(message.method, 'request', nextId());
          for (let at = 20; at + 4 <= datagram.length; ) {
            const length = datagram[at + 2]! * 256 + datagram[at + 3]!;
            const type = datagram[at]! * 256 + datagram[at + 1]!;
            if (![0x0008, 0x001c, 0x8028, 0x0006, 0x0014, 0x0015].includes(type))
              writer.addBytes(type, datagram.subarray(at + 4, at + 4 + length));
            at += 4 + ((length + 3) & ~3);
          }
          client.send(client.sign(writer));
        } else client.send(datagram);
        expect(client.take().length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('no state before a nonce of ours was echoed', () => {
  const request = (nonce: string, key = keyOf('alice'), username = 'alice'): Uint8Array => {
    const writer = new MessageWriter(ALLOCATE, 'request', nextId())
      .add(RequestedTransport, UDP)
      .add(XorPeerAddress, PEER)
      .add(Username, username)
      .add(Realm, REALM)
      .add(Nonce, nonce);
    return addIntegrity(writer, 'sha1', key, nodeHashes).bytes;
  };

  test('right password and made-up nonces: 438, and nothing else', () => {
    const stage = new Stage({ limits: { refusalsPerSecond: 65_535 } });
    const client = stage.client(1);
    const { nonce } = client.greet();
    const flips = fc.tuple(fc.nat(nonce.length - 1), fc.nat(25));
    const made = fc.oneof(
      fc.string({ maxLength: 60 }).map((text) => text.replace(/[^ -~]/g, 'x')),
      flips.map(
        ([at, letter]) => nonce.slice(0, at) + String.fromCharCode(65 + letter) + nonce.slice(at + 1),
      ),
    );
    fc.assert(
      fc.property(made, (other) => {
        fc.pre(other !== nonce);
        client.send(request(other));
        expect(client.answer().class).toBe('error');
        isEmpty(stage);
      }),
      { numRuns: 500 },
    );
  });

  test("a nonce of another address, another port, or another time's", () => {
    const stage = new Stage();
    const { nonce } = stage.client(1).greet();
    for (const other of [stage.client(2), stage.client(1, { address: '9.9.9.8' })]) {
      other.send(request(nonce));
      expect(other.answer().class).toBe('error');
    }
    stage.advance(3_700_000);
    const late = stage.client(1);
    late.send(request(nonce));
    expect(late.answer().class).toBe('error');
    isEmpty(stage);
  });

  test('a forged integrity, and a message changed after it was signed', () => {
    const stage = new Stage();
    const client = stage.client(1).greet();
    const right = request(client.nonce);
    fc.assert(
      fc.property(fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const forged = right.slice();
        forged[at]! ^= change;
        client.send(forged);
        isEmpty(stage);
      }),
      { numRuns: 500 },
    );
    client.take();
    stage.advance(1_000);
    client.send(request(client.nonce));
    // Unchanged it is served: the change was the reason.
    expect(client.answer().class).toBe('success');
  });
});
