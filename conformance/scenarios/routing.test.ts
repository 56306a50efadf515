import { MaxBreadth, RecordRoute, Route } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

const AWAY = { type: 'A', name: 'away.example', address: '203.0.113.7', ttlSeconds: 60 } as const;
const NEXT = { type: 'A', name: 'next.example', address: '203.0.113.8', ttlSeconds: 60 } as const;

let world: World;
let alice: Phone;
let bob: Phone;
let away: Phone;
let next: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], dns: [AWAY, NEXT] });
  alice = world.phone('alice');
  bob = world.phone('bob');
  away = world.phone('zoe', { address: AWAY.address, domain: 'away.example', stranger: true });
  next = world.phone('next', { address: NEXT.address, domain: 'next.example', stranger: true });
  bob.registers();
});

describe('what a request is refused for (RFC 3261 §16.3)', () => {
  it('Max-Forwards 0: 483', () => {
    expect(alice.calls('bob', { maxForwards: 0 }).statuses).toEqual([483]);
    expect(bob.untaken).toEqual([]);
  });

  it('but OPTIONS to the server itself is answered at 0 too', () => {
    expect(alice.asks('OPTIONS', 'sip:home.example', { maxForwards: 0 }).statuses).toEqual([200]);
  });

  it('Max-Forwards 0 of an OPTIONS for somebody else: 483, not passed on', () => {
    expect(alice.asks('OPTIONS', 'sip:bob@home.example', { maxForwards: 0 }).statuses).toEqual([483]);
    expect(bob.untaken).toEqual([]);
  });

  it('Proxy-Require: 420 that lists what is unsupported', () => {
    const call = alice.calls('bob', { headers: [['Proxy-Require', 'sec-agree, other']] });
    expect(call.statuses).toEqual([420]);
    expect(call.last.text('Unsupported')).toBe('sec-agree, other');
  });

  it('a URI of another scheme: 416', () => {
    expect(alice.asks('OPTIONS', 'tel:+1555').statuses).toEqual([416]);
  });

  it('a domain that nobody knows: a 404 that does not blame the user', () => {
    const { last } = alice.asks('OPTIONS', 'sip:zoe@nowhere.example');
    expect([last.status, last.reason]).toEqual([404, 'No Such Domain']);
  });

  it('too much: 414, 513, 413', () => {
    expect(alice.calls(`sip:${'a'.repeat(3000)}@home.example`, { to: '<sip:a@b>' }).status).toBe(414);
    expect(alice.calls('bob', { headers: [['X', 'x'.repeat(40_000)]] }).status).toBe(513);
    expect(alice.calls('bob', { body: 'x'.repeat(70_000) }).status).toBe(413);
  });
});

describe('Max-Breadth (RFC 5393)', () => {
  beforeEach(() => {
    for (let index = 0; index < 3; index++) world.phone('bob').registers();
  });

  const breadths = (max: string): { phones: Phone[]; shares: number[] } => {
    const phones: Phone[] = [];
    world = new World({ users: ['alice', 'bob'] });
    alice = world.phone('alice');
    for (let index = 0; index < 4; index++) {
      const phone = world.phone('bob');
      phone.registers();
      phones.push(phone);
    }
    alice.calls('bob', max === '' ? {} : { headers: [['Max-Breadth', max]] });
    const asked = phones.flatMap((phone) => phone.asked);
    return { phones, shares: asked.map(({ request }) => request.get(MaxBreadth)!) };
  };

  it('is 60 where a request has none, and shared out among the branches', () => {
    expect(breadths('').shares).toEqual([15, 15, 15, 15]);
  });

  it('never sums up to more than what came', () => {
    expect(breadths('9').shares).toEqual([2, 2, 2, 2]);
  });

  it('smaller than the phones are many: the others are tried when those have failed', () => {
    const { phones, shares } = breadths('2');
    expect(shares).toEqual([1, 1]);
    for (const phone of phones) if (phone.untaken.length > 0) phone.takes('INVITE').answers(486);
    expect(phones.every((phone) => phone.asked.some(({ request }) => request.method === 'INVITE'))).toBe(
      true,
    );
  });

  it('0: 440', () => {
    expect(alice.calls('bob', { headers: [['Max-Breadth', '0']] }).statuses).toEqual([440]);
  });
});

describe('loops and spirals (RFC 3261 §16.3 step 4, RFC 5393)', () => {
  const backTo = (phone: Phone, uri: string): number | undefined => {
    const { request } = phone.takes('INVITE');
    const head = request.head.replace(/^INVITE \S+/, `INVITE ${uri}`);
    const stamped = head.replace('\r\n', `\r\nVia: ${phone.via('z9hG4bK-back')}\r\n`);
    const credentials = 'Proxy-Authorization: Digest username="alice", realm="home.example"\r\n';
    const again = stamped.replace('From:', `${credentials}From:`);
    phone.put({ head: again, body: request.body });
    const answer = phone.heard.at(-1)!.message;
    return 'status' in answer ? answer.status : undefined;
  };

  it('a request that comes back with the same way to go is a loop: 482', () => {
    alice.calls('bob');
    expect(backTo(bob, 'sip:bob@home.example')).toBe(482);
  });

  it('with another one it is a spiral, and goes on', () => {
    world.addUser('carol');
    const carol = world.phone('carol');
    carol.registers();
    alice.calls('bob');
    backTo(bob, 'sip:carol@home.example');
    carol.takes('INVITE');
  });

  it('phones that forward to each other end in 482 and not in a storm', () => {
    world.addUser('carol');
    const carol = world.phone('carol');
    carol.registers();
    alice.calls('bob');
    backTo(bob, 'sip:carol@home.example');
    expect(backTo(carol, 'sip:bob@home.example')).toBe(482);
  });
});

describe('loose and strict routers (RFC 3261 §16.4, §16.6)', () => {
  it('takes its own Route off, by address and by domain, with or without port', () => {
    for (const route of [
      '<sip:192.0.2.1;lr>',
      '<sip:192.0.2.1:5060;lr>',
      '<sip:home.example;lr>',
      '<sips:192.0.2.1;lr>',
    ]) {
      alice.calls('bob', { routes: [route] });
      expect(bob.takes('INVITE').request.texts(Route)).toEqual([]);
    }
  });

  it('leaves a Route that is not its own, and follows it', () => {
    alice.calls('sip:zoe@away.example', { routes: ['<sip:192.0.2.1;lr>', '<sip:next.example;lr>'] });
    const { request } = next.takes('INVITE');
    expect(request.texts(Route)).toEqual(['<sip:next.example;lr>']);
    expect(request.uri).toBe('sip:zoe@away.example');
    expect(away.untaken).toEqual([]);
  });

  it('our address at a port that is not ours is another server', () => {
    alice.calls('sip:zoe@away.example', { routes: ['<sip:192.0.2.1:7777;lr>'] });
    expect(away.untaken).toEqual([]);
  });

  it('writes the request for a strict router as that needs it', () => {
    alice.calls('sip:zoe@away.example', {
      routes: ['<sip:192.0.2.1;lr>', '<sip:next.example>', '<sip:last.example;lr>'],
    });
    const { request } = next.takes('INVITE');
    expect(request.uri).toBe('sip:next.example');
    expect(request.texts(Route)).toEqual(['<sip:last.example;lr>', '<sip:zoe@away.example>']);
  });

  it('undoes what a strict router did', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    const [top, ...rest] = call.last.texts(RecordRoute).reverse();
    const uri = top!.slice(1, -1);
    const routes = [...rest, `<${bob.contact}>`];
    const bye = alice.asks('BYE', uri, {
      routes,
      callId: call.request.text('Call-ID')!,
      to: call.last.text('To')!,
      credentials: undefined,
    });
    const asked = bob.takes('BYE');
    expect(asked.request.uri).toBe(bob.contact);
    expect(asked.request.texts(Route)).toEqual([]);
    asked.answers(200);
    expect(bye.status).toBe(200);
  });

  it('a maddr that names us goes', () => {
    alice.calls('sip:bob@home.example;maddr=192.0.2.1', { to: '<sip:bob@home.example>' });
    bob.takes('INVITE');
  });
});

describe('Record-Route tokens (RFC 5626 §5.3)', () => {
  let routes: string[];
  let callId: string;
  let to: string;

  beforeEach(() => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    routes = call.last.texts(RecordRoute).reverse();
    callId = call.request.text('Call-ID')!;
    to = call.last.text('To')!;
  });

  const bye = (saying: object): number | undefined => {
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const before = bob.asked.length;
    const asking = stranger.asks('BYE', 'sip:somebody@elsewhere.example', { routes, callId, to, ...saying });
    return bob.asked.length > before ? 200 : asking.status;
  };

  it('lead to the phone for who knows them', () => expect(bye({})).toBe(200));
  it('of another call lead nowhere', () => expect(bye({ callId: 'other@call' })).toBe(403));
  it('with a changed flow lead nowhere', () => {
    const forged = routes.map((route) => route.replace(bob.address, '203.0.113.99'));
    expect(bye({ routes: forged })).toBe(403);
  });
  it('with a changed kind lead nowhere', () => {
    expect(bye({ routes: routes.map((route) => route.replace('phone_', 'peer_')) })).toBe(403);
  });
  it('cut short lead nowhere', () => {
    expect(bye({ routes: routes.map((route) => route.replace('@', 'x@')) })).toBe(403);
    expect(bye({ routes: routes.map((route) => route.replace(/_[^_@]*@/, '@')) })).toBe(403);
  });
  it('serve within a dialog only', () => expect(bye({ to: '<sip:bob@home.example>' })).toBe(403));
  it('are good after a restart', () => {
    const reborn = new World({ users: ['alice', 'bob'] });
    const phone = reborn.phone('bob', { address: bob.address });
    const caller = reborn.phone('alice', { address: alice.address });
    caller.asks('BYE', bob.contact, { routes, callId, to, credentials: undefined });
    phone.takes('BYE');
  });
});

describe('no open relay', () => {
  const preloads = {
    none: [],
    ours: ['<sip:192.0.2.1;lr>'],
    oursThenForeign: ['<sip:192.0.2.1;lr>', '<sip:next.example;lr>'],
    foreign: ['<sip:next.example;lr>'],
    forged: ['<sip:phone_udp_192.0.2.1_5060_203.0.113.8_5060_AAAAAAAAAAAAAAAA@192.0.2.1:5060;lr>'],
  };
  const targets = { ours: 'sip:bob@home.example', foreign: 'sip:zoe@away.example' };

  for (const [route, routes] of Object.entries(preloads)) {
    for (const [target, uri] of Object.entries(targets)) {
      for (const dialog of ['outside a dialog', 'within one']) {
        it(`a stranger, target ${target}, Route ${route}, ${dialog}: nothing leaves for elsewhere`, () => {
          const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
          const to = `<${uri}>${dialog === 'within one' ? ';tag=t' : ''}`;
          for (const method of ['INVITE', 'MESSAGE', 'BYE', 'SUBSCRIBE', 'ACK'])
            stranger.asks(method, uri, { routes, to });
          world.passes(40_000);
          expect(away.asked).toEqual([]);
          expect(next.asked).toEqual([]);
        });
      }
    }
  }

  it('a user without credentials gets no further than a stranger', () => {
    const call = alice.calls('sip:zoe@away.example', { credentials: undefined });
    expect(call.statuses).toEqual([407]);
    expect(away.asked).toEqual([]);
  });

  it('a user may not speak for another', () => {
    expect(alice.calls('bob', { from: '<sip:bob@home.example>;tag=x' }).statuses).toEqual([403]);
  });

  it('a stranger may not watch our users, register or publish', () => {
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    expect(stranger.asks('SUBSCRIBE', 'sip:bob@home.example').statuses).toEqual([403]);
    expect(stranger.asks('PUBLISH', 'sip:bob@home.example').statuses).toEqual([403]);
    expect(
      stranger.asks('REGISTER', 'sip:home.example', { to: '<sip:eve@elsewhere.example>' }).statuses,
    ).toEqual([403]);
    expect(stranger.asks('REGISTER', 'sip:home.example', { to: '<sip:bob@home.example>' }).statuses).toEqual([
      401,
    ]);
  });

  it('the other side of a dialog may not use our token to reach a third domain', () => {
    const call = alice.calls('sip:zoe@away.example');
    const asked = away.takes('INVITE').answers(200);
    call.acks();
    const routes = asked.request.texts(RecordRoute);
    const common = { callId: call.request.text('Call-ID')!, to: '<sip:zoe@away.example>;tag=t', routes };
    away.asks('INVITE', 'sip:victim@next.example', { ...common, routes: [...routes].reverse() });
    away.asks('INVITE', 'sip:victim@next.example', { ...common, routes: [routes[0]!] });
    away.asks('INVITE', 'sip:victim@next.example', { ...common, routes: ['<sip:192.0.2.1;lr>', ...routes] });
    expect(next.asked).toEqual([]);
  });
});
