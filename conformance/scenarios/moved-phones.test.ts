import { RecordRoute } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asked, Asking } from '../world/exchange.ts';
import type { Phone, PhoneOptions } from '../world/phone.ts';
import { World } from '../world/world.ts';

const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"';
const PRIVATE = { address: '10.0.0.5', port: 5060 };

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob', 'victim'], transports: ['udp', 'tcp', 'tls', 'ws', 'wss'] });
  alice = world.phone('alice');
  alice.registers();
});

/** A phone of Bob's behind a NAT, registered. */
const bobOn = (transport: PhoneOptions['transport'], parameters = ''): Phone => {
  bob = world.phone('bob', { transport: transport!, listens: [], believes: PRIVATE });
  bob.registers({ contact: `<${bob.contact}>${parameters}` });
  return bob;
};

/** A call of Alice's to Bob that is answered. */
const called = (): { call: Asking; asked: Asked } => {
  const call = alice.calls('bob');
  const asked = bob.takes('INVITE').answers(200);
  call.acks();
  bob.takes('ACK');
  return { call, asked };
};

const comesBack = (parameters = '', contact = bob.contact): void => {
  bob.disconnects();
  bob.connect();
  bob.registers({ contact: `<${contact}>${parameters}` });
};

describe('a phone that lost its connection in the middle of a call and registered again', () => {
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    for (const parameters of ['', `;${INSTANCE}`, `;${INSTANCE};reg-id=1`]) {
      const named = parameters === '' ? 'its Contact' : parameters.replace(/".*"/, '…');
      it(`over ${transport} is known by ${named}: re-INVITE, ACK and BYE of the caller arrive`, () => {
        bobOn(transport, parameters);
        const { call } = called();
        comesBack(parameters);
        const again = call.asks('INVITE', { body: 'v=0\r\n' });
        bob.takes('INVITE').answers(200);
        expect(again.status).toBe(200);
        again.acks();
        bob.takes('ACK');
        const bye = call.asks('BYE', { cseq: 9 });
        bob.takes('BYE').answers(200);
        expect(bye.status).toBe(200);
      });
    }

    it(`over ${transport} is found in the call that it began itself`, () => {
      bobOn(transport);
      const call = bob.calls('alice');
      const asked = alice.takes('INVITE').answers(200);
      call.acks();
      alice.takes('ACK');
      comesBack();
      const bye = asked.asks('BYE');
      bob.takes('BYE').answers(200);
      expect(bye.status).toBe(200);
    });
  }

  it('is known by its instance, though its Contact is another', () => {
    bobOn('tcp', `;${INSTANCE}`);
    const { call } = called();
    comesBack(`;${INSTANCE}`, 'sip:bob@10.7.7.7:6000;transport=tcp');
    const bye = call.asks('BYE');
    expect(bob.takes('BYE').answers(200).request.uri).toBe(bob.contact);
    expect(bye.status).toBe(200);
  });

  it('is reached over the other flow of its instance (RFC 5626)', () => {
    bobOn('tcp', `;${INSTANCE};reg-id=1`);
    const { call } = called();
    const lost = bob.flow;
    bob.connect();
    bob.registers({ contact: `<${bob.contact}>;${INSTANCE};reg-id=2` });
    world.network.close(lost);
    const bye = call.asks('BYE');
    bob.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });

  it('is reached before the server has noticed that its old connection is dead', () => {
    bobOn('tls', `;${INSTANCE};reg-id=1`);
    const { call } = called();
    const dead = bob.flow;
    bob.connect();
    bob.registers({ contact: `<${bob.contact}>;${INSTANCE};reg-id=1` });
    const bye = call.asks('BYE');
    bob.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
    expect(bob.heard.filter(({ flow }) => flow === dead).length).toBe(3);
  });

  it('is reached after the server started anew', () => {
    bobOn('wss');
    const { call } = called();
    world.network.forgetsConnections();
    bob.connect();
    bob.registers();
    const bye = call.asks('BYE');
    bob.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });

  it('has what it says itself taken, from another address, too, once it has proved who it is', () => {
    const zoe = world.phone('zoe', { address: '203.0.113.7', domain: 'away.example', stranger: true });
    bobOn('tcp', `;${INSTANCE}`);
    const call = bob.calls('sip:zoe@203.0.113.7');
    zoe.takes('INVITE').answers(200);
    call.acks();
    zoe.takes('ACK');
    const moved = world.phone('bob', { transport: 'tcp', listens: [] });
    moved.registers({ contact: `<${moved.contact}>;${INSTANCE}` });
    moved.put(call.within('ACK'));
    zoe.takes('ACK');
    moved.put(call.within('BYE'));
    zoe.takes('BYE');
  });

  it('gets nothing while it is away: 480', () => {
    bobOn('tcp');
    const { call } = called();
    bob.disconnects();
    expect(call.asks('BYE').statuses.at(-1)).toBe(480);
    expect(world.events.at(-1)).toMatchObject({ outcome: { why: 'the connection of the phone is gone' } });
  });

  it('is not asked over UDP what was to go over TLS', () => {
    bobOn('tls', `;${INSTANCE}`);
    const { call } = called();
    bob.disconnects();
    const plain = world.phone('bob');
    plain.registers({ contact: `<${plain.contact}>;${INSTANCE}` });
    const bye = call.within('BYE');
    const secure = { head: bye.head.replace('BYE sip:', 'BYE sips:'), body: bye.body };
    alice.put(secure);
    expect(plain.untaken).toEqual([]);
    call.asks('BYE', { cseq: 9 });
    plain.takes('BYE');
  });
});

describe('a phone over UDP whose NAT gave it another port', () => {
  it.each(['', `;${INSTANCE}`])('is reached there once it has registered again %s', (parameters) => {
    bobOn('udp', parameters);
    const { call } = called();
    const before = bob;
    const after = world.phone('bob', { address: bob.address, port: 61_234, believes: PRIVATE });
    after.registers({ contact: `<${after.contact}>${parameters}`, branch: 'z9hG4bK-after', cseq: 50 });
    call.asks('INFO', { cseq: 5 });
    after.takes('INFO').answers(200);
    const bye = call.asks('BYE', { cseq: 6 });
    after.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
    expect(before.untaken).toEqual([]);
  });
});

describe('what a phone was asked that had lost its way', () => {
  /** Bob's phone as it is seen after its NAT has forgotten it. */
  const elsewhere = (branch: string): Phone => {
    const after = world.phone('bob', { address: bob.address, port: 61_234, believes: PRIVATE });
    after.registers({ contact: `<${after.contact}>;${INSTANCE}`, branch: `z9hG4bK-${branch}`, cseq: 50 });
    return after;
  };

  it.each(['INVITE', 'BYE'])('comes as soon as it registers again: %s', (method) => {
    bobOn('udp', `;${INSTANCE}`);
    const { call } = called();
    world.network.removePeer(bob);
    const asking = call.asks(method, { cseq: 7, body: 'v=0\r\n' });
    world.passes(5_000);
    expect(asking.status ?? 100).toBe(100);
    const after = elsewhere('after');
    after.takes(method).answers(200);
    expect(asking.status).toBe(200);
    world.passes(40_000);
    expect(after.untaken).toEqual([]);
    expect(after.retransmissions).toBe(0);
    if (method === 'INVITE') asking.acks();
    world.passes(40_000);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
  });

  it('comes over its new connection, though nobody knew that the old one was dead', () => {
    bobOn('tls', `;${INSTANCE}`);
    const { call } = called();
    const bye = call.asks('BYE');
    const dead = bob.flow;
    bob.connect();
    bob.registers({ contact: `<${bob.contact}>;${INSTANCE}` });
    world.network.close(dead);
    const byes = bob.heard.filter(({ message }) => message.text('CSeq')?.endsWith('BYE'));
    expect(byes.map(({ flow }) => flow)).toEqual([dead, bob.flow]);
    // To a phone that had it after all it is the same transaction.
    expect(bob.retransmissions).toBe(1);
    expect(bye.status ?? 100).toBe(100);
  });

  it('a call that was not answered rings there, too', () => {
    bobOn('udp', `;${INSTANCE}`);
    world.network.removePeer(bob);
    const call = alice.calls('bob');
    world.passes(3_000);
    elsewhere('asleep').takes('INVITE').answers(200);
    expect(call.status).toBe(200);
  });

  it('does not come again once it has said a word, or when another device of its user registers', () => {
    bobOn('udp', `;${INSTANCE}`);
    alice.calls('bob');
    const other = world.phone('bob');
    other.registers({ branch: 'z9hG4bK-other' });
    expect(other.untaken).toEqual([]);
    bob.takes('INVITE').answers(180);
    expect(elsewhere('ringing').untaken).toEqual([]);
  });
});

describe('the way to a phone that moved', () => {
  it('leads to no other device of its user', () => {
    bobOn('tcp', `;${INSTANCE}`);
    const { call } = called();
    bob.disconnects();
    const other = world.phone('bob', { transport: 'tcp', listens: [], believes: PRIVATE });
    other.registers({
      contact: `<${bob.contact}>;+sip.instance="<urn:uuid:another>"`,
      branch: 'z9hG4bK-other',
    });
    expect(call.asks('BYE').statuses.at(-1)).toBe(480);
    expect(other.untaken).toEqual([]);
  });

  it('leads to no other user, whatever the Request-URI says', () => {
    bobOn('tcp');
    const { call } = called();
    const victim = world.phone('victim', { transport: 'tcp', listens: [], believes: PRIVATE });
    victim.registers();
    bob.disconnects();
    const asked = alice.asks('BYE', victim.contact, {
      routes: call.last.texts(RecordRoute).reverse(),
      to: call.last.text('To')!,
      callId: call.request.text('Call-ID')!,
    });
    expect(asked.statuses.at(-1)).toBe(480);
    expect(victim.untaken).toEqual([]);
  });

  it('is not told to a stranger who forges the token, or takes one of another call', () => {
    bobOn('tcp');
    const { call } = called();
    comesBack();
    const [toBob] = call.last.texts(RecordRoute);
    expect(toBob).toMatch(/![0-9a-z]+\.[0-9a-z]+_/);
    const eve = world.phone('eve', { domain: 'away.example', stranger: true });
    const to = call.last.text('To')!;
    const ours = { to, callId: call.request.text('Call-ID')! };
    const forged = [
      { ...ours, routes: [toBob!.replace(/.{16}@/, 'AAAAAAAAAAAAAAAA@')] },
      { ...ours, routes: [toBob!.replace(/!([0-9a-z]+)\./, '!3.')] },
      { ...ours, routes: [toBob!.replace(/!([0-9a-z]+)\.[0-9a-z]+/, '!$1.0')] },
      { ...ours, routes: [toBob!.replace(/!([0-9a-z]+)\.[0-9a-z]+/, '')] },
      { to, callId: 'another', routes: [toBob!] },
    ];
    for (const saying of forged) {
      expect(eve.asks('BYE', bob.contact, saying).status).toBe(403);
      expect(eve.asks('INVITE', bob.contact, saying).status).toBe(403);
    }
    expect(bob.untaken).toEqual([]);
  });
});
