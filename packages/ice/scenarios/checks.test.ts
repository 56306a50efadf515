import { addFingerprint, BINDING, MessageWriter, Username, XorMappedAddress } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { claimOf } from '../src/check-message.ts';
import { Priority, UseCandidate } from '../src/stun-attributes.ts';
import { LoneAgent, PEER, peerCandidate, type Sent } from './lone-agent.ts';

const elsewhere = { address: '198.51.100.7', port: 7000 };

describe('a check', () => {
  test('says what RFC 8445 §7.2 asks for, and bears the priority of a peer-reflexive candidate', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    const [check] = lone.requests();
    expect(check?.to).toEqual(PEER);
    expect(check?.message.get(Username)).toBe(`peer:${lone.agent.parameters.ufrag}`);
    expect(check?.message.get(Priority)).toBe(110 * 2 ** 24 + 65_535 * 256 + 255);
    expect(claimOf(check!.message)?.role).toBe('controlling');
    expect(check?.message.has(UseCandidate)).toBe(false);
  });

  test('that is answered makes its pair valid; the next one nominates it, and that is all', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    lone.answer(lone.requests()[0]!);
    expect(lone.all('usable').length).toBe(1);
    expect(lone.state).toBe('connected');
    lone.advance(100);
    const [nomination, ...more] = lone.requests();
    expect([nomination?.message.has(UseCandidate), more.length]).toEqual([true, 0]);
    lone.answer(nomination!);
    expect(lone.state).toBe('completed');
    expect(lone.all('selected').map(({ pair }) => pair.nominated)).toEqual([true]);
    lone.advance(3_900);
    expect(lone.requests()).toEqual([]);
  });

  test('is sent at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s and fails at 39.5 s, with its reason', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(60_000);
    const times = lone.requests().map(({ at }) => at);
    expect(times.map((at) => at - times[0]!)).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(lone.agent.pairs()).toMatchObject([{ state: 'failed', why: 'no answer to 7 checks' }]);
    expect(lone.state).toBe('failed');
  });

  test.each([
    ['from another address', { from: elsewhere }],
    ['from another port', { from: { ...PEER, port: 1 } }],
    ['at another base', { at: 'b' }],
  ])('whose answer comes %s fails (§7.2.5.2.1)', (_, change) => {
    const lone = new LoneAgent();
    lone.agent.addBase({ id: 'b', component: 1, kind: 'host', address: '192.0.2.2', port: 1000 });
    lone.meet(peerCandidate());
    lone.advance(10);
    lone.answer(lone.requests()[0]!, change);
    const pair = lone.agent.pairs().find(({ local }) => local.base.id === 'a');
    expect(pair).toMatchObject({ state: 'failed', valid: false });
    expect(pair?.why).toContain('another address');
  });

  test('is not answered by who does not know the password', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    const [check] = lone.requests();
    expect(lone.answer(check!, { password: 'a-wrong-password-12345' })).toBe(false);
    expect(lone.answer(check!, { password: 'a-wrong-password-12345', code: 400 })).toBe(false);
    expect(lone.agent.pairs()).toMatchObject([{ state: 'in-progress', valid: false }]);
    lone.advance(40_000);
    expect(lone.agent.pairs()[0]?.why).toContain('400 without integrity');
  });

  test('is not answered by who gives no proof at all', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    const id = lone.requests()[0]!.message.transactionId;
    const writer = new MessageWriter(BINDING, 'success', id).add(XorMappedAddress, PEER);
    expect(lone.agent.received('a', addFingerprint(writer).bytes, PEER)).toBe(false);
    expect(lone.agent.pairs()).toMatchObject([{ state: 'in-progress', valid: false }]);
  });

  test('that succeeds lets the other component’s pair of its foundation go (§7.2.5.3.3)', () => {
    const lone = new LoneAgent({ components: 2 });
    lone.agent.addBase({ id: 'c', component: 2, kind: 'host', address: '192.0.2.1', port: 1001 });
    lone.meet(peerCandidate(), peerCandidate({ component: 2, port: 9001, priority: 2_130_706_430 }));
    lone.advance(10);
    const stateOf = (component: number) =>
      lone.agent.pairs().find((pair) => pair.component === component)?.state;
    expect([stateOf(1), stateOf(2)]).toEqual(['in-progress', 'frozen']);
    lone.answer(lone.requests()[0]!);
    expect([stateOf(1), stateOf(2)]).toEqual(['succeeded', 'waiting']);
  });

  test('that is refused fails, with the code as the reason', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    lone.answer(lone.requests()[0]!, { code: 403 });
    expect(lone.agent.pairs()).toMatchObject([{ state: 'failed', why: 'refused: 403' }]);
  });

  test('shows where a NAT puts us: the valid pair has that as its candidate (§7.2.5.3)', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    lone.answer(lone.requests()[0]!, { mapped: elsewhere });
    expect(lone.agent.pairs()).toMatchObject([
      { valid: true, local: { type: 'prflx', ...elsewhere, base: { id: 'a' } } },
    ]);
  });

  test('starts every 50 ms, whatever waits, and the better pair first (§14.2)', () => {
    const lone = new LoneAgent();
    const candidates = Array.from({ length: 10 }, (_, index) =>
      peerCandidate({ foundation: `${index}`, port: 9000 + index, priority: 1_000 + index }),
    );
    lone.meet(...candidates);
    lone.advance(499);
    const checks = lone.requests();
    expect(checks.map(({ to }) => to.port)).toEqual([
      9009, 9008, 9007, 9006, 9005, 9004, 9003, 9002, 9001, 9000,
    ]);
    expect(checks.map(({ at }, index) => at - (checks[index - 1]?.at ?? at - 50))).toEqual(
      checks.map(() => 50),
    );
  });

  test('starts as slowly as the peer asks for', () => {
    const lone = new LoneAgent({}, { pacingMs: 200 });
    lone.meet(peerCandidate(), peerCandidate({ foundation: '2', port: 9001, priority: 1 }));
    lone.advance(250);
    const [first, second] = lone.requests();
    expect(second!.at - first!.at).toBe(200);
  });
});

describe('a check of the peer’s', () => {
  test('is answered with the address that it came from', () => {
    const lone = new LoneAgent();
    lone.meet();
    expect(lone.check({ from: elsewhere })?.message.get(XorMappedAddress)).toEqual(elsewhere);
  });

  test('from an address that nobody has told is checked in turn (§7.3.1.3, §7.3.1.4)', () => {
    const lone = new LoneAgent();
    lone.meet();
    lone.check({ from: elsewhere, priority: 77 });
    expect(lone.agent.pairs()).toMatchObject([
      { state: 'waiting', remote: { type: 'prflx', priority: 77, ...elsewhere } },
    ]);
    lone.advance(10);
    expect(lone.requests().map(({ to }) => to)).toEqual([elsewhere]);
  });

  test('before its parameters are known is answered, and remembered', () => {
    const lone = new LoneAgent();
    expect(lone.check()?.code).toBeUndefined();
    lone.check();
    lone.advance(100);
    expect([lone.requests().length, lone.agent.pairs().length]).toEqual([0, 0]);
    lone.meet();
    lone.advance(10);
    expect(lone.requests().length).toBe(1);
    expect(lone.agent.pairs().length).toBe(1);
  });

  test('cancels ours that is under way and sends another, whose answers count both', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(10);
    const [first] = lone.requests();
    lone.check();
    lone.advance(100);
    expect(lone.requests().length).toBe(1);
    lone.answer(first!);
    expect(lone.agent.pairs()).toMatchObject([{ state: 'succeeded', valid: true }]);
  });

  test('cancels ours for good: it is not sent again, and that it times out says nothing', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate());
    lone.advance(400);
    lone.check();
    lone.advance(100);
    const [first, second, ...more] = lone.requests();
    expect(more).toEqual([]);
    const idOf = (sent: Sent | undefined) => Buffer.from(sent!.message.transactionId).toString('hex');
    expect(idOf(first)).not.toBe(idOf(second));
    lone.advance(30_000);
    const repeated = lone.requests().map(idOf);
    expect(repeated.length).toBe(5);
    expect(new Set(repeated)).toEqual(new Set([idOf(second)]));
    lone.check();
    lone.advance(15_000);
    // Both that were cancelled have timed out by now.
    expect(lone.agent.pairs()).toMatchObject([{ state: 'in-progress' }]);
  });

  test('is answered and no more once there is a selected pair, unless it may replace that one', () => {
    const lone = new LoneAgent();
    const other = { ...PEER, port: 9001 };
    lone.meet(peerCandidate(), peerCandidate({ ...other, foundation: '2', priority: 1 }));
    lone.live(500);
    expect(lone.state).toBe('completed');
    lone.take();
    expect(lone.check({ from: other })?.code).toBeUndefined();
    lone.advance(1_000);
    expect(lone.requests()).toEqual([]);
    lone.check({ from: elsewhere });
    lone.advance(100);
    expect(lone.requests().map(({ to }) => to)).toEqual([elsewhere]);
  });

  test('whose candidate is signalled later takes the place that its priority gives it', () => {
    const lone = new LoneAgent();
    lone.agent.setRemote(lone.peer);
    lone.agent.addRemoteCandidate(peerCandidate({ port: 9001, priority: 50 }));
    lone.check({ priority: 100 });
    const order = () => lone.agent.pairs().map(({ remote }) => remote.port);
    expect(order()).toEqual([9000, 9001]);
    lone.agent.addRemoteCandidate(peerCandidate({ type: 'relay', priority: 9 }));
    expect(order()).toEqual([9001, 9000]);
  });

  test('whose candidate is signalled later keeps its pair', () => {
    const lone = new LoneAgent();
    lone.agent.setRemote(lone.peer);
    lone.check({ priority: 5 });
    const [before] = lone.agent.pairs();
    lone.agent.addRemoteCandidate(peerCandidate({ type: 'relay', priority: 9 }));
    const pairs = lone.agent.pairs();
    expect(pairs).toMatchObject([{ id: before?.id, remote: { type: 'relay', priority: 9 }, relayed: true }]);
  });

  test('for another fork of the call is answered and nothing more', () => {
    const lone = new LoneAgent();
    lone.meet();
    const answer = lone.check({ username: `${lone.agent.parameters.ufrag}:fork` });
    expect(answer?.code).toBeUndefined();
    expect(lone.agent.pairs()).toEqual([]);
  });
});

describe('a controlled agent', () => {
  const controlled = (options: readonly string[] = ['ice2']) => {
    const lone = new LoneAgent({ role: 'controlled' }, { options });
    lone.meet(
      peerCandidate({ priority: 1_000 }),
      peerCandidate({ foundation: '2', port: 9001, priority: 2_000 }),
    );
    return lone;
  };
  const selectedPorts = (lone: LoneAgent) => lone.all('selected').map(({ pair }) => pair.remote.port);

  test('selects what is nominated once its own check is answered (§7.3.1.5)', () => {
    const lone = controlled();
    lone.check({ nominates: true });
    expect(selectedPorts(lone)).toEqual([]);
    lone.live(100);
    expect(selectedPorts(lone)).toEqual([9000]);
    expect(lone.state).toBe('completed');
  });

  test('selects at once what is valid, and once only, however often it is nominated', () => {
    const lone = controlled();
    lone.live(300);
    for (let times = 0; times < 5; times++) lone.check({ nominates: true });
    expect(selectedPorts(lone)).toEqual([9000]);
  });

  test('takes the best of those that an aggressive peer nominates (RFC 5245)', () => {
    const lone = controlled([]);
    lone.check({ nominates: true });
    lone.check({ nominates: true, from: { ...PEER, port: 9001 } });
    lone.live(500);
    lone.check({ nominates: true });
    lone.live(500);
    expect(selectedPorts(lone).at(-1)).toBe(9001);
    expect(lone.state).toBe('completed');
  });

  test('takes the last of those that a peer with ice2 nominates, which does so in need only', () => {
    const lone = controlled();
    lone.check({ nominates: true, from: { ...PEER, port: 9001 } });
    lone.live(300);
    lone.check({ nominates: true });
    lone.live(300);
    expect(selectedPorts(lone)).toEqual([9001, 9000]);
  });

  test('takes what an aggressive peer nominates when the better pair is silent', () => {
    const lone = controlled([]);
    lone.live(300);
    lone.check({ nominates: true, from: { ...PEER, port: 9001 } });
    for (let times = 0; times < 2_000 && lone.state !== 'disconnected'; times++) lone.advance(10);
    expect([lone.state, selectedPorts(lone)]).toEqual(['disconnected', [9001]]);
    lone.check({ nominates: true });
    expect(selectedPorts(lone)).toEqual([9001, 9000]);
  });

  test('never nominates', () => {
    const lone = controlled();
    lone.live(3_000);
    expect(lone.sent.some(({ message }) => message.has(UseCandidate))).toBe(false);
    expect(lone.state).toBe('connected');
  });
});

describe('a lite peer', () => {
  test('makes us controlling; our checks alone bring it about', () => {
    const lone = new LoneAgent({ role: 'controlled' }, { lite: true, options: ['ice2'] });
    lone.meet(peerCandidate());
    expect(lone.agent.role).toBe('controlling');
    lone.live(500);
    expect(lone.state).toBe('completed');
  });
});

describe('a nomination', () => {
  test('that fails makes place for the next valid pair', () => {
    const lone = new LoneAgent();
    lone.meet(peerCandidate(), peerCandidate({ foundation: '2', port: 9001, priority: 1 }));
    lone.advance(60);
    for (const check of lone.requests()) lone.answer(check);
    lone.live(20_000, ({ port }) => port === 9001);
    expect(lone.all('selected').map(({ pair }) => pair.remote.port)).toEqual([9001]);
    expect(lone.state).toBe('completed');
  });
});
