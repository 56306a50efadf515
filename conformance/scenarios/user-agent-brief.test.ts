import { buildResponse, type SipRequest, type SipResponse } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** A server that finds what is asked for too brief (423). */
let world: World;
let alice: UserAgentPhone;
const pass = (milliseconds: number): void => passes(world, [alice], milliseconds);
const asked = (method: string): (string | undefined)[] =>
  alice.requests(method).map((request) => request.text('Expires'));
/** Wants so much more each time that it is asked by a method, so many times. */
const wantsMore = (method: string, by: number, times = Number.POSITIVE_INFINITY): void => {
  let left = times;
  alice.inItsPlace = (request: SipRequest): SipResponse | undefined => {
    if (request.method !== method || left-- <= 0) return undefined;
    const minimum = Number(request.text('Expires')) + by;
    return buildResponse(request, 423, { headers: [['Min-Expires', String(minimum)]] });
  };
};

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], presence: true });
  alice = new UserAgentPhone(world, 'alice');
});

/** A subscription that failed is tried once more at once. */
const kinds = [
  ['REGISTER', 1, (agent: UserAgentPhone['agent']): unknown => agent.register()],
  ['PUBLISH', 1, (agent: UserAgentPhone['agent']): unknown => agent.publish({ isOpen: true })],
  ['SUBSCRIBE', 2, (agent: UserAgentPhone['agent']): unknown => agent.watch('bob')],
] as const;

describe.each(kinds)('a server that finds what a %s asks for too brief', (method, atOnce, ask) => {
  it('is given what it wants', () => {
    wantsMore(method, 60, 2);
    alice.does(ask);
    pass(100);
    // The last once more, with a password.
    expect(asked(method)).toEqual(['3600', '3660', '3720', '3720']);
    expect(alice.kinds.filter((kind) => kind.endsWith('failed'))).toEqual([]);
  });

  it('and always wants more is asked five times, and then after a while', () => {
    wantsMore(method, 1);
    alice.does(ask);
    pass(1_000);
    const tries = atOnce * 5;
    expect(asked(method)).toEqual(Array.from({ length: tries }, (_, more) => String(3_600 + more)));
    // Half a minute to a minute, then one to two minutes.
    pass(60_000);
    expect(asked(method)).toHaveLength(tries + 5);
    pass(28_000);
    expect(asked(method)).toHaveLength(tries + 5);
  });

  it('and wants no more than that is not asked the same at once', () => {
    wantsMore(method, 0);
    alice.does(ask);
    pass(1_000);
    expect(asked(method)).toEqual(Array.from({ length: atOnce }, () => '3600'));
  });
});

it('a registrar that always wants more is named', () => {
  wantsMore('REGISTER', 1);
  alice.does((agent) => agent.register());
  pass(1_000);
  expect(alice.last('registration')).toMatchObject({
    state: 'waiting',
    cause: { status: 423, what: 'The server finds any time that we ask for too brief (423).' },
  });
});

it.each([
  ['REGISTER', (one: UserAgentPhone) => one.does((agent) => agent.unregister())],
  ['PUBLISH', (one: UserAgentPhone) => one.does((agent) => agent.withdraw())],
] as const)('a server that finds the end by %s too brief is not asked for more time', (method, leave) => {
  alice.registers();
  alice.does((agent) => agent.publish({ isOpen: true }));
  pass(1_000);
  wantsMore(method, 4_000);
  const before = asked(method).length;
  leave(alice);
  pass(1_000);
  expect(asked(method).slice(before)).toEqual(['0']);
});
