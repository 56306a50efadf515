import { cancelOf, RecordRoute, type SocketAddress } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, type Peer, SERVER_ADDRESS } from '../world/network.ts';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
  alice = world.phone('alice');
  bob = world.phone('bob');
  bob.registers();
});

describe('a domain of ours with its root dot (RFC 3261 §25.1 hostname)', () => {
  it('is no way to call in the name of a user of ours', () => {
    const stranger = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const call = stranger.calls('sip:bob@home.example', { from: '<sip:alice@home.example.>;tag=x' });
    expect(call.status).toBe(407);
    expect(bob.untaken).toEqual([]);
  });

  it('has the same users', () => {
    alice.calls('sip:bob@home.example.', { to: '<sip:bob@home.example>' });
    bob.takes('INVITE');
  });
});

describe('an ACK', () => {
  it('with Max-Forwards 0 goes no further', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    alice.put(call.within('ACK', { maxForwards: 0 }));
    expect(bob.untaken).toEqual([]);
    call.acks();
    bob.takes('ACK');
  });
});

describe('a REGISTER with thousands of Contacts', () => {
  it('leaves the last ones, as many as a user may have', () => {
    const contact = Array.from({ length: 2_000 }, (_, index) => `<sip:c${index}>`).join(', ');
    bob.registers({ contact });
    const answer = bob.heard.at(-1)!.message;
    expect(answer.head.match(/^Contact: <sip:c\d+>/gm)?.sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => `Contact: <sip:c${1_990 + index}>`),
    );
  });
});

describe('a Path that leads back to us', () => {
  /** What we send to our own address comes to us. */
  const wiredToItself = () => {
    const { network } = world;
    let hops = 0;
    const self: Peer = {
      address: SERVER_ADDRESS,
      port: 5060,
      listens: new Set(['udp']),
      receive: (message) => {
        hops++;
        network.later(() => network.arriveAtProvider(network.udpFlow(self), bytesOf(message)));
      },
    };
    network.addPeer(self);
    return { hops: () => hops };
  };

  const at = (name: string, address: string) => ({ type: 'A', name, address, ttlSeconds: 60 }) as const;
  const dns = [
    at('away.example', '203.0.113.7'),
    at('home.example', SERVER_ADDRESS),
    at('alias.example', SERVER_ADDRESS),
  ];
  const registering = (contact: string, path: readonly string[]) =>
    world.phone('bob').asks('REGISTER', 'sip:home.example', {
      to: '<sip:bob@home.example>',
      headers: [
        ['Contact', `<${contact}>`],
        ...THROUGH_A_PROXY,
        ...path.map((value) => ['Path', value] as const),
      ],
    });

  it.each([
    [['<sip:192.0.2.1;lr>']],
    [['<sip:home.example;lr>']],
    [['<sip:192.0.2.1>']],
    [['<sip:192.0.2.1;lr>', '<sip:away.example;lr>']],
    [['<sip:away.example;lr>', '<sip:home.example:5060;lr>']],
    [['sip:::']],
    [Array<string>(71).fill('<sip:away.example;lr>')],
  ])('is refused: %s', (path) => {
    world = new World({ users: ['bob'], dns });
    expect(registering('sip:bob@home.example', path).statuses).toEqual([400]);
    expect(world.location.size).toBe(0);
  });

  const CONTACTS = {
    'her own address': 'sip:bob@home.example',
    'another user': 'sip:carol@home.example',
    'another domain': 'sip:victim@away.example',
    'our address': 'sip:192.0.2.1',
  };
  for (const [where, contact] of Object.entries(CONTACTS)) {
    for (const path of [['<sip:alias.example;lr>'], ['<sip:alias.example;lr>', '<sip:away.example;lr>']]) {
      it(`by a name that we do not know (${path.length}; its Contact ${where}) opens nothing`, () => {
        const mayReach = ({ address }: SocketAddress) => address !== SERVER_ADDRESS;
        world = new World({ users: ['alice', 'bob', 'carol'], dns, mayReach });
        const away = world.phone('away', { address: '203.0.113.7', stranger: true });
        expect(registering(contact, path).status).toBe(200);
        const itself = wiredToItself();
        const caller = world.phone('alice');
        const eve = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
        for (const asking of [caller.calls('bob'), eve.calls('sip:bob@home.example')])
          expect(asking.status).toBe(403);
        expect(itself.hops()).toBe(0);
        expect(away.asked).toEqual([]);
      });
    }
  }
});

describe('more Routes than hops', () => {
  it('are refused, whosever they are', () => {
    for (const route of ['<sip:192.0.2.1;lr>', '<sip:next.example;lr>']) {
      const routes = Array<string>(71).fill(route);
      expect(alice.calls('bob', { routes }).statuses).toEqual([400]);
    }
    expect(bob.untaken).toEqual([]);
  });
});

describe('a sips URI', () => {
  const secure = () => world.phone('alice', { transport: 'tls' });

  it('is not reached where its phone is not registered over TLS', () => {
    expect(secure().calls('sips:bob@home.example').statuses).toEqual([480]);
    expect(bob.untaken).toEqual([]);
  });

  it('is reached at those of its phones that are', () => {
    const other = world.phone('bob', { transport: 'tls' });
    other.registers();
    secure().calls('sips:bob@home.example');
    other.takes('INVITE');
    expect(bob.untaken).toEqual([]);
  });

  it('is reached along a Path of sips URIs only', () => {
    world.addUser('carol');
    const carol = world.phone('carol');
    carol.registers({ headers: [...THROUGH_A_PROXY, ['Path', '<sip:edge.example;lr>']] });
    expect(secure().calls('sips:carol@home.example').statuses).toEqual([480]);
  });
});

/** What another hop adds. */
const THROUGH_A_PROXY = [['Via', 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK-hop']] as const;

describe('Max-Forwards 0', () => {
  it('ends no REGISTER, which goes no further anyway (RFC 3261 §16.3 step 3)', () => {
    const to = '<sip:bob@home.example>';
    expect(bob.asks('REGISTER', 'sip:home.example', { to, maxForwards: 0 }).status).toBe(200);
  });
});

describe('requests that wait for an answer', () => {
  it('of one stranger are bounded, and leave others their calls', () => {
    world = new World({ users: ['alice', 'bob'], pending: { ofOneStranger: 100 } });
    [alice, bob] = [world.phone('alice'), world.phone('bob')];
    bob.registers();
    const eve = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const statuses = Array.from({ length: 150 }, () => eve.asks('MESSAGE', 'sip:bob@home.example').status);
    expect(statuses.filter((status) => status === 503).length).toBe(50);
    expect(world.provider.transactionCount.servers).toBeLessThan(110);
    const zoe = world.phone('zoe', { domain: 'elsewhere.example', stranger: true });
    for (const caller of [zoe, alice]) {
      const call = caller.calls('sip:bob@home.example');
      bob.takes('INVITE').answers(486);
      expect(call.status).toBe(486);
    }
    world.passes(40_000);
    expect(eve.asks('MESSAGE', 'sip:bob@home.example').status).toBeUndefined();
  });
});

describe('within a dialog', () => {
  it('a stranger who has a token does not speak for a user of ours', () => {
    const eve = world.phone('eve', { domain: 'elsewhere.example', stranger: true });
    const call = eve.calls('sip:bob@home.example');
    bob.takes('INVITE').answers(180);
    const message = eve.asks('MESSAGE', bob.contact, {
      routes: call.last.texts(RecordRoute).reverse(),
      callId: call.request.text('Call-ID')!,
      to: '<sip:bob@home.example>;tag=made-up',
      from: '<sip:alice@home.example>;tag=e',
    });
    expect(message.statuses).toEqual([407]);
    expect(bob.untaken).toEqual([]);
  });

  it('a phone that has another address by now is asked, and then hangs up', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    const moved = world.phone('alice');
    expect(moved.send(call.within('BYE')).statuses).toEqual([407]);
    const credentials = moved.writes('BYE', bob.contact).text('Proxy-Authorization')!;
    const bye = moved.send(call.within('BYE', { credentials, cseq: 9 }));
    bob.takes('BYE').answers(200);
    expect(bye.status).toBe(200);
  });
});

describe('what ends while something is under way', () => {
  it('a fork whose answer is given tries nothing further', () => {
    const at = (address: string) => ({ type: 'A', name: 'next.example', address, ttlSeconds: 60 }) as const;
    const world = new World({ users: ['alice', 'bob'], dns: [at('203.0.113.8'), at('203.0.113.9')] });
    const alice = world.phone('alice');
    const bob = world.phone('bob');
    bob.registers();
    const edge = world.phone('next', { address: '203.0.113.8', domain: 'next.example', stranger: true });
    const path: [string, string][] = [
      ['Path', '<sip:next.example;lr>'],
      ['Via', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKq'],
    ];
    world.phone('bob').registers({ headers: path });
    const asking = alice.asks('MESSAGE', 'sip:bob@home.example', { body: 'hi' });
    const late = edge.takes('MESSAGE');
    bob.takes('MESSAGE').answers(200);
    expect(() => late.answers(503)).not.toThrow();
    expect(asking.status).toBe(200);
  });

  it('a call is cancelled by its caller and by nobody else', () => {
    const world = new World({ users: ['alice', 'bob', 'eve'] });
    const alice = world.phone('alice');
    const bob = world.phone('bob');
    const eve = world.phone('eve');
    bob.registers();
    const call = alice.calls('sip:bob@home.example');
    bob.takes('INVITE').answers(180);
    eve.put(cancelOf(call.request));
    expect(bob.untaken).toEqual([]);
    call.cancels();
    expect(bob.takes('CANCEL').request.method).toBe('CANCEL');
  });
});
