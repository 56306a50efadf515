import { buildResponse, parseMessage, requestDefect, SipRequest, stampVia } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { testText } from '../../tools/testing/hashes.ts';
import { bytesOf } from '../world/network.ts';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

/** What the fuzzer and the scenarios have found; each was wrong once. */

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = world.phone('alice');
  bob = world.phone('bob');
  bob.registers();
});

const request = (text: string): SipRequest => {
  const message = parseMessage(text, testText.latin1Bytes(text));
  if (!(message instanceof SipRequest)) throw new Error('no request');
  return message;
};

describe('line ends that are none', () => {
  it.each(['\n', '\r'])('%j hides no header from us that the next hop might see', (end) => {
    const call = alice.calls('bob', {
      headers: [['Subject', `x${end}P-Asserted-Identity: <sip:boss@home.example>`]],
    });
    expect(call.statuses).toEqual([400]);
    expect(bob.untaken).toEqual([]);
  });

  it('a CR before the value of Via does not lead the answer astray', () => {
    const text =
      'OPTIONS sip:b SIP/2.0\r\nVia: \rSIP/2.0/UDP a;branch=z9hG4bK1\r\nTo: <sip:b>\r\nFrom: <sip:a>;tag=1\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n';
    expect(requestDefect(request(text))?.status).toBe(400);
    expect(requestDefect(stampVia(request(text), { address: '203.0.113.9', port: 1 }))?.status).toBe(400);
  });
});

describe('answers', () => {
  it('are not swollen by a header that comes a thousand times', () => {
    const many = request(`OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n${'To: x\r\n'.repeat(1_000)}\r\n`);
    expect(bytesOf(buildResponse(many, 400, { toTag: 'tag' })).length).toBeLessThan(200);
  });
});

describe('OPTIONS that has come to its last hop', () => {
  it('is not sent on with Max-Forwards -1', () => {
    expect(alice.asks('OPTIONS', 'sip:bob@home.example', { maxForwards: 0 }).statuses).toEqual([483]);
    expect(bob.untaken).toEqual([]);
  });
});

describe('branches that are but a cookie', () => {
  it('do not make one request of two', () => {
    alice.asks('MESSAGE', 'sip:bob@home.example', { branch: 'z9hG4bK', callId: 'one' });
    alice.asks('MESSAGE', 'sip:bob@home.example', { branch: 'z9hG4bK', callId: 'two' });
    expect(bob.asked.map(({ request: asked }) => asked.text('Call-ID'))).toEqual(['one', 'two']);
  });
});
