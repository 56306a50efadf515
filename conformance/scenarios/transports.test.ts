import { ContentLength, RecordRoute, Route, type SipMessage } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;

const a = (name: string, address: string) => ({ type: 'A', name, address, ttlSeconds: 60 }) as const;
const srv = (priority: number, target: string, service = '_sip._udp') =>
  ({
    type: 'SRV',
    name: `${service}.away.example`,
    priority,
    weight: 1,
    port: 5060,
    target,
    ttlSeconds: 60,
  }) as const;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], dns: [a('away.example', '203.0.113.7')] });
  alice = world.phone('alice');
});

describe('phones on connections', () => {
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    it(`on ${transport} call and are called over the connection that they opened`, () => {
      const bob = world.phone('bob', { transport, listens: [] });
      bob.registers();
      const call = alice.calls('bob');
      const ringing = bob.takes('INVITE').answers(200);
      call.acks();
      bob.takes('ACK');
      ringing.asks('BYE');
      alice.takes('BYE').answers(200);
      alice.registers();
      const back = bob.calls('alice');
      alice.takes('INVITE').answers(200);
      back.acks();
      alice.takes('ACK');
      const bye = back.asks('BYE');
      alice.takes('BYE').answers(200);
      expect(bye.status).toBe(200);
      expect(world.network.garbled).toEqual([]);
    });
  }

  it('are gone with their connection: 480, and their bindings too', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    bob.disconnects();
    expect(world.location.size).toBe(0);
    expect(alice.calls('bob').statuses).toEqual([480]);
    expect(world.events.some(({ kind }) => kind === 'unreachable')).toBe(true);
  });

  it('are not mistaken for one another where, after a restart, somebody else has the ends of a connection', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    const { remote } = bob.flow;
    world.network.forgetsConnections();
    const eve = world.phone('eve', { ...remote, transport: 'tcp', listens: [], stranger: true });
    expect(eve.connect(remote.port).key).not.toBe(bob.flow.key);
    expect(alice.calls('bob').statuses.at(-1)).toBe(480);
    expect(eve.untaken).toEqual([]);
    bob.connect();
    bob.registers();
    alice.calls('bob');
    bob.takes('INVITE');
  });

  it('that vanish while they ring end the call, and the next phone is tried', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    const second = world.phone('bob');
    second.registers({ contact: `<${second.contact}>;q=0.1` });
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(180);
    bob.disconnects();
    second.takes('INVITE').answers(200);
    expect(call.statuses).toEqual([180, 200]);
  });

  it('that vanish alone leave the caller with an answer', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(180);
    bob.disconnects();
    expect([480, 500]).toContain(call.status);
  });

  it('get their answer over a new connection where theirs has closed and they can be reached', () => {
    const bob = world.phone('bob');
    bob.registers();
    const caller = world.phone('alice', { transport: 'tcp' });
    const call = caller.calls('bob');
    const ringing = bob.takes('INVITE');
    caller.disconnects();
    ringing.answers(486);
    expect(call.status).toBe(486);
  });
});

describe('messages from datagrams to streams', () => {
  it('never carry more than their Content-Length says', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    const request = alice.writes('MESSAGE', 'sip:bob@home.example', { body: 'hello' });
    const smuggled = `INVITE ${bob.contact} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKevil\r\nContent-Length: 0\r\n\r\n`;
    const body = Uint8Array.from(`hello${smuggled}`, (character) => character.charCodeAt(0));
    alice.put({ head: request.head, body });
    expect(new TextDecoder().decode(bob.takes('MESSAGE').request.body)).toBe('hello');
    expect(bob.untaken).toEqual([]);
    expect(world.network.garbled).toEqual([]);
  });

  it('say how long their body is where the sender did not', () => {
    const bob = world.phone('bob', { transport: 'tcp', listens: [] });
    bob.registers();
    const request = alice.writes('MESSAGE', 'sip:bob@home.example', { body: 'hello' });
    alice.put({ head: request.head.replace(/Content-Length.*\r\n/, ''), body: request.body });
    const asked = bob.takes('MESSAGE').request;
    expect(asked.get(ContentLength)).toBe(5);
    expect(world.network.garbled).toEqual([]);
  });

  it('the same holds for responses', () => {
    const bob = world.phone('bob');
    bob.registers();
    const caller = world.phone('alice', { transport: 'tcp', listens: [] });
    const first = caller.calls('bob');
    const asked = bob.takes('INVITE');
    asked.answers(180);
    const response = first.last.head
      .replace('180 Ringing', '183 Session Progress')
      .replace(/Content-Length.*\r\n/, '');
    const vias = asked.request.head
      .split('\r\n')
      .filter((line) => line.startsWith('Via:'))
      .join('\r\n');
    const whole = response.replace(/Via:.*\r\n/, `${vias}\r\n`);
    bob.put({ head: whole, body: Uint8Array.from('v=0', (character) => character.charCodeAt(0)) });
    expect(first.statuses).toEqual([180, 183]);
    expect(first.last.get(ContentLength)).toBe(3);
    expect(world.network.garbled).toEqual([]);
  });
});

describe('requests to other domains', () => {
  const away = (listens: readonly ('udp' | 'tcp')[]) =>
    world.phone('zoe', { address: '203.0.113.7', domain: 'away.example', stranger: true, listens });

  it('that are too long for a datagram go by TCP', () => {
    const zoe = away(['udp', 'tcp']);
    alice.calls('sip:zoe@away.example', { body: 'x'.repeat(1_500) });
    zoe.takes('INVITE');
    expect(zoe.heard.map(({ flow }) => flow.transport)).toEqual(['tcp']);
  });

  it('and by UDP where TCP is not taken', () => {
    const zoe = away(['udp']);
    const call = alice.calls('sip:zoe@away.example', { body: 'x'.repeat(1_500) });
    zoe.takes('INVITE').answers(200);
    expect(zoe.heard.map(({ flow }) => flow.transport)).toEqual(['udp']);
    expect(call.statuses).toEqual([200]);
  });

  it('go to the next server where the first is dead, refuses, or answers 503', () => {
    world = new World({
      users: ['alice'],
      dns: [
        a('one.example', '203.0.113.1'),
        a('two.example', '203.0.113.2'),
        a('three.example', '203.0.113.3'),
        srv(1, 'one.example', '_sip._tcp'),
        srv(2, 'two.example', '_sip._tcp'),
        srv(3, 'three.example', '_sip._tcp'),
      ],
    });
    alice = world.phone('alice');
    const two = world.phone('zoe', { address: '203.0.113.2', transport: 'tcp', stranger: true });
    const three = world.phone('zoe', { address: '203.0.113.3', transport: 'tcp', stranger: true });
    const call = alice.calls('sip:zoe@away.example');
    two.takes('INVITE').answers(503);
    three.takes('INVITE').answers(200);
    expect(call.statuses).toEqual([200]);
  });

  it('get 500 where no server takes them (§16.9: a transport error is a 503, which we do not pass on)', () => {
    world = new World({
      users: ['alice'],
      dns: [a('one.example', '203.0.113.1'), srv(1, 'one.example', '_sip._tcp')],
    });
    alice = world.phone('alice');
    const call = alice.calls('sip:zoe@away.example');
    expect([500, 503]).toContain(call.status);
  });
});

describe('non-INVITE requests that nobody answers (RFC 4320)', () => {
  it('are answered by nothing but one 100 at 3.5 s', () => {
    const bob = world.phone('bob');
    bob.registers();
    const asking = alice.asks('MESSAGE', 'sip:bob@home.example');
    world.passes(3_400);
    expect(asking.statuses).toEqual([]);
    world.passes(200);
    expect(asking.statuses).toEqual([100]);
    world.passes(60_000);
    expect(asking.statuses).toEqual([100]);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });

  it('do not hand on a 408 of the other side', () => {
    const bob = world.phone('bob');
    bob.registers();
    const asking = alice.asks('MESSAGE', 'sip:bob@home.example');
    bob.takes('MESSAGE').answers(408);
    expect(asking.statuses).toEqual([]);
  });

  it('do not hand on provisional responses', () => {
    const bob = world.phone('bob');
    bob.registers();
    const asking = alice.asks('MESSAGE', 'sip:bob@home.example');
    bob.takes('MESSAGE').answers(180).answers(200);
    expect(asking.statuses).toEqual([200]);
  });
});

describe('bindings', () => {
  it('with a Path are reached along it', () => {
    const edge = world.phone('edge', { address: '203.0.113.50' });
    const head = edge
      .writes('REGISTER', 'sip:home.example', {
        to: '<sip:bob@home.example>',
        from: '<sip:bob@home.example>;tag=b',
        credentials: 'Digest username="bob", realm="home.example"',
        headers: [
          ['Path', '<sip:203.0.113.50;lr>'],
          ['Via', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKphone'],
          ['Contact', '<sip:bob@10.0.0.1>'],
        ],
      })
      .head.replace(/Contact: <sip:edge.*\r\n/, '');
    edge.put({ head, body: new Uint8Array() });
    alice.calls('bob');
    const { request } = edge.takes('INVITE');
    expect(request.uri).toBe('sip:bob@10.0.0.1');
    expect(request.texts(Route)).toEqual(['<sip:203.0.113.50;lr>']);
  });

  it('of phones behind NATs are kept reachable', () => {
    const bob = world.phone('bob', { believes: { address: '10.0.0.5', port: 5060 } });
    bob.registers();
    const plain = world.phone('alice');
    plain.registers();
    world.passes(61_000);
    expect(world.network.keptAlive.length).toBeGreaterThanOrEqual(2);
    expect(new Set(world.network.keptAlive)).toEqual(new Set([bob.flow.key]));
  });

  it('end when their time is over', () => {
    const bob = world.phone('bob');
    bob.registers({ expires: 60 });
    world.passes(59_000);
    alice.calls('bob');
    bob.takes('INVITE').answers(486);
    world.passes(2_000);
    expect(alice.calls('bob').statuses).toEqual([480]);
    expect(world.location.size).toBe(0);
  });
});

describe('Record-Route between servers over TLS (RFC 3261 §26.3.2.2, RFC 5922)', () => {
  const NAME = 'sip.home.example';
  /** Hosts of the Record-Routes, topmost first, with what each leads to. */
  const hostsIn = (message: SipMessage) =>
    message.texts(RecordRoute).map((text) => text.replace(/^<(sips?):(phone|peer)_[^@]*@/, '$1 $2 '));
  const server = () =>
    world.phone('zoe', {
      address: '203.0.113.7',
      port: 5061,
      transport: 'tls',
      domain: 'away.example',
      listens: ['tls'],
      stranger: true,
    });

  beforeEach(() => {
    world = new World({ users: ['alice', 'bob'], dns: [a('away.example', '203.0.113.7')], tlsName: NAME });
    alice = world.phone('alice');
  });

  it('has the name that the certificate proves, on that side alone, and leads back by it', () => {
    const zoe = server();
    const call = alice.calls('sip:zoe@away.example;transport=tls');
    const asked = zoe.takes('INVITE').answers(200);
    expect(hostsIn(asked.request)).toEqual([
      `sip peer ${NAME}:5061;transport=tls;lr>`,
      'sip phone 192.0.2.1:5060;lr>',
    ]);
    call.acks();
    zoe.takes('ACK');
    call.asks('INFO');
    zoe.takes('INFO').answers(200);
    zoe.disconnects();
    zoe.connect();
    const bye = asked.asks('BYE');
    alice.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });

  it('the same of a call that comes from there', () => {
    const bob = world.phone('bob', { transport: 'tls' });
    bob.registers();
    const zoe = server();
    const call = zoe.calls('sip:bob@home.example');
    const asked = bob.takes('INVITE').answers(200);
    expect(hostsIn(asked.request)).toEqual([
      'sip phone 192.0.2.1:5061;transport=tls;lr>',
      `sip peer ${NAME}:5061;transport=tls;lr>`,
    ]);
    call.acks();
    bob.takes('ACK');
    asked.asks('INFO');
    zoe.takes('INFO').answers(200);
    const bye = call.asks('BYE');
    bob.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });

  it('has the address where no certificate is asked for, and for phones', () => {
    const bob = world.phone('bob', { transport: 'tls' });
    bob.registers();
    alice.calls('bob');
    expect(hostsIn(bob.takes('INVITE').request).join()).not.toContain(NAME);
    const zoe = world.phone('zoe', { address: '203.0.113.7', stranger: true });
    alice.calls('sip:zoe@away.example');
    expect(hostsIn(zoe.takes('INVITE').request).join()).not.toContain(NAME);
  });
});
