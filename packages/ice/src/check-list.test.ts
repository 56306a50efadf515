import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Base, Candidate, LocalCandidate } from './candidate.ts';
import type { CandidatePair } from './candidate-pair.ts';
import { CheckList } from './check-list.ts';
import { LocalCandidates } from './local-candidates.ts';
import { candidatePriority } from './priority.ts';
import type { RemoteCandidate } from './remote-candidates.ts';

let port = 1000;
const remote = (
  foundation: string,
  component: number,
  address = '192.0.2.9',
  preference = 65_535,
): RemoteCandidate => ({
  candidate: {
    foundation,
    component,
    transport: 'udp',
    priority: candidatePriority('host', preference, component),
    address,
    port: port++,
    type: 'host',
  } satisfies Candidate,
  signalled: true,
});
const bases = (...all: readonly (readonly [address: string, component: number])[]): LocalCandidate[] => {
  const locals = new LocalCandidates('ufrag');
  return all.map(([address, component], index) => {
    const base: Base = { id: `base ${index}`, kind: 'host', address, port: 1, component };
    return locals.addBase(base);
  });
};
const listed = (limit = 100) => {
  const changes: string[] = [];
  const list = new CheckList(limit, (pair) => changes.push(`${pair.id} ${pair.state}`));
  return { list, changes };
};
/** Takes the next pair as an agent would. */
const perform = (list: CheckList): CandidatePair | undefined => {
  const pair = list.next();
  pair?.move('perform', 'performed');
  return pair;
};
const states = (...pairs: (CandidatePair | undefined)[]) => pairs.map((pair) => pair?.state);

describe('a check list', () => {
  test('pairs what has one component and one family, and link-local with link-local (RFC 8445 §6.1.2.2)', () => {
    const { list } = listed();
    const locals = bases(
      ['192.0.2.1', 1],
      ['192.0.2.1', 2],
      ['2001:db8::1', 1],
      ['fe80::1', 1],
      ['127.0.0.1', 1],
    );
    const remotes = [
      remote('1', 1, '192.0.2.9'),
      remote('2', 1, '2001:db8::9'),
      remote('3', 1, 'fe80::9'),
      remote('4', 2, '192.0.2.9'),
      remote('5', 1, '127.0.0.1'),
    ];
    for (const own of locals) for (const one of remotes) list.add(own, one, 'controlling');
    expect(
      list.pairs
        .map(({ own, remote: { candidate } }) => `${own.address}/${own.component} ${candidate.address}`)
        .sort(),
    ).toEqual([
      '127.0.0.1/1 127.0.0.1',
      '192.0.2.1/1 192.0.2.9',
      '192.0.2.1/2 192.0.2.9',
      '2001:db8::1/1 2001:db8::9',
      'fe80::1/1 fe80::9',
    ]);
  });

  test('has no pair of one base and one remote address twice (§6.1.2.4)', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const one = remote('1', 1);
    expect(list.add(own!, one, 'controlling')).toBeDefined();
    expect(list.add(own!, one, 'controlling')).toBeUndefined();
  });

  test('lets one pair of each foundation go first, of the lowest component (§6.1.2.6)', () => {
    const { list } = listed();
    const [first, second] = bases(['192.0.2.1', 1], ['192.0.2.1', 2]);
    // Added the other way round, as trickle may do it.
    const b2 = list.add(second!, remote('b', 2), 'controlling');
    const a2 = list.add(second!, remote('a', 2), 'controlling');
    const a1 = list.add(first!, remote('a', 1), 'controlling');
    const c2 = list.add(second!, remote('c', 2), 'controlling');
    const b1 = list.add(first!, remote('b', 1), 'controlling');
    perform(list);
    expect(states(a2, b2)).toEqual(['frozen', 'frozen']);
    expect(states(a1, b1, c2).filter((state) => state === 'waiting').length).toBe(2);
    expect(states(a1, b1, c2)).toContain('in-progress');
  });

  test('of one foundation lets the pair of the highest priority go first', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const worse = list.add(own!, remote('a', 1, '192.0.2.9', 10), 'controlling');
    const better = list.add(own!, remote('a', 1, '192.0.2.9', 20), 'controlling');
    expect(perform(list)).toBe(better);
    expect(worse?.state).toBe('frozen');
    expect(perform(list)).toBeUndefined();
    better?.move('fail', 'no answer');
    expect(perform(list)).toBe(worse);
  });

  test('unfreezes a foundation once a pair of it has succeeded (§7.2.5.3.3)', () => {
    const { list } = listed();
    const [first, second] = bases(['192.0.2.1', 1], ['192.0.2.1', 2]);
    const one = list.add(first!, remote('a', 1), 'controlling');
    const two = list.add(second!, remote('a', 2), 'controlling');
    expect(perform(list)).toBe(one);
    one?.move('succeed', 'answered');
    list.unfreeze(one!.foundation);
    expect(perform(list)).toBe(two);
  });

  test('takes a late pair of a foundation that has succeeded at once', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const first = list.add(own!, remote('a', 1), 'controlling');
    perform(list);
    first?.move('succeed', 'answered');
    const late = list.add(own!, remote('a', 1), 'controlling');
    expect(perform(list)).toBe(late);
  });

  test('checks what was triggered before all else, each once (§6.1.4.2)', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const best = list.add(own!, remote('a', 1, '192.0.2.9', 20), 'controlling');
    const other = list.add(own!, remote('b', 1, '192.0.2.9', 10), 'controlling');
    list.trigger(other!, 'checked by the peer');
    list.trigger(other!, 'checked by the peer');
    expect(perform(list)).toBe(other);
    expect(perform(list)).toBe(best);
    expect(perform(list)).toBeUndefined();
  });

  test('lets others have a turn after three that were triggered, so that none waits for ever', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const ordinary = list.add(own!, remote('a', 1, '192.0.2.9', 20), 'controlling')!;
    const triggered = Array.from({ length: 6 }, (_, index) => {
      const pair = list.add(own!, remote(`prflx${index}`, 1, '192.0.2.9', 10), 'controlling')!;
      list.trigger(pair, 'checked by the peer');
      return pair;
    });
    const order = Array.from({ length: 7 }, () => perform(list));
    expect(order).toEqual([...triggered.slice(0, 3), ordinary, ...triggered.slice(3)]);
  });

  test('tries those again that it left aside, when the pair in use falls silent', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const [used, spare, dead] = [30, 20, 10].map(
      (preference) => list.add(own!, remote(`${preference}`, 1, '192.0.2.9', preference), 'controlling')!,
    );
    perform(list);
    used?.move('succeed', 'answered');
    used!.validSince = 1;
    list.fail(dead!, 'no answer');
    list.conclude(1, 'not needed', (pair) => pair === used);
    expect(states(used, spare, dead)).toEqual(['succeeded', 'failed', 'failed']);
    expect(perform(list)).toBeUndefined();
    list.revive(1);
    expect([perform(list), perform(list), perform(list)]).toEqual([used, spare, undefined]);
  });

  test('brings a failed pair back when the peer has checked it (§7.3.1.4)', () => {
    const { list, changes } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const pair = list.add(own!, remote('a', 1), 'controlling')!;
    list.fail(pair, 'no answer');
    list.trigger(pair, 'checked by the peer');
    expect(changes.map((change) => change.split(' ').at(-1))).toEqual(['frozen', 'failed', 'waiting']);
    expect(perform(list)).toBe(pair);
  });

  test('keeps to its limit, and keeps the better pairs (§6.1.2.5)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 12, maxLength: 40 }),
        (preferences) => {
          const { list } = listed(10);
          const [own] = bases(['192.0.2.1', 1]);
          for (const preference of preferences)
            list.add(own!, remote('a', 1, '192.0.2.9', preference), 'controlling');
          const kept = list.pairs.map(({ remote: { candidate } }) => candidate.priority);
          const all = preferences.map((preference) => candidatePriority('host', preference, 1));
          expect(kept).toEqual(all.sort((left, right) => right - left).slice(0, 10));
        },
      ),
    );
  });

  test('makes room by failed pairs first, and by none that is being checked', () => {
    const { list } = listed(2);
    const [own] = bases(['192.0.2.1', 1]);
    const best = list.add(own!, remote('a', 1, '192.0.2.9', 30), 'controlling')!;
    const running = list.add(own!, remote('b', 1, '192.0.2.9', 20), 'controlling')!;
    best.move('fail', 'no answer');
    list.next()?.move('perform', 'performed');
    expect(list.add(own!, remote('c', 1, '192.0.2.9', 10), 'controlling')).toBeDefined();
    expect(list.pairs).not.toContain(best);
    expect(list.add(own!, remote('d', 1, '192.0.2.9', 9), 'controlling')).toBeUndefined();
    expect(list.pairs).toContain(running);
  });

  test('sorts by the role: the controlling agent’s candidate counts once more (§6.1.2.3)', () => {
    const { list } = listed();
    const [own] = bases(['192.0.2.1', 1]);
    const pair = list.add(own!, remote('a', 1, '192.0.2.9', 10), 'controlling')!;
    expect(pair.priority % 2n).toBe(1n);
    list.rank('controlled');
    expect(pair.priority % 2n).toBe(0n);
  });
});
