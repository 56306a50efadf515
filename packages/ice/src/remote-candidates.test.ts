import { describe, expect, test } from 'vitest';
import type { Candidate } from './candidate.ts';
import { RemoteCandidates } from './remote-candidates.ts';

const candidate: Candidate = {
  foundation: '1',
  component: 1,
  transport: 'udp',
  priority: 100,
  address: '192.0.2.9',
  port: 9,
  type: 'host',
};
const limits = { components: 2, maxRemoteCandidates: 5, resolveNames: false };

describe('the candidates of the peer', () => {
  test.each<[Partial<Candidate>, string]>([
    [{ component: 3 }, 'component 3'],
    [{ transport: 'tcp', tcpType: 'passive' }, 'tcp is not spoken'],
    [{ port: 0 }, 'no port'],
    [{ address: '0.0.0.0' }, 'unspecified'],
    [{ address: '::' }, 'unspecified'],
    [{ address: '224.0.0.1' }, 'multicast'],
    [{ address: '255.255.255.255' }, 'broadcast'],
    [{ address: 'ff02::1' }, 'multicast'],
    [{ address: '::ffff:192.0.2.1' }, 'IPv4-mapped'],
    [{ address: 'abc.local' }, 'names are not looked up'],
    [{ address: '1.2.3' }, 'names are not looked up'],
  ])('%o is ignored', (change, why) => {
    const admission = new RemoteCandidates(limits).admit({ ...candidate, ...change });
    expect(admission).toMatchObject({ kind: 'ignored', why: expect.stringContaining(why) });
  });

  test('are each taken once, in whatever spelling', () => {
    const remotes = new RemoteCandidates(limits);
    expect(remotes.admit({ ...candidate, address: '2001:DB8:0::1' })).toMatchObject({ kind: 'new' });
    expect(remotes.admit({ ...candidate, address: '2001:db8::1' })).toMatchObject({ kind: 'ignored' });
  });

  test('that a check has told keep their pairs when they are signalled (RFC 8445 §7.3.1.3)', () => {
    const remotes = new RemoteCandidates(limits);
    const learned = remotes.learn(1, candidate, 7, () => false);
    expect(learned).toMatchObject({ signalled: false, candidate: { type: 'prflx', priority: 7 } });
    const admission = remotes.admit({ ...candidate, type: 'relay' });
    expect(admission).toEqual({ kind: 'named', remote: learned });
    expect(learned).toMatchObject({ signalled: true, candidate: { type: 'relay', priority: 100 } });
  });

  test('are bounded, told or learned', () => {
    const remotes = new RemoteCandidates(limits);
    for (let port = 1; port <= 3; port++) remotes.admit({ ...candidate, port });
    const learn = (port: number, isUseless = false) =>
      remotes.learn(1, { ...candidate, port }, 1, () => isUseless);
    const [first] = [learn(11), learn(12)];
    expect(learn(13)).toBeUndefined();
    expect(remotes.admit({ ...candidate, port: 14 })).toMatchObject({ kind: 'ignored' });
    expect(remotes.all.length).toBe(5);
    // One that was learned and is of no use makes room; one that was told does not.
    expect(learn(15, true)).toBeDefined();
    expect(remotes.all).not.toContain(first);
    expect(remotes.all.filter(({ signalled }) => signalled).length).toBe(3);
    expect(remotes.all.length).toBe(5);
  });

  test('with names are looked up once for each name, where that is wanted', () => {
    const remotes = new RemoteCandidates({ ...limits, resolveNames: true });
    const named = { ...candidate, address: 'abc.local' };
    expect(remotes.admit(named)).toEqual({ kind: 'resolve', name: 'abc.local' });
    expect(remotes.admit({ ...named, port: 10 })).toEqual({ kind: 'waits' });
    remotes.ended = true;
    expect(remotes.complete).toBe(false);
    expect(
      remotes.resolved('abc.local', '192.0.2.7').map(({ address, port }) => `${address} ${port}`),
    ).toEqual(['192.0.2.7 9', '192.0.2.7 10']);
    expect(remotes.complete).toBe(true);
    expect(remotes.resolved('abc.local', '192.0.2.7')).toEqual([]);
  });

  test('say how many components there are, once they are all (§6.1.2.2)', () => {
    const remotes = new RemoteCandidates(limits);
    remotes.admit(candidate);
    expect(remotes.components).toBe(2);
    remotes.ended = true;
    expect(remotes.components).toBe(1);
  });
});
