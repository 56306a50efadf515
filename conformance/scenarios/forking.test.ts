import { cancelOf, Reason } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;
let bobs: Phone[];

const register = (...qs: number[]): void => {
  bobs = qs.map((q) => {
    const phone = world.phone('bob');
    phone.registers({ contact: `<${phone.contact}>;q=${q}` });
    return phone;
  });
};

const [first, second, third] = [() => bobs[0]!, () => bobs[1]!, () => bobs[2]!];

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = world.phone('alice');
});

describe('parallel forking', () => {
  it('rings all phones of one q, and cancels the losers', () => {
    register(1, 1, 1);
    const call = alice.calls('bob');
    const [one, two, three] = bobs.map((phone) => phone.takes('INVITE').answers(180));
    expect(call.statuses).toEqual([180, 180, 180]);
    two!.answers(200);
    expect(call.statuses).toEqual([180, 180, 180, 200]);
    for (const [phone, ringing] of [
      [first(), one!],
      [third(), three!],
    ] as const) {
      const cancel = phone.takes('CANCEL').answers(200);
      expect(cancel.request.texts(Reason)).toEqual(['SIP;cause=200;text="Call completed elsewhere"']);
      ringing.answers(487);
      phone.takes('ACK');
    }
    expect(second().untaken).toEqual([]);
    world.passes(40_000);
    expect(call.statuses).toEqual([180, 180, 180, 200]);
  });

  it('holds a CANCEL until the phone has said a word', () => {
    register(1, 1);
    alice.calls('bob');
    const late = second().takes('INVITE');
    first().takes('INVITE').answers(200);
    expect(second().untaken).toEqual([]);
    late.answers(100);
    expect(second().takes('CANCEL').request.get(Reason)).toContain('cause=200');
  });

  it('cancels once, whatever the phone goes on to say, and does not wait for it longer', () => {
    register(1, 1);
    alice.calls('bob');
    const loser = second().takes('INVITE').answers(180);
    first().takes('INVITE').answers(200);
    second().takes('CANCEL').answers(200);
    for (let time = 0; time < 60_000; time += 6_000) {
      world.passes(6_000);
      loser.answers(180);
    }
    expect(second().untaken).toEqual([]);
    world.passes(10_000);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });

  it('forwards a 200 that races the CANCEL, and every later 200', () => {
    register(1, 1);
    const call = alice.calls('bob');
    const [one, two] = bobs.map((phone) => phone.takes('INVITE').answers(180));
    one!.answers(200);
    second().takes('CANCEL').answers(200);
    two!.answers(200);
    two!.answers(200);
    expect(call.statuses).toEqual([180, 180, 200, 200, 200]);
    expect(call.responses.map((response) => response.text('To')?.split('tag=')[1]).slice(2)).toEqual([
      'tbob11',
      'tbob12',
      'tbob12',
    ]);
  });

  it('a 6xx cancels the rest and is the answer', () => {
    register(1, 1);
    const call = alice.calls('bob');
    const [one, two] = bobs.map((phone) => phone.takes('INVITE').answers(180));
    one!.answers(603);
    const { request } = second().takes('CANCEL').answers(200);
    expect(request.texts(Reason)).toEqual(['SIP;cause=603;text="Declined elsewhere"']);
    expect(call.status).toBe(180);
    two!.answers(487);
    expect(call.status).toBe(603);
  });

  it('a 200 beats a 6xx that came before it', () => {
    register(1, 1);
    const call = alice.calls('bob');
    const [one, two] = bobs.map((phone) => phone.takes('INVITE').answers(180));
    one!.answers(600);
    two!.answers(200);
    expect(call.status).toBe(200);
  });

  it('a 6xx keeps phones of lower q from being tried', () => {
    register(1, 0.5);
    const call = alice.calls('bob');
    first().takes('INVITE').answers(603);
    expect(call.status).toBe(603);
    expect(second().untaken).toEqual([]);
  });
});

describe('forking by q', () => {
  it('tries the next group when all of the first have refused', () => {
    register(0.9, 0.9, 0.2);
    const call = alice.calls('bob');
    first().takes('INVITE').answers(486);
    expect(third().untaken).toEqual([]);
    second().takes('INVITE').answers(486);
    third().takes('INVITE').answers(200);
    expect(call.statuses).toEqual([200]);
  });

  it('tries the next group when the first stays silent', () => {
    register(1, 0.5);
    const call = alice.calls('bob');
    first().takes('INVITE');
    world.passes(33_000);
    second().takes('INVITE').answers(200);
    expect(call.status).toBe(200);
  });

  it('is not tried on after a CANCEL', () => {
    register(1, 0.5);
    const call = alice.calls('bob');
    const ringing = first().takes('INVITE').answers(180);
    expect(call.cancels().statuses).toEqual([200]);
    first().takes('CANCEL').answers(200);
    ringing.answers(487);
    expect(call.status).toBe(487);
    expect(second().untaken).toEqual([]);
  });
});

describe('CANCEL', () => {
  beforeEach(() => register(1));

  it.each([[[]], [['SIP;cause=200;text="Call completed elsewhere"', 'Q.850;cause=26']]])(
    'goes on with the reasons that its sender gave: %j',
    (reasons) => {
      const call = alice.calls('bob');
      first().takes('INVITE').answers(180);
      alice.send(
        cancelOf(
          call.request,
          reasons.map((reason) => ['Reason', reason]),
        ),
      );
      expect(first().takes('CANCEL').request.texts(Reason)).toEqual(reasons);
    },
  );

  it('is answered 481 where there is nothing to cancel', () => {
    expect(alice.writes('INVITE', 'sip:bob@home.example').method).toBe('INVITE');
    expect(alice.asks('CANCEL', 'sip:bob@home.example').statuses).toEqual([481]);
  });

  it('changes nothing once the call is answered', () => {
    const call = alice.calls('bob');
    first().takes('INVITE').answers(200);
    expect(call.cancels().statuses).toEqual([200]);
    expect(first().untaken).toEqual([]);
    expect(call.statuses).toEqual([200]);
  });

  it('that races a 200 ends with the 200', () => {
    const call = alice.calls('bob');
    const ringing = first().takes('INVITE').answers(180);
    call.cancels();
    ringing.answers(200);
    expect(call.status).toBe(200);
  });

  it('of a call whose phone never said a word ends in 487 when its time is over', () => {
    const call = alice.calls('bob');
    call.cancels();
    expect(first().asked.map(({ request }) => request.method)).toEqual(['INVITE']);
    world.passes(33_000);
    expect(call.statuses).toEqual([100, 487]);
  });

  it('of a phone that does not answer its CANCEL ends in 487 after 64 T1', () => {
    const call = alice.calls('bob');
    first().takes('INVITE').answers(180);
    call.cancels();
    world.passes(31_000);
    expect(call.status).toBe(180);
    world.passes(2_000);
    expect(call.status).toBe(487);
  });

  it('while the DNS is asked ends at once', () => {
    const call = alice.writes('INVITE', 'sip:zoe@away.example');
    const asking = alice.send(call);
    expect(asking.status).toBe(404);
  });
});

describe('the best response (RFC 3261 §16.7)', () => {
  const best = (...statuses: number[]): number => {
    world = new World({ users: ['alice', 'bob'] });
    alice = world.phone('alice');
    register(...statuses.map(() => 1));
    const call = alice.calls('bob');
    const asked = bobs.map((phone) => phone.takes('INVITE'));
    for (const [index, status] of statuses.entries()) asked[index]!.answers(status);
    return call.status!;
  };

  it.each([
    [[404, 302], 302],
    [[500, 404], 404],
    [[486, 401], 401],
    [[486, 407], 407],
    [[404, 415], 415],
    [[404, 420], 420],
    [[404, 484], 484],
    [[503, 500], 500],
    [[503, 486], 486],
    [[503], 500],
    [[503, 502], 502],
    [[486, 603], 603],
    [[200, 603], 200],
  ])('of %j is %i', (statuses, expected) => {
    expect(best(...statuses)).toBe(expected);
    expect(best(...[...statuses].reverse())).toBe(expected);
  });

  it('is a real answer, never a failure of our own', () => {
    register(1, 1);
    const call = alice.calls('bob');
    first().takes('INVITE').answers(500);
    second().takes('INVITE');
    world.passes(33_000);
    expect(call.status).toBe(500);
  });

  it('is 408 where nobody said a word', () => {
    register(1);
    const call = alice.calls('bob');
    world.passes(31_900);
    expect(call.statuses).toEqual([100]);
    world.passes(200);
    expect(call.statuses).toEqual([100, 408]);
  });

  it('brings the challenges of all branches', () => {
    register(1, 1, 1);
    const call = alice.calls('bob');
    first()
      .takes('INVITE')
      .answers(401, { headers: [['WWW-Authenticate', 'Digest realm="one"']] });
    second()
      .takes('INVITE')
      .answers(407, { headers: [['Proxy-Authenticate', 'Digest realm="two"']] });
    third()
      .takes('INVITE')
      .answers(401, { headers: [['WWW-Authenticate', 'Digest realm="three"']] });
    const { head } = call.last;
    for (const realm of ['one', 'two', 'three']) expect(head.split(`realm="${realm}"`)).toHaveLength(2);
  });
});

describe('Timer C', () => {
  beforeEach(() => register(1));

  it('ends a call that rings without a further word after more than three minutes', () => {
    const call = alice.calls('bob');
    first().takes('INVITE').answers(180);
    world.passes(184_900);
    expect(call.status).toBe(180);
    world.passes(200);
    const cancel = first().takes('CANCEL');
    cancel.answers(200);
    world.passes(32_100);
    expect(call.status).toBe(408);
  });

  it('begins again at 101 to 199, never at 100', () => {
    const call = alice.calls('bob');
    const ringing = first().takes('INVITE').answers(180);
    world.passes(100_000);
    ringing.answers(183);
    world.passes(100_000);
    ringing.answers(100);
    expect(first().untaken).toEqual([]);
    world.passes(85_100);
    first().takes('CANCEL');
    expect(call.status).toBe(183);
  });
});
