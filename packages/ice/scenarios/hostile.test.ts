import { nodeHashes } from '@ringdown/net/ports';
import { addFingerprint, addIntegrity, BINDING, MessageWriter, shortTermKey, Username } from '@ringdown/stun';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LoneAgent, PEER, peerCandidate } from './lone-agent.ts';

const id = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);

describe('what strangers send', () => {
  test('may be any bytes', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(lone.agent.received('a', bytes, PEER)).toBe(false);
      }),
    );
    expect(lone.sent).toEqual([]);
  });

  test('may be a right check with any byte changed: it is never taken for one, and never answered by more', () => {
    const lone = new LoneAgent();
    lone.meet();
    lone.check();
    lone.advance(60);
    const valid = lone.requests()[0]!.message.bytes;
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = valid.slice();
        bytes[at % bytes.length]! ^= change;
        const before = lone.sent.length;
        lone.agent.received('a', bytes, { address: '198.51.100.66', port: 6 });
        for (const { message } of lone.sent.slice(before)) {
          expect(message.class).toBe('error');
          expect(message.bytes.length).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
    expect(lone.agent.pairs().length).toBe(1);
  });

  test('with a wrong password or for nobody here is answered 401, and changes nothing', () => {
    const lone = new LoneAgent();
    lone.meet();
    expect(lone.check({ password: 'a-wrong-password-12345' })?.code).toBe(401);
    expect(lone.check({ username: 'nobody:peer' })?.code).toBe(401);
    expect(lone.check({ username: `${lone.agent.parameters.ufrag}x:peer` })?.code).toBe(401);
    expect(lone.check({ username: 'nocolon' })?.code).toBe(400);
    expect(lone.agent.pairs()).toEqual([]);
  });

  test('without credentials is none of ours, or not answered by more than it is', () => {
    const lone = new LoneAgent();
    lone.meet();
    const plain = addFingerprint(new MessageWriter(BINDING, 'request', id)).bytes;
    expect(lone.agent.received('a', plain, PEER)).toBe(false);
    const bare = addFingerprint(
      new MessageWriter(BINDING, 'request', id).add(Username, `${lone.agent.parameters.ufrag}:x`),
    ).bytes;
    expect(lone.agent.received('a', bare, PEER)).toBe(true);
    for (const { message } of lone.sent) expect(message.bytes.length).toBeLessThanOrEqual(bare.length);
  });

  test('without FINGERPRINT is no check, whatever else is right (RFC 8445 §7.3)', () => {
    const lone = new LoneAgent();
    lone.meet();
    lone.check();
    const request = new MessageWriter(BINDING, 'request', id).add(
      Username,
      `${lone.agent.parameters.ufrag}:peer`,
    );
    addIntegrity(request, 'sha1', shortTermKey(lone.agent.parameters.pwd), nodeHashes);
    const before = lone.sent.length;
    expect(lone.agent.received('a', request.bytes, PEER)).toBe(false);
    expect(lone.sent.length).toBe(before);
  });

  test('at a base that is not there, or gone, is not taken', () => {
    const lone = new LoneAgent();
    lone.meet();
    expect(lone.check({ base: 'b' })).toBeUndefined();
    lone.agent.removeBase('a', 'gone');
    expect(lone.check()).toBeUndefined();
  });
});

describe('a peer that means no good', () => {
  test('fills no more than there is room for: checks from everywhere', () => {
    const lone = new LoneAgent();
    lone.meet();
    for (let port = 1; port <= 5_000; port++) lone.check({ from: { address: '198.51.100.1', port } });
    expect(lone.agent.pairs().length).toBe(100);
  });

  test('nor before its parameters are known', () => {
    const lone = new LoneAgent();
    for (let port = 1; port <= 5_000; port++) lone.check({ from: { address: '198.51.100.1', port } });
    lone.meet();
    expect(lone.agent.pairs().length).toBe(32);
  });

  test('nor by candidates, told before or after; each one too many has its reason', () => {
    const lone = new LoneAgent();
    for (let port = 1; port <= 1_000; port++)
      lone.agent.addRemoteCandidate(peerCandidate({ port, ufrag: 'peer' }));
    lone.meet(...Array.from({ length: 1_000 }, (_, index) => peerCandidate({ port: 2_000 + index })));
    expect(lone.agent.pairs().length).toBe(100);
    expect(lone.all('ignored').length).toBe(1_900);
    for (let ufrag = 0; ufrag < 1_000; ufrag++)
      lone.agent.addRemoteCandidate(peerCandidate({ ufrag: `frag${ufrag}` }));
    lone.agent.setRemote({ ...lone.peer, ufrag: 'frag0' });
    expect(lone.agent.pairs()).toEqual([]);
  });

  test('makes us send one check every 50 ms, to whomever it names (RFC 8445 §19.5.1)', () => {
    const lone = new LoneAgent();
    lone.meet(
      ...Array.from({ length: 100 }, (_, index) =>
        peerCandidate({ foundation: `${index}`, address: '198.51.100.1', port: 1 + index }),
      ),
    );
    lone.advance(60_000);
    const sent = lone.requests();
    expect(sent.length).toBeLessThanOrEqual(100 * 7);
    for (let from = 0; from < 60_000; from += 1_000) {
      const within = sent.filter(({ at }) => at >= from && at < from + 1_000).length;
      expect(within).toBeLessThanOrEqual(40);
    }
  });
});

describe('who drives an agent wrongly', () => {
  test('is told so', () => {
    const lone = new LoneAgent();
    const base = { id: 'x', component: 1, kind: 'host', address: '192.0.2.8', port: 1 } as const;
    expect(() => lone.agent.addBase({ ...base, id: 'a' })).toThrow(/already/);
    expect(() => lone.agent.addBase({ ...base, component: 2 })).toThrow(/component 2/);
    expect(() => lone.agent.addBase({ ...base, address: 'localhost' })).toThrow(/no IP address/);
    expect(() => lone.agent.removeBase('x', 'gone')).toThrow(/no base/);
    expect(() => new LoneAgent({ taMs: 1 })).toThrow(/taMs/);
    expect(() => new LoneAgent({ components: 0 })).toThrow(/components/);
  });

  test('cannot call it from deliver', () => {
    let agent: LoneAgent['agent'] | undefined;
    const thrown: unknown[] = [];
    const lone = new LoneAgent();
    agent = lone.agent;
    lone.outputs.push = () => {
      try {
        agent?.restart();
      } catch (error) {
        thrown.push(error);
      }
      return 0;
    };
    agent.addBase({ id: 'b', component: 1, kind: 'host', address: '192.0.2.2', port: 1 });
    expect(String(thrown[0])).toContain('deliver must not call');
  });

  test('may close one whose gathering and restart are under way', () => {
    const lone = new LoneAgent({ stunServers: [{ address: '192.0.2.77', port: 3478 }] });
    lone.meet(peerCandidate());
    lone.advance(100);
    lone.agent.restart();
    lone.agent.endOfBases();
    lone.advance(100);
    lone.agent.close();
    expect(lone.world.waiting).toBe(0);
  });

  test('hears nothing more of one that is closed, and no timer of it runs', () => {
    const lone = new LoneAgent({ stunServers: [{ address: '192.0.2.77', port: 3478 }] });
    lone.meet(peerCandidate());
    lone.live(500);
    lone.agent.close();
    lone.agent.close();
    expect(lone.outputs.at(-1)).toMatchObject({ kind: 'state', state: 'closed' });
    expect(lone.world.waiting).toBe(0);
    expect(lone.check()).toBeUndefined();
    expect(() => lone.agent.restart()).toThrow(/closed/);
  });
});
