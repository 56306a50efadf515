import { Contact, CSeq, Event, parseUri, SubscriptionState, To, tagOf } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import {
  flowOf,
  headersOf,
  PresenceWorld,
  responseOf,
  type SentNotify,
} from '../../scenarios/presence-world.ts';
import { PIDF } from './pidf.ts';

const open = `<presence xmlns="${PIDF}" entity="sip:a@b"><tuple id="1"><status><basic>open</basic></status></tuple></presence>`;
const closed = open.replace('open', 'closed');

const statusOf = (verdict: ReturnType<PresenceWorld['subscribe']>): number => responseOf(verdict).status;
const basicOf = ({ body }: SentNotify): string | undefined => /<basic>(\w+)</.exec(body)?.[1];
const stateOf = ({ request }: SentNotify): string => {
  const state = request.get(SubscriptionState);
  return `${state?.value}${state?.parameters.text}`;
};

/** `alice` watches `bob`: the tag of the dialog that made. */
const watching = (world: PresenceWorld, lines: readonly string[] = []): string => {
  const tag = responseOf(world.subscribe('alice', 'bob', lines)).dialogTag ?? '';
  world.advance(20);
  world.taken();
  return tag;
};

describe('SUBSCRIBE (RFC 6665 §4.2)', () => {
  it('is answered with a dialog, and NOTIFY follows at once within it', () => {
    const world = new PresenceWorld();
    const verdict = world.subscribe('alice', 'bob', [
      'Expires: 600',
      'Record-Route: <sip:edge.example;lr>',
      'Event: presence;id=7',
    ]);
    expect(responseOf(verdict)).toMatchObject({
      status: 200,
      dialogTag: expect.stringMatching(/^[a-z0-9]{12}$/),
    });
    expect(headersOf(verdict)).toEqual({ Expires: '600', Contact: '<sip:203.0.113.1:5060;transport=udp>' });
    expect(world.sent).toEqual([]); // not before the answer is on its way
    world.advance(20);
    const [notify, ...more] = world.taken();
    expect(more).toEqual([]);
    const { request, flow } = notify!;
    expect(request.uri).toBe('sip:alice@10.1.1.1:5062');
    expect(request.head).toMatch(/\r\nRoute: <sip:edge.example;lr>\r\n/);
    expect(request.head).toMatch(/\r\nFrom: <sip:bob@radio.example>;tag=[a-z0-9]{12}\r\n/);
    expect(request.head).toMatch(/\r\nTo: <sip:alice@radio.example>;tag=w\r\n/);
    expect(request.head).toMatch(/\r\nCall-ID: watch-alice-bob\r\n/);
    expect(request.head).toMatch(/\r\nContact: <sip:203.0.113.1:5060;transport=udp>\r\n/);
    expect(request.head).toMatch(/\r\nContent-Type: application\/pidf\+xml\r\n/);
    expect(request.head).not.toMatch(/Via:/);
    expect(request.get(Event)).toMatchObject({ value: 'presence', parameters: { text: ';id=7' } });
    expect(stateOf(notify!)).toBe('active;expires=600');
    expect(basicOf(notify!)).toBe('closed');
    expect(flow).toBe('udp 10.0.0.1 5060 198.51.100.7 5370');
  });

  it('tells of each change, in order', () => {
    const world = new PresenceWorld();
    watching(world, ['Expires: 600']);
    const tag = headersOf(world.publish('bob', open))['SIP-ETag'];
    world.advance(1_000);
    const next = headersOf(world.publish('bob', closed, [`SIP-If-Match: ${tag}`, 'Expires: 100']))[
      'SIP-ETag'
    ];
    world.advance(1_000);
    world.publish('bob', closed, [`SIP-If-Match: ${next}`, 'Expires: 100']); // the same again is no change
    world.advance(99_000);
    const sent = world.taken();
    expect(sent.map(basicOf)).toEqual(['open', 'closed']);
    expect(sent.map(({ request }) => request.get(CSeq)?.sequence)).toEqual([2, 3]);
    expect(stateOf(sent[1]!)).toBe('active;expires=599');
  });

  it('has one NOTIFY under way at a time, and the next says what is known then', () => {
    const world = new PresenceWorld();
    world.answers = false;
    world.subscribe('alice', 'bob');
    world.advance(20);
    const [first] = world.taken();
    let tag = headersOf(world.publish('bob', open))['SIP-ETag'];
    tag = headersOf(world.publish('bob', closed, [`SIP-If-Match: ${tag}`]))['SIP-ETag'];
    world.publish('bob', open.replace('id="1"', 'id="last"'), [`SIP-If-Match: ${tag}`]);
    world.advance(20_000);
    expect(world.taken()).toEqual([]);
    first?.answer(200);
    world.advance(20);
    const [second, ...more] = world.taken();
    expect(more).toEqual([]);
    expect(second?.body).toContain('id="last"');
    second?.answer(200);
    world.advance(20_000);
    expect(world.taken()).toEqual([]);
  });

  it('sends changes at a bounded rate, and the last one always', () => {
    const world = new PresenceWorld({ notifyIntervalMs: 5_000, notifyBurst: 3 });
    watching(world);
    for (let change = 1; change <= 40; change++) {
      if (change % 2 === 1) world.registered.add('bob@radio.example');
      else world.registered.delete('bob@radio.example');
      world.presence.registrationChanged('bob@radio.example');
      world.advance(500);
    }
    // 20 s: two of the burst are left after the first NOTIFY, then one in 5 s.
    const sent = world.taken().length;
    expect(sent).toBeGreaterThanOrEqual(5);
    expect(sent).toBeLessThanOrEqual(6);
    world.registered.add('bob@radio.example');
    world.presence.registrationChanged('bob@radio.example');
    world.advance(5_010);
    expect(basicOf(world.taken().at(-1)!)).toBe('open');
  });

  it('is refreshed within the dialog: over its new flow, to its new Contact, with NOTIFY at once', () => {
    const world = new PresenceWorld();
    const toTag = watching(world, ['Expires: 60']);
    world.advance(50_000);
    const flow = flowOf('tcp', 40_000);
    const verdict = world.subscribe('alice', 'bob', ['Expires: 60', 'Contact: <sip:alice@10.2.2.2>'], {
      toTag,
      uri: 'sip:203.0.113.1:5060;transport=udp',
      flow,
    });
    expect(headersOf(verdict)).toEqual({ Expires: '60', Contact: '<sip:203.0.113.1:5060;transport=tcp>' });
    world.advance(59_000);
    const [notify, ...more] = world.taken();
    expect(more).toEqual([]);
    expect(notify?.request.uri).toBe('sip:alice@10.2.2.2');
    expect(notify?.flow).toBe('tcp 10.0.0.1 5060 198.51.100.7 40000');
    expect(stateOf(notify!)).toBe('active;expires=60');
    expect(world.presence.counts.subscriptions).toBe(1);
  });

  it('ends with Expires 0 and a last NOTIFY', () => {
    const world = new PresenceWorld();
    const toTag = watching(world);
    world.publish('bob', open);
    world.advance(20);
    world.taken();
    const verdict = world.subscribe('alice', 'bob', ['Expires: 0'], { toTag, uri: 'sip:203.0.113.1:5060' });
    expect(headersOf(verdict)).toMatchObject({ Expires: '0' });
    world.advance(20);
    const [last] = world.taken();
    expect(stateOf(last!)).toBe('terminated;reason=timeout');
    expect(basicOf(last!)).toBe('open');
    expect(world.presence.counts.subscriptions).toBe(0);
    world.publish('bob', closed);
    world.advance(20_000);
    expect(world.taken()).toEqual([]);
    expect(statusOf(world.subscribe('alice', 'bob', [], { toTag, uri: 'sip:203.0.113.1:5060' }))).toBe(481);
  });

  it('asks once with Expires 0 and no dialog', () => {
    const world = new PresenceWorld();
    world.registered.add('bob@radio.example');
    expect(headersOf(world.subscribe('alice', 'bob', ['Expires: 0']))).toMatchObject({ Expires: '0' });
    world.advance(20);
    const [only] = world.taken();
    expect([stateOf(only!), basicOf(only!)]).toEqual(['terminated;reason=timeout', 'open']);
    expect(world.presence.counts.subscriptions).toBe(0);
    expect(world.wheel.size).toBe(0);
  });

  it('times out with a NOTIFY that says so', () => {
    const world = new PresenceWorld();
    watching(world, ['Expires: 60']);
    world.advance(59_900);
    expect(world.taken()).toEqual([]);
    world.advance(200);
    expect(world.taken().map(stateOf)).toEqual(['terminated;reason=timeout']);
    expect(world.presence.counts.subscriptions).toBe(0);
    expect(world.wheel.size).toBe(0);
  });

  it.each([[481], [404], [489], [408], ['failed' as const]])(
    'ends without a word when NOTIFY gets %s',
    (outcome) => {
      const world = new PresenceWorld();
      world.answers = false;
      const toTag = responseOf(world.subscribe('alice', 'bob')).dialogTag ?? '';
      world.advance(20);
      world.publish('bob', open);
      world.taken()[0]?.answer(outcome);
      world.advance(20_000);
      expect(world.taken()).toEqual([]);
      expect(world.presence.counts.subscriptions).toBe(0);
      expect(world.wheel.size).toBe(1); // the publication's
      expect(statusOf(world.subscribe('alice', 'bob', [], { toTag, uri: 'sip:203.0.113.1:5060' }))).toBe(481);
    },
  );

  it.each([[415], [500], [503]])('lives on when NOTIFY gets %s', (outcome) => {
    const world = new PresenceWorld();
    world.answers = false;
    world.subscribe('alice', 'bob');
    world.advance(20);
    world.taken()[0]?.answer(outcome);
    world.publish('bob', open);
    world.advance(20);
    expect(world.taken().map(basicOf)).toEqual(['open']);
  });

  it('sends its last NOTIFY behind the one that is under way', () => {
    const world = new PresenceWorld();
    world.answers = false;
    const toTag = responseOf(world.subscribe('alice', 'bob')).dialogTag ?? '';
    world.advance(20);
    const [first] = world.taken();
    world.subscribe('alice', 'bob', ['Expires: 0'], { toTag, uri: 'sip:203.0.113.1:5060' });
    world.advance(1_000);
    expect(world.taken()).toEqual([]);
    expect(world.presence.counts.subscriptions).toBe(1);
    first?.answer(200);
    world.advance(20);
    const [last] = world.taken();
    expect(stateOf(last!)).toBe('terminated;reason=timeout');
    last?.answer('failed');
    expect(world.presence.counts.subscriptions).toBe(0);
  });

  it('grants what is asked for within bounds', () => {
    const world = new PresenceWorld({
      minExpiresSeconds: 30,
      maxExpiresSeconds: 300,
      defaultExpiresSeconds: 200,
    });
    const brief = world.subscribe('alice', 'bob', ['Expires: 29']);
    expect([statusOf(brief), headersOf(brief)]).toEqual([423, { 'Min-Expires': '30' }]);
    expect(headersOf(world.subscribe('alice', 'bob', ['Expires: 900']))).toMatchObject({ Expires: '300' });
    expect(headersOf(world.subscribe('alice', 'carol'))).toMatchObject({ Expires: '200' });
  });

  it('takes Accept at its word', () => {
    const world = new PresenceWorld();
    const refused = world.subscribe('alice', 'bob', ['Accept: application/xpidf+xml, text/plain']);
    expect([statusOf(refused), headersOf(refused)]).toEqual([406, { Accept: 'application/pidf+xml' }]);
    expect(
      statusOf(world.subscribe('alice', 'bob', ['Accept: text/plain, Application/pidf+xml;q=0.3'])),
    ).toBe(200);
    expect(statusOf(world.subscribe('alice', 'carol', ['Accept: application/*']))).toBe(200);
    expect(statusOf(world.subscribe('bob', 'carol', ['Accept: multipart/related', 'Accept: */*']))).toBe(200);
  });

  it('refuses what cannot be a subscription, and keeps nothing of it', () => {
    const world = new PresenceWorld();
    expect(statusOf(world.subscribe('alice', 'nobody'))).toBe(404);
    expect(statusOf(world.subscribe('alice', 'bob', [], { uri: 'sip:radio.example' }))).toBe(404);
    expect(statusOf(world.subscribe('alice', 'bob', ['Contact: -']))).toBe(400);
    expect(statusOf(world.subscribe('alice', 'bob', ['Contact: <tel:+123>']))).toBe(400);
    expect(statusOf(world.subscribe('alice', 'bob', ['Event: presence;id="a b"']))).toBe(400);
    expect(statusOf(world.subscribe('alice', 'bob', ['Event: presence.winfo']))).toBe(489);
    const required = world.subscribe('alice', 'bob', ['Require: eventlist']);
    expect([statusOf(required), headersOf(required)]).toEqual([420, { Unsupported: 'eventlist' }]);
    expect(statusOf(world.subscribe('alice', 'bob', [], { toTag: 'before-the-restart' }))).toBe(481);
    expect(world.presence.counts.subscriptions).toBe(0);
    expect(world.wheel.size).toBe(0);
  });

  it('leaves other packages and other domains to the proxy', () => {
    const world = new PresenceWorld();
    expect(world.subscribe('alice', 'bob', ['Event: dialog'])).toBeUndefined();
    expect(world.subscribe('alice', 'bob', ['Event: Presence'])).toBeUndefined();
    expect(world.subscribe('alice', 'bob', [], { uri: 'sip:bob@elsewhere.example' })).toBeUndefined();
  });

  it('knows within a dialog whose it is, in what order and of which package', () => {
    const world = new PresenceWorld();
    const toTag = watching(world);
    const inDialog = { toTag, call: 'watch-alice-bob', uri: 'sip:203.0.113.1:5060' };
    expect(statusOf(world.subscribe('carol', 'bob', [], inDialog))).toBe(481);
    expect(statusOf(world.subscribe('alice', 'bob', ['Event: dialog'], inDialog))).toBe(489);
    expect(statusOf(world.subscribe('alice', 'bob', ['Event: presence;id=2'], inDialog))).toBe(403);
    expect(statusOf(world.subscribe('alice', 'bob', ['CSeq: 1 SUBSCRIBE'], inDialog))).toBe(500);
    expect(statusOf(world.subscribe('alice', 'bob', ['Contact: *'], inDialog))).toBe(400);
    expect(statusOf(world.subscribe('alice', 'bob', [], inDialog))).toBe(200);
  });

  it('bounds the subscriptions of one user and of all', () => {
    const world = new PresenceWorld({ maxSubscriptionsPerUser: 2, maxSubscriptions: 3 });
    expect(statusOf(world.subscribe('alice', 'bob'))).toBe(200);
    expect(statusOf(world.subscribe('alice', 'carol'))).toBe(200);
    expect(statusOf(world.subscribe('alice', 'alice'))).toBe(403);
    expect(statusOf(world.subscribe('bob', 'alice'))).toBe(200);
    const refused = world.subscribe('carol', 'alice');
    expect(statusOf(refused)).toBe(503);
    expect(headersOf(refused)).toHaveProperty('Retry-After');
    expect(world.presence.counts.subscriptions).toBe(3);
  });

  it('tells a crowd in turns', () => {
    const world = new PresenceWorld();
    for (let call = 0; call < 250; call++) world.subscribe('alice', 'bob', [], { call: `call-${call}` });
    world.advance(10);
    expect(world.sent.length).toBe(100);
    world.advance(20);
    expect(world.sent.length).toBe(250);
  });

  it.each([
    ['udp', 'sip:bob@radio.example', '<sip:203.0.113.1:5060;transport=udp>'],
    ['tls', 'sip:bob@radio.example', '<sip:203.0.113.1:5060;transport=tls>'],
    ['tls', 'sips:bob@radio.example', '<sips:203.0.113.1:5060>'],
    ['wss', 'sip:bob@radio.example', '<sip:203.0.113.1:5060;transport=ws>'],
  ] as const)('over %s to %s has the Contact %s', (transport, uri, contact) => {
    const world = new PresenceWorld();
    expect(headersOf(world.subscribe('alice', 'bob', [], { uri, flow: flowOf(transport) })).Contact).toBe(
      contact,
    );
    world.advance(20);
    const sent = world.taken()[0]?.request;
    expect(sent?.get(Contact)).toMatchObject({ uri: parseUri(contact.slice(1, -1)) });
    expect(tagOf(sent?.get(To))).toBe('w');
  });
});
