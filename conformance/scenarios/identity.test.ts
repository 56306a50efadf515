import { ProxyAuthorization } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

const TRUSTED = '203.0.113.99';

let world: World;
let alice: Phone;
let bob: Phone;

beforeEach(() => {
  world = new World({ users: ['alice', 'bob'], trusts: (address) => address === TRUSTED });
  alice = world.phone('alice');
  bob = world.phone('bob');
  bob.registers();
});

describe('challenges', () => {
  it('cost no memory, and the ACK that they bring is absorbed', () => {
    world.passes(33_000);
    const call = alice.calls('bob', { credentials: undefined });
    expect(call.statuses).toEqual([407]);
    expect(world.provider.transactionCount).toEqual({ servers: 0, clients: 0 });
    expect(bob.untaken).toEqual([]);
    expect(world.reasons).toEqual(['no credentials']);
  });

  it('answer a retransmission as before, with the same tag', () => {
    const call = alice.calls('bob', { credentials: undefined });
    call.again();
    expect(call.statuses).toEqual([407, 407]);
    expect(call.responses[0]!.head).toBe(call.responses[1]!.head);
  });

  it('are 401 for what the server answers itself', () => {
    const registration = alice.asks('REGISTER', 'sip:home.example', {
      to: '<sip:alice@home.example>',
      credentials: undefined,
    });
    expect(registration.statuses).toEqual([401]);
  });

  it('are never sent for CANCEL or ACK', () => {
    expect(alice.asks('CANCEL', 'sip:bob@home.example', { credentials: undefined }).statuses).toEqual([481]);
    expect(alice.asks('ACK', 'sip:bob@home.example', { credentials: undefined }).statuses).toEqual([]);
  });

  it('are asked of everyone who says to be one of us, from wherever', () => {
    const eve = world.phone('alice', { stranger: true, address: '203.0.113.66' });
    expect(eve.calls('bob').statuses).toEqual([407]);
    expect(eve.asks('MESSAGE', 'sip:bob@home.example').statuses).toEqual([407]);
  });
});

describe('credentials', () => {
  it('for us stay here, those for others go on', () => {
    alice.calls('bob', {
      headers: [
        ['Proxy-Authorization', 'Digest username="a", realm="other.example", response="r"'],
        ['Authorization', 'Digest username="a", realm="phone.example", response="r"'],
      ],
    });
    const { head } = bob.takes('INVITE').request;
    expect(head).not.toContain('realm="home.example"');
    expect(head).toContain('realm="other.example"');
    expect(head).toContain('realm="phone.example"');
  });

  it('for us stay here in the ACK, too', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    const shown = call.request.texts(ProxyAuthorization);
    expect(shown).toHaveLength(1);
    alice.put(call.within('ACK', { headers: [['Proxy-Authorization', shown[0] ?? '']] }));
    expect(bob.takes('ACK').request.head).not.toContain('realm=');
  });

  it.each([401, 407])('for us are asked for by nobody else: a %i of who is called', (status) => {
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const ours = ['Digest realm="home.example", nonce="x"', 'Digest nonce="x", realm="ho\\me.example"'];
    const theirs = 'Digest realm="phone.example", nonce="y"';
    const one = alice.calls('bob');
    bob.takes('INVITE').answers(status, { headers: ours.map((value) => [name, value]) });
    expect(one.statuses.at(-1)).toBe(403);
    const other = alice.calls('bob');
    bob.takes('INVITE').answers(status, { headers: [...ours, theirs].map((value) => [name, value]) });
    expect(other.responses.at(-1)?.head).toContain(theirs);
    expect(other.responses.at(-1)?.head).not.toContain('nonce="x"');
  });

  it('of a registration do not let another address be registered', () => {
    const asking = alice.asks('REGISTER', 'sip:home.example', { to: '<sip:bob@home.example>' });
    expect(asking.statuses).toEqual([403]);
  });
});

const IDENTITIES = ['P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID'] as const;
const asserting = IDENTITIES.map((name) => [name, '<sip:boss@home.example>'] as const);
/** Which of them a message still says. */
const identitiesIn = ({ head }: { readonly head: string }) =>
  IDENTITIES.filter((name) => head.toLowerCase().includes(`\r\n${name.toLowerCase()}:`));

describe('identities (RFC 3325)', () => {
  const stranger = (address: string) =>
    world.phone('gate', { address, domain: 'gate.example', stranger: true });

  it('asserted by anyone are taken off, however their names are written', () => {
    alice.calls('bob', {
      headers: [...asserting, ['REMOTE-PARTY-ID', '<sip:boss@home.example>;party=calling']],
    });
    expect(identitiesIn(bob.takes('INVITE').request)).toEqual([]);
    stranger('203.0.113.66').calls('sip:bob@home.example', { headers: asserting });
    expect(identitiesIn(bob.takes('INVITE').request)).toEqual([]);
  });

  it('of an answer are taken off, too', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(180, { headers: asserting }).answers(200, { headers: asserting });
    expect(call.responses.map(identitiesIn)).toEqual([[], []]);
  });

  it('of a request within a dialog are taken off, too', () => {
    const call = alice.calls('bob');
    bob.takes('INVITE').answers(200);
    call.acks();
    bob.takes('ACK');
    call.asks('INFO', { headers: asserting });
    expect(identitiesIn(bob.takes('INFO').request)).toEqual([]);
  });

  describe('of a network that is trusted', () => {
    const called = (headers: readonly (readonly [string, string])[]) => {
      stranger(TRUSTED).calls('sip:bob@home.example', { headers: [...asserting, ...headers] });
      return identitiesIn(bob.takes('INVITE').request);
    };

    it('stay, but for the one that is preferred only', () =>
      expect(called([])).toEqual(['P-Asserted-Identity', 'Remote-Party-ID']));
    it('stay where no privacy is asked for', () =>
      expect(called([['Privacy', 'none']])).toEqual(['P-Asserted-Identity', 'Remote-Party-ID']));
    it.each([
      ['Privacy', 'header; id'],
      ['Remote-Party-ID', '<sip:a@b>;privacy=full'],
    ] as const)('are not told to phones where the caller wants it so: %s: %s', (...wish) =>
      expect(called([wish])).toEqual([]),
    );

    it('stay in its answers', () => {
      const gate = stranger(TRUSTED);
      const call = alice.calls(`sip:gate@${TRUSTED}`);
      gate.takes('INVITE').answers(200, { headers: asserting });
      expect(identitiesIn(call.last)).toEqual(['P-Asserted-Identity', 'Remote-Party-ID']);
    });

    it('are taken off what a user of ours sends from there', () => {
      const carol = world.phone('alice', { address: TRUSTED });
      carol.calls('bob', { headers: asserting });
      expect(identitiesIn(bob.takes('INVITE').request)).toEqual([]);
    });
  });
});
