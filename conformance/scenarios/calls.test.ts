import { MaxForwards, RecordRoute, Route, Via } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = world.phone('alice');
  bob = world.phone('bob');
  alice.registers();
  bob.registers();
});

describe('a call between two phones', () => {
  it('rings, is answered and ends, without a response too many', () => {
    const call = alice.calls('bob');
    const ringing = bob.takes('INVITE');
    ringing.answers(180);
    ringing.answers(200);
    call.acks();
    bob.takes('ACK');
    const bye = call.asks('BYE');
    bob.takes('BYE').answers(200);
    expect(call.statuses).toEqual([180, 200]);
    expect(bye.statuses).toEqual([200]);
    world.passes(60_000);
    expect(call.statuses).toEqual([180, 200]);
    expect(bob.untaken).toEqual([]);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });

  it('ends from the side that was called', () => {
    const call = alice.calls('bob');
    const ringing = bob.takes('INVITE').answers(200);
    call.acks();
    const bye = ringing.asks('BYE');
    alice.takes('BYE').answers(200);
    expect(bye.statuses).toEqual([200]);
  });

  it('is changed by a re-INVITE from either side, whose ACK arrives', () => {
    const call = alice.calls('bob');
    const ringing = bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    const fromAlice = call.asks('INVITE');
    bob.takes('INVITE').answers(200);
    fromAlice.acks();
    bob.takes('ACK');
    const fromBob = ringing.asks('INVITE');
    alice.takes('INVITE').answers(488);
    expect(fromBob.status).toBe(488);
  });

  it('gets a 100 after 200 ms where the phone says nothing, and none before', () => {
    const call = alice.calls('bob');
    world.passes(190);
    expect(call.statuses).toEqual([]);
    world.passes(20);
    expect(call.statuses).toEqual([100]);
  });

  it('is forwarded with what a proxy changes and nothing else', () => {
    const call = alice.calls('bob', {
      maxForwards: 17,
      headers: [
        ['X-Odd', '  a,,b ;"c'],
        ['Subject', 'f\u00fcr dich'],
      ],
    });
    const { request } = bob.takes('INVITE');
    expect(request.uri).toBe(bob.contact);
    expect(request.get(MaxForwards)).toBe(16);
    expect(request.texts(Via)).toHaveLength(2);
    expect(request.texts(RecordRoute)).toHaveLength(2);
    expect(request.texts(Route)).toEqual([]);
    expect(request.head).toContain('\r\nX-Odd:   a,,b ;"c\r\nSubject: f\u00fcr dich\r\n');
    expect(request.text('Call-ID')).toBe(call.request.text('Call-ID'));
    expect(request.text('Proxy-Authorization')).toBeUndefined();
    expect(new TextDecoder().decode(request.body)).toBe('v=0\r\n');
  });

  it('absorbs retransmissions of the INVITE and sends the last response again', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(180);
    call.again();
    expect(call.statuses).toEqual([180, 180]);
    expect(bob.retransmissions).toBe(0);
  });

  it('hands on every retransmission of the 200, end to end', () => {
    const call = alice.calls('bob');
    const ringing = bob.takes('INVITE').answers(200);
    ringing.answers(200);
    ringing.answers(200);
    expect(call.statuses).toEqual([200, 200, 200]);
    call.acks();
    call.acks();
    expect(bob.heard.filter(({ message }) => 'method' in message && message.method === 'ACK')).toHaveLength(
      2,
    );
  });

  it('gets 480 where the user has no phone, and 404 where there is no such user', () => {
    world.addUser('carol');
    expect(alice.calls('carol').statuses).toEqual([480]);
    expect(alice.calls('nobody').statuses).toEqual([404]);
  });

  it('gives a stranger one answer for users that are unknown and those without phone', () => {
    world.addUser('carol');
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const unknown = stranger.calls('sip:nobody@home.example');
    const away = stranger.calls('sip:carol@home.example');
    expect([unknown.statuses, away.statuses]).toEqual([[480], [480]]);
    expect(unknown.last.reason).toBe(away.last.reason);
  });

  it('reaches a user by the address of the server as by its domain', () => {
    alice.calls('sip:bob@192.0.2.1');
    bob.takes('INVITE');
    alice.calls('sip:bob@192.0.2.1:5060');
    bob.takes('INVITE');
  });
});

describe('a user with a stranger on the other side', () => {
  it('is called by a stranger', () => {
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const call = stranger.calls('sip:bob@home.example');
    const ringing = bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    ringing.asks('BYE');
    stranger.takes('BYE').answers(200);
  });

  it('calls out to another domain, both sides hang up through us', () => {
    world = new World({
      users: ['alice'],
      dns: [{ type: 'A', name: 'away.example', address: '203.0.113.7', ttlSeconds: 60 }],
    });
    alice = world.phone('alice');
    const away = world.phone('zoe', { address: '203.0.113.7', domain: 'away.example', stranger: true });
    for (const end of ['caller', 'callee'] as const) {
      const call = alice.calls('sip:zoe@away.example');
      const ringing = away.takes('INVITE').answers(200);
      call.acks();
      away.takes('ACK');
      const bye = end === 'caller' ? call.asks('BYE') : ringing.asks('BYE');
      (end === 'caller' ? away : alice).takes('BYE').answers(200);
      expect(bye.statuses).toEqual([200]);
    }
  });

  it('is told 404 where the domain does not exist', () => {
    expect(alice.calls('sip:zoe@nowhere.example').statuses).toEqual([404]);
  });
});

describe('phones behind NATs', () => {
  it('are reached over their flow in and out of dialogs, whatever their Contact says', () => {
    const carol = world.phone('bob', {
      address: '203.0.113.20',
      port: 33_333,
      believes: { address: '10.0.0.5', port: 5060 },
    });
    world.location.set('bob@home.example', []);
    carol.registers();
    const dave = world.phone('alice', {
      address: '203.0.113.21',
      port: 44_444,
      believes: { address: '10.0.0.5', port: 5060 },
    });
    const call = dave.calls('bob');
    const ringing = carol.takes('INVITE').answers(180).answers(200);
    expect(call.statuses).toEqual([180, 200]);
    call.acks();
    carol.takes('ACK');
    call.asks('INVITE');
    carol.takes('INVITE').answers(200);
    const bye = ringing.asks('BYE');
    dave.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });

  it('are answered at their real source though their Via names another and has no rport', () => {
    const request = alice.writes('OPTIONS', 'sip:home.example');
    const plain = request.head.replace(/Via: .*\r\n/, 'Via: SIP/2.0/UDP 10.9.9.9:9;branch=z9hG4bKplain\r\n');
    alice.put({ head: plain, body: new Uint8Array() });
    const { message } = alice.heard.at(-1)!;
    expect(message.text('Via')).toContain('received=198.51.100.10');
  });
});
