import { ErrorCode, UnknownAttributes, XorMappedAddress } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import {
  type Add,
  anyAttribute,
  bytes,
  keyOf,
  nextId,
  PEER,
  RELAY,
  RELAY6,
  Stage,
} from '../../scenarios/server-stage.ts';
import { AddressErrorCode } from '../attributes/address-error-code.ts';
import { XorRelayedAddress } from '../attributes/addresses.ts';
import { ALLOCATE, REFRESH } from '../attributes/methods.ts';
import {
  AdditionalAddressFamily,
  DontFragment,
  EvenPort,
  IPV4,
  IPV6,
  Lifetime,
  RequestedAddressFamily,
  RequestedTransport,
  ReservationToken,
  TCP,
  UDP,
} from '../attributes/numbers.ts';

const udp: Add = (writer) => writer.add(RequestedTransport, UDP);
const also =
  (add: Add): Add =>
  (writer) => {
    udp(writer);
    add(writer);
  };
const TOKEN = new Uint8Array(8);

describe('what an Allocate request may not say (RFC 8656 §7.2)', () => {
  const rows: readonly (readonly [string, number, Add])[] = [
    ['no REQUESTED-TRANSPORT', 400, () => undefined],
    ['a REQUESTED-TRANSPORT of a wrong length', 400, (w) => w.addBytes(0x0019, bytes(17))],
    ['another protocol than UDP', 442, (w) => w.add(RequestedTransport, 1)],
    ['TCP to a client over UDP (RFC 6062 §5.1)', 400, (w) => w.add(RequestedTransport, TCP)],
    ['DONT-FRAGMENT, which cannot be had', 420, also((w) => w.add(DontFragment, true))],
    ['an unknown attribute that must be understood', 420, also((w) => w.add(anyAttribute(0x7abc), bytes()))],
    ['a malformed LIFETIME', 400, also((w) => w.addBytes(0x000d, bytes(1)))],
    ['a malformed EVEN-PORT', 400, also((w) => w.addBytes(0x0018, bytes(1, 2)))],
    ['a family that nobody knows', 440, also((w) => w.add(RequestedAddressFamily, 3))],
    [
      'both kinds of family',
      400,
      also((w) => w.add(RequestedAddressFamily, IPV4).add(AdditionalAddressFamily, IPV6)),
    ],
    ['IPv4 as the additional family', 400, also((w) => w.add(AdditionalAddressFamily, IPV4))],
    ['two families and a pair', 400, also((w) => w.add(AdditionalAddressFamily, IPV6).add(EvenPort, true))],
    [
      'a token and a family',
      400,
      also((w) => w.add(ReservationToken, TOKEN).add(RequestedAddressFamily, IPV4)),
    ],
    ['a token and EVEN-PORT', 400, also((w) => w.add(ReservationToken, TOKEN).add(EvenPort, false))],
    [
      'a token and a second family',
      400,
      also((w) => w.add(ReservationToken, TOKEN).add(AdditionalAddressFamily, IPV6)),
    ],
    ['a token that nobody has', 508, also((w) => w.add(ReservationToken, TOKEN))],
  ];

  test.each(rows)('%s: %i', (_, code, add) => {
    const stage = new Stage();
    const client = stage.client(1);
    expect(client.code(ALLOCATE, add)).toBe(code);
    expect(stage.server.size).toBe(0);
    expect(stage.relays.asked).toEqual([]);
    expect(stage.events).toEqual([
      expect.objectContaining({ kind: 'refused', code, method: ALLOCATE, user: 'alice' }),
    ]);
    expect(client.code(ALLOCATE, udp)).toBe(0);
  });

  test('420 names what was not known, and nothing else', () => {
    const answer = new Stage().client(1).ask(
      ALLOCATE,
      also((w) => w.add(DontFragment, true).add(anyAttribute(0x7abc), bytes())),
    );
    expect(answer?.get(UnknownAttributes)).toEqual([0x001a, 0x7abc]);
  });

  test('a family that the server has no address of: 440', () => {
    const stage = new Stage({ relayAddresses: [{ address: RELAY }] });
    const code = stage.client(1).code(
      ALLOCATE,
      also((w) => w.add(RequestedAddressFamily, IPV6)),
    );
    expect(code).toBe(440);
    const none = new Stage({ relayAddresses: [{ address: RELAY6 }] });
    expect(none.client(1).code(ALLOCATE, udp)).toBe(440);
  });
});

describe('a 5-tuple that has an allocation', () => {
  test('the same request again gets the same answer, another 437, another user 437', () => {
    const stage = new Stage();
    const client = stage.client(1);
    const id = nextId();
    const first = client.ask(ALLOCATE, udp, id)!;
    stage.advance(700);
    const second = client.ask(ALLOCATE, udp, id)!;
    expect(second.bytes).toEqual(first.bytes);
    expect(client.code(ALLOCATE, udp)).toBe(437);
    const bob = stage.client(1, { username: 'bob' });
    expect(bob.code(ALLOCATE, udp, id)).toBe(437);
    expect(stage.server.size).toBe(1);
    expect(stage.relays.open.size).toBe(1);
  });

  test('the same request while its port is still being opened: silence, and one answer', () => {
    const stage = new Stage();
    const client = stage.client(1).greet();
    const request = client.sign(client.write(ALLOCATE, udp));
    stage.server.received(client.path, request.slice());
    stage.server.received(client.path, request.slice());
    expect(client.inbox).toEqual([]);
    stage.relays.settle();
    expect(client.inbox.length).toBe(1);
    expect(stage.relays.open.size).toBe(1);
  });

  test('until it has opened there is nothing to refresh: 437', () => {
    const stage = new Stage();
    const client = stage.client(1).greet();
    stage.server.received(client.path, client.sign(client.write(ALLOCATE, udp)));
    stage.server.received(client.path, client.sign(client.write(REFRESH)));
    expect(client.answer().get(ErrorCode)?.code).toBe(437);
  });

  test('the same client at another of our ports, and its other port, are others', () => {
    const stage = new Stage();
    stage.client(1).allocate();
    const other = stage.client(1);
    (other.path as { local: unknown }).local = { address: RELAY, port: 3_479 };
    other.allocate();
    stage.client(2).allocate();
    expect(stage.server.size).toBe(3);
  });
});

describe('ports', () => {
  test('any of the range, at random; one that is taken is tried again with another', () => {
    const stage = new Stage({ relayPorts: { first: 50_000, last: 50_003 } });
    stage.relays.taken.add(50_001).add(50_002).add(50_003);
    expect(stage.client(1).allocate()).toEqual({ address: RELAY, port: 50_000 });
    expect(stage.relays.asked.every((port) => port >= 50_000 && port <= 50_003)).toBe(true);
    expect(stage.client(2).code(ALLOCATE, udp)).toBe(508);
    expect(stage.server.size).toBe(1);
  });

  test('an even port', () => {
    const stage = new Stage();
    for (let port = 1; port <= 10; port++) {
      expect(stage.client(port).allocate((w) => w.add(EvenPort, false)).port % 2).toBe(0);
    }
    expect(stage.server.size).toBe(10);
  });

  test('a pair: the next port is kept for its user, for 30 seconds, once', () => {
    const stage = new Stage();
    const answer = stage.client(1).ask(
      ALLOCATE,
      also((w) => w.add(EvenPort, true)),
    )!;
    const first = answer.get(XorRelayedAddress)!;
    const token = answer.get(ReservationToken)!;
    expect([first.port % 2, token.length]).toEqual([0, 8]);
    expect([...stage.relays.open.keys()]).toEqual([`${RELAY} ${first.port}`, `${RELAY} ${first.port + 1}`]);
    expect(stage.server.size).toBe(2);
    const wish: Add = also((w) => w.add(ReservationToken, token));
    expect(stage.client(2, { username: 'bob' }).code(ALLOCATE, wish)).toBe(508);
    stage.advance(29_000);
    const second = stage.client(3).ask(ALLOCATE, wish)!;
    expect(second.get(XorRelayedAddress)).toEqual({ address: RELAY, port: first.port + 1 });
    expect(second.get(ReservationToken)).toBeUndefined();
    expect(stage.client(4).code(ALLOCATE, wish)).toBe(508);
    expect(stage.server.size).toBe(2);
    stage.advance(2_000);
    expect(stage.relays.open.size).toBe(2);
  });

  test('what was kept is closed where its user may have no more at the address that asks for it', () => {
    const stage = new Stage({ limits: { allocationsPerAddress: 2 } });
    const token = stage
      .client(1)
      .ask(
        ALLOCATE,
        also((w) => w.add(EvenPort, true)),
      )!
      .get(ReservationToken)!;
    const elsewhere = { address: '9.9.9.8' };
    for (const port of [1, 2]) stage.client(port, { ...elsewhere, username: 'bob' }).allocate();
    const code = stage.client(3, elsewhere).code(
      ALLOCATE,
      also((w) => w.add(ReservationToken, token)),
    );
    expect([code, stage.relays.open.size, stage.server.size]).toEqual([486, 3, 3]);
  });

  test('what was kept and not taken is closed after 30 seconds; both of a pair must be free', () => {
    const stage = new Stage({ relayPorts: { first: 50_000, last: 50_003 } });
    stage.relays.taken.add(50_001);
    const pair: Add = also((w) => w.add(EvenPort, true));
    expect(stage.client(1).ask(ALLOCATE, pair)?.get(XorRelayedAddress)?.port).toBe(50_002);
    expect(stage.relays.open.size).toBe(2);
    stage.advance(30_000);
    expect([...stage.relays.open.keys()]).toEqual([`${RELAY} 50002`]);
    expect(stage.server.size).toBe(1);
    expect(stage.client(2).code(ALLOCATE, pair)).toBe(508);
    expect(stage.relays.open.size).toBe(1);
    expect(stage.server.size).toBe(1);
  });

  test('no pair where there is but one port', () => {
    const stage = new Stage({ relayPorts: { first: 50_000, last: 50_000 } });
    const code = stage.client(1).code(
      ALLOCATE,
      also((w) => w.add(EvenPort, true)),
    );
    expect([code, stage.relays.asked]).toEqual([508, []]);
  });

  test('what is advertised is told, what is there is bound', () => {
    const stage = new Stage({ relayAddresses: [{ address: '10.0.0.5', advertised: RELAY }] });
    const relayed = stage.client(1).allocate();
    expect(relayed.address).toBe(RELAY);
    expect([...stage.relays.open.keys()]).toEqual([`10.0.0.5 ${relayed.port}`]);
  });

  test('of several addresses the one that the client has reached', () => {
    const stage = new Stage({ relayAddresses: [{ address: '5.5.5.1' }, { address: RELAY }] });
    expect(stage.client(1).allocate().address).toBe(RELAY);
  });
});

describe('two families', () => {
  test('IPv6 alone, or besides IPv4', () => {
    const stage = new Stage();
    expect(stage.client(1).allocate((w) => w.add(RequestedAddressFamily, IPV6)).address).toBe(RELAY6);
    const both = stage.client(2).ask(
      ALLOCATE,
      also((w) => w.add(AdditionalAddressFamily, IPV6)),
    )!;
    const relayed = both.all(XorRelayedAddress) as { address: string }[];
    expect(relayed.map(({ address }) => address)).toEqual([RELAY, RELAY6]);
    expect(both.get(AddressErrorCode)).toBeUndefined();
    expect(stage.server.size).toBe(2);
  });

  test('one that cannot be had has its ADDRESS-ERROR-CODE', () => {
    const stage = new Stage({ relayAddresses: [{ address: RELAY }] });
    const answer = stage.client(1).ask(
      ALLOCATE,
      also((w) => w.add(AdditionalAddressFamily, IPV6)),
    )!;
    expect(answer.all(XorRelayedAddress).length).toBe(1);
    expect(answer.get(AddressErrorCode)).toEqual({ family: IPV6, code: 440, reason: '' });
  });

  test('each lives and ends by itself, and the allocation with the last', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate((w) => w.add(AdditionalAddressFamily, IPV6));
    const only =
      (family: number, lifetime: number): Add =>
      (w) =>
        w.add(RequestedAddressFamily, family).add(Lifetime, lifetime);
    expect(client.code(REFRESH, only(IPV4, 1_000))).toBe(0);
    stage.advance(600_000);
    expect([...stage.relays.open.keys()].every((key) => key.startsWith(RELAY))).toBe(true);
    expect(client.code(REFRESH, only(IPV6, 1_000))).toBe(443);
    expect(client.permit({ address: '2a00::1', port: 1 })).toBe(443);
    expect(client.permit(PEER)).toBe(0);
    expect(client.code(REFRESH, only(IPV4, 0))).toBe(0);
    expect(stage.server.size).toBe(0);
    expect(client.code(REFRESH, only(IPV4, 1_000))).toBe(437);
  });
});

describe('lifetimes (RFC 8656 §7.2, §8.2)', () => {
  test.each([
    [undefined, 600],
    [0, 600],
    [30, 600],
    [700, 700],
    [0xffff_ffff, 3_600],
  ])('LIFETIME %s becomes %i seconds, and so much it lives', (asked, given) => {
    const stage = new Stage();
    const client = stage.client(1);
    const answer = client.ask(
      ALLOCATE,
      also((w) => (asked === undefined ? undefined : w.add(Lifetime, asked))),
    )!;
    expect(answer.get(Lifetime)).toBe(given);
    stage.advance(given * 1_000 - 1);
    expect(stage.server.size).toBe(1);
    stage.advance(1);
    expect([stage.server.size, stage.relays.open.size]).toEqual([0, 0]);
    expect(stage.events.at(-1)).toMatchObject({
      kind: 'allocation ended',
      why: 'expired',
      livedMs: given * 1_000,
    });
  });

  test('Refresh: anew from now, of any length that Allocate may have; 437 where there is none', () => {
    const stage = new Stage();
    const client = stage.client(1);
    expect(client.code(REFRESH)).toBe(437);
    client.allocate();
    stage.advance(599_000);
    expect(client.ask(REFRESH)?.get(Lifetime)).toBe(600);
    stage.advance(599_000);
    expect(client.ask(REFRESH, (w) => w.add(Lifetime, 9_999))?.get(Lifetime)).toBe(3_600);
    expect(client.code(REFRESH, (w) => w.addBytes(0x000d, bytes(1)))).toBe(400);
    expect(client.code(REFRESH, (w) => w.addBytes(0x0017, bytes(1)))).toBe(400);
    stage.advance(3_599_000);
    expect(stage.server.size).toBe(1);
    stage.advance(1_000);
    expect(stage.server.size).toBe(0);
  });

  test("another user's allocation: 441", () => {
    const stage = new Stage();
    stage.client(1).allocate();
    expect(stage.client(1, { username: 'bob' }).code(REFRESH, (w) => w.add(Lifetime, 0))).toBe(441);
    expect(stage.server.size).toBe(1);
  });
});

describe('how many', () => {
  test('of a user, from an address: 486; in all: 508', () => {
    const limits = { allocationsPerUser: 2, allocationsPerAddress: 3, allocations: 4 };
    const stage = new Stage({ limits });
    for (const port of [1, 2]) stage.client(port).allocate();
    expect(stage.client(3).code(ALLOCATE, udp)).toBe(486);
    stage.client(4, { username: 'bob' }).allocate();
    expect(stage.client(5, { username: 'bob' }).code(ALLOCATE, udp)).toBe(486);
    stage.client(5, { username: 'bob', address: '9.9.9.8' }).allocate();
    stage.users.set('carol', { name: 'carol', keys: { MD5: keyOf('carol') } });
    const carol = stage.client(6, { username: 'carol', address: '9.9.9.7' });
    expect(carol.code(ALLOCATE, udp)).toBe(508);
    stage.server.forget('alice');
    expect(carol.code(ALLOCATE, udp)).toBe(0);
  });

  test('a whole IPv6 network of 64 bits counts as one address', () => {
    const stage = new Stage({ limits: { allocationsPerAddress: 1 } });
    stage.client(1, { address: '2a00:1:2:3::1' }).allocate();
    expect(stage.client(1, { address: '2a00:1:2:3::2' }).code(ALLOCATE, udp)).toBe(486);
    stage.client(1, { address: '2a00:1:2:4::2' }).allocate();
  });

  test('a pair counts twice, and what fails counts nothing', () => {
    const stage = new Stage({ limits: { allocationsPerUser: 2 } });
    stage.client(1).allocate();
    const pair: Add = also((w) => w.add(EvenPort, true));
    expect(stage.client(2).code(ALLOCATE, pair)).toBe(486);
    stage.relays.refuseAll = true;
    expect(stage.client(2).code(ALLOCATE, udp)).toBe(508);
    stage.relays.refuseAll = false;
    expect(stage.client(2).code(ALLOCATE, udp)).toBe(0);
    expect(stage.server.size).toBe(2);
  });
});

describe('accounts', () => {
  test('forgotten: allocations, ports that are kept and those being opened end at once', () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.allocate((w) => w.add(EvenPort, true));
    stage.client(3, { username: 'bob' }).allocate();
    const opening = stage.client(2).greet();
    const pair = stage.client(4).greet();
    stage.server.received(opening.path, opening.sign(opening.write(ALLOCATE, udp)));
    stage.server.received(
      pair.path,
      pair.sign(
        pair.write(
          ALLOCATE,
          also((w) => w.add(EvenPort, true)),
        ),
      ),
    );
    stage.server.forget('alice');
    stage.relays.settle();
    expect([stage.server.size, stage.relays.open.size]).toEqual([1, 1]);
    expect(opening.inbox).toEqual([]);
    expect(stage.events.at(-1)).toMatchObject({ kind: 'allocation ended', user: 'alice', why: 'forgotten' });
    expect(client.code(REFRESH)).toBe(437);
  });

  test('a credential that has ended gives nothing new; what it was given goes on', () => {
    const stage = new Stage();
    const expiresAt = (1_800_000_000_000 + 300_000) as never;
    stage.users.set('alice', { name: 'alice', keys: { MD5: keyOf('alice') }, expiresAt });
    const client = stage.client(1);
    client.allocate();
    stage.advance(300_000);
    expect(stage.client(2).code(ALLOCATE, udp)).toBe(401);
    expect(client.code(REFRESH)).toBe(0);
  });

  test('wrong passwords and unknown users are told alike: 401', () => {
    const stage = new Stage();
    const wrong = stage.client(1);
    wrong.key = keyOf('eve');
    const nobody = stage.client(2, { username: 'nobody' });
    const answers = [wrong, nobody].map((client) => client.ask(ALLOCATE, udp)!);
    expect(answers.map((answer) => answer.get(ErrorCode)?.code)).toEqual([401, 401]);
    expect(answers[0]!.bytes.length).toBe(answers[1]!.bytes.length);
    expect(answers[0]!.has(XorMappedAddress)).toBe(false);
    expect(stage.server.size).toBe(0);
    expect(stage.events.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
  });

  test('a nonce that has grown old: 438 with a new one, and nobody is told of it', () => {
    const stage = new Stage();
    const client = stage.client(1).greet();
    stage.advance(3_602_000);
    const stale = client.ask(ALLOCATE, udp)!;
    expect(stale.get(ErrorCode)?.code).toBe(438);
    client.nonce = '';
    client.allocate();
    expect(stage.events.map(({ kind }) => kind)).toEqual(['allocation created']);
  });

  test("another client's nonce is no good", () => {
    const stage = new Stage();
    const client = stage.client(1);
    client.nonce = stage.client(2).greet().nonce;
    expect(client.code(ALLOCATE, udp)).toBe(438);
    expect(stage.server.size).toBe(0);
  });
});
