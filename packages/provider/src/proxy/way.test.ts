import { buildRequest, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { testHashes } from '../../../../tools/testing/hashes.ts';
import { Domains } from '../domains.ts';
import type { FlowToken } from '../incoming.ts';
import { FlowTokens } from './flow-token.ts';
import { MAX_ROUTES, readWay } from './way.ts';

const domains = new Domains();
domains.setListeners({ addresses: [{ address: '192.0.2.1', port: 5060 }], names: [] });

/** Counts the signatures that are checked. */
class CountingTokens extends FlowTokens {
  checked = 0;
  override read(user: string, callId: string): FlowToken | undefined {
    this.checked++;
    return super.read(user, callId);
  }
}

const token = (port: number): FlowToken => ({
  kind: 'phone',
  flow: `udp 192.0.2.1 5060 198.51.100.9 ${port}`,
});

const wayOf = (routes: (tokens: FlowTokens) => readonly string[]) => {
  const tokens = new CountingTokens(testHashes, new Uint8Array(32));
  const values = routes(tokens);
  const request = buildRequest({
    method: 'BYE',
    uri: 'sip:bob@203.0.113.4',
    headers: [['Call-ID', 'call'], ...values.map((route) => ['Route', route] as const)],
  });
  if (!(request instanceof SipRequest)) throw new Error('the test writes a request');
  return { way: readWay(request, domains, tokens), checked: tokens.checked };
};

const ours = (user = '') => `<sip:${user}192.0.2.1:5060;lr>`;
const signed = (tokens: FlowTokens, port: number) => ours(`${tokens.write(token(port), 'call')}@`);

describe('the way of a request', () => {
  it('is read from the first and the last Route of ours that carry a token', () => {
    const { way } = wayOf((tokens) => [
      ours(),
      signed(tokens, 1),
      ours(),
      signed(tokens, 2),
      '<sip:203.0.113.9;lr>',
    ]);
    expect([way.from, way.to]).toEqual([token(1), token(2)]);
    expect([way.popped, way.routes]).toEqual([4, ['<sip:203.0.113.9;lr>']]);
  });

  it('leads nowhere by a token that is not the last of ours', () => {
    expect(wayOf((tokens) => [signed(tokens, 1), ours()]).way.to).toBeUndefined();
    expect(wayOf((tokens) => [signed(tokens, 1), ours('phone_forged@')]).way.to).toBeUndefined();
  });

  it('costs two signatures at most, however many Routes say to be ours', () => {
    const { way, checked } = wayOf(() =>
      Array.from({ length: MAX_ROUTES }, (_, index) =>
        ours(`phone_udp_192.0.2.1_5060_198.51.100.9_${index}_x@`),
      ),
    );
    expect(way.popped).toBe(MAX_ROUTES);
    expect(checked).toBeLessThanOrEqual(2);
  });

  it('is not looked for along more Routes than a request may have hops', () => {
    const { way, checked } = wayOf((tokens) => Array(MAX_ROUTES + 1).fill(signed(tokens, 1)));
    expect([way.popped, way.to, checked]).toEqual([0, undefined, 0]);
    expect(way.routes.length).toBe(MAX_ROUTES + 1);
  });
});
