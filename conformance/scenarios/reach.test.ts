import { buildResponse, type HeaderLines, RecordRoute, type SocketAddress } from '@ringdown/sip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Phone, PhoneOptions } from '../world/phone.ts';
import { World } from '../world/world.ts';

/** The operator's own network is 10/8; he opened one place in it. */
const mayReach = ({ address, port }: SocketAddress): boolean =>
  !address.startsWith('10.') || (address === '10.0.0.80' && port === 5060);

const a = (name: string, address: string) => ({ type: 'A', name, address, ttlSeconds: 60 }) as const;

let world: World;
let alice: Phone;
let victim: Phone;

const inside = (user: string, address: string, options: PhoneOptions = {}) =>
  world.phone(user, {
    address,
    domain: 'inside.example',
    listens: ['udp', 'tcp'],
    stranger: true,
    ...options,
  });

beforeEach(() => {
  const dns = [
    a('inside.example', '10.0.0.9'),
    a('both.example', '10.0.0.9'),
    a('both.example', '203.0.113.7'),
    a('opened.example', '10.0.0.80'),
  ];
  world = new World({ users: ['alice', 'bob'], dns, mayReach });
  alice = world.phone('alice');
  victim = inside('victim', '10.0.0.9');
});

describe('a user who would send into the network of the operator', () => {
  const refused = (uri: string, routes: readonly string[] = []) => {
    const call = alice.calls(uri, { routes });
    expect(call.status).toBe(403);
    expect(call.last.reason).toBe('Destination Not Public');
    const told = world.events.at(-1);
    expect(told?.kind === 'relayed' && told.outcome.why).toContain('10.0.0.9:5060 is in no public network');
  };

  it('by an address in the Request-URI is refused', () => refused('sip:x@10.0.0.9'));
  it('by a name is refused', () => refused('sip:x@inside.example'));
  it('by maddr is refused', () => refused('sip:x@away.example;maddr=10.0.0.9'));
  it('over TCP is refused', () => refused('sip:x@10.0.0.9;transport=tcp'));
  it('by a Route is refused', () => refused('sip:x@away.example', ['<sip:10.0.0.9;lr>']));
  it('by a Route behind ours is refused', () =>
    refused('sip:x@away.example', ['<sip:192.0.2.1;lr>', '<sip:inside.example;lr>']));
  it('by the Path of a binding is refused', () => {
    const bob = world.phone('bob');
    const hop = 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK-hop';
    bob.registers({
      headers: [
        ['Path', '<sip:10.0.0.9;lr>'],
        ['Via', hop],
      ],
    });
    refused('sip:bob@home.example');
  });

  it('reaches what is public of a name that is both', () => {
    const away = world.phone('away', { address: '203.0.113.7', stranger: true });
    alice.calls('sip:x@both.example');
    away.takes('INVITE');
  });

  it('reaches what the operator opened', () => {
    const opened = inside('x', '10.0.0.80');
    alice.calls('sip:x@opened.example');
    opened.takes('INVITE');
  });

  it('within a dialog is refused, too', () => {
    const away = world.phone('away', { address: '203.0.113.7', stranger: true });
    const call = alice.calls('sip:x@203.0.113.7');
    const { request } = away.takes('INVITE');
    const headers: HeaderLines = [['Contact', '<sip:x@10.0.0.9>']];
    away.asked[0]!.says(buildResponse(request, 200, { toTag: 'x', recordRoute: true, headers }));
    call.acks();
    expect(call.asks('BYE').status).toBe(403);
  });

  afterEach(() => expect(victim.asked).toEqual([]));
});

describe('what is inside', () => {
  it('is called back within the dialog that it began from there', () => {
    const bob = world.phone('bob');
    bob.registers();
    const call = victim.calls('sip:bob@home.example');
    const asked = bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    expect(asked.request.texts(RecordRoute)).not.toEqual([]);
    asked.asks('BYE');
    victim.takes('BYE');
  });

  it.each(['udp', 'tcp'] as const)(
    'is reached by its Contact where it is registered, over %s',
    (transport) => {
      const bob = world.phone('bob', { address: '10.0.0.20', transport, listens: [transport] });
      bob.registers();
      const call = alice.calls(bob.contact);
      bob.takes('INVITE').answers(200);
      call.acks();
      bob.takes('ACK');
      expect(alice.calls('sip:bob@10.0.0.20:5070').status).toBe(403);
      expect(alice.calls('sip:carol@10.0.0.20').status).toBe(403);
    },
  );

  it('is gone through where a phone registered through it', () => {
    const edge = inside('edge', '10.0.0.30');
    const phone = world.phone('bob', { address: '10.0.0.30' });
    const hop = ['Via', 'SIP/2.0/UDP 10.0.0.31;branch=z9hG4bK-hop'] as const;
    phone.registers({ contact: '<sip:bob@10.0.0.31>', headers: [hop, ['Path', '<sip:10.0.0.30;lr>']] });
    world.network.addPeer(edge);
    alice.calls('bob');
    expect(edge.takes('INVITE').request.uri).toBe('sip:bob@10.0.0.31');
    phone.registers({ contact: '<sip:bob@10.0.0.31>', headers: [hop, ['Path', '<sip:10.0.0.30:5080;lr>']] });
    expect(alice.calls('bob').status).toBe(403);
  });

  it('is not reached by a Contact that names somebody else', () => {
    world.phone('bob').registers({ contact: '<sip:bob@10.0.0.9>' });
    expect(alice.calls('sip:bob@10.0.0.9').status).toBe(403);
    expect(victim.asked).toEqual([]);
  });
});
