import { Contact, flowKey, parseMessage, SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import * as captured from '../../scenarios/presence-captures.ts';
import {
  flowOf,
  headersOf,
  PresenceWorld,
  readRequest,
  responseOf,
  type SentNotify,
} from '../../scenarios/presence-world.ts';
import { PIDF, PIDF_ONLINE } from './pidf.ts';

const open = `<presence xmlns="${PIDF}" entity="sip:a@b"><tuple id="1"><status><basic>open</basic></status></tuple></presence>`;

/** How baresip 1.0.0 reads a NOTIFY: the text, not the XML. */
const asBaresip = ({ body }: SentNotify): string =>
  /<rpid:away\s*\/>/.test(body) ? 'closed' : (/<basic>([^<]+)<\/basic>/.exec(body)?.[1] ?? 'closed');

/** How Linphone 5 consolidates it: online where an open tuple says so, busy where it does not. */
const asLinphone = ({ body }: SentNotify): string => {
  if (/<basic>open<\/basic>\s*<pidfonline:online\b/.test(body)) return 'online';
  return body.includes('<basic>open</basic>') ? 'busy' : 'offline';
};

const stateOf = ({ request }: SentNotify): string | undefined => request.text('Subscription-State');

describe('baresip and Linphone', () => {
  it('see each other online, and gone when they quit', () => {
    const world = new PresenceWorld();
    const baresip = flowOf('udp', 5370);
    const linphone = flowOf('udp', 5471);
    const capture = (written: string, whom: string): SipRequest =>
      readRequest(written.replaceAll('remote@', `${whom}@`));
    expect(world.receive('studio', capture(captured.baresipSubscribe, 'linp'), baresip)).toMatchObject({
      status: 200,
    });
    const watching = world.receive('linp', capture(captured.linphoneSubscribe, 'studio'), linphone);
    expect(headersOf(watching)).toMatchObject({ Expires: '600' });
    world.advance(20);
    const first = world.taken();
    expect(first.map(({ flow }) => flow.split(' ').at(-1))).toEqual(['5370', '5471']);
    expect([asBaresip(first[0]!), asLinphone(first[1]!)]).toEqual(['closed', 'offline']);

    const published = world.receive('studio', readRequest(captured.baresipPublish), baresip);
    expect(headersOf(published)).toMatchObject({ Expires: '60' });
    const online = world.receive('linp', readRequest(captured.linphonePublish), linphone);
    world.advance(20);
    const [toLinphone, toBaresip] = world.taken();
    expect(asLinphone(toLinphone!)).toBe('online');
    expect(asBaresip(toBaresip!)).toBe('open');
    expect(toLinphone?.body).toContain('entity="sip:studio@192.0.2.2"');
    expect(toBaresip?.body).toContain('entity="sip:linp@127.0.0.1:5360"');
    expect(toLinphone?.request.uri).toBe('sip:linp@127.0.0.1:5471;transport=udp');

    const tagged = (written: string, verdict: typeof online): SipRequest =>
      readRequest(written.replace('SIP-If-Match: e1', `SIP-If-Match: ${headersOf(verdict)['SIP-ETag']}`));
    world.receive('studio', tagged(captured.baresipUnpublish, published), baresip);
    world.receive('linp', tagged(captured.linphoneUnpublish, online), linphone);
    world.advance(20);
    const gone = world.taken();
    expect([asLinphone(gone[0]!), asBaresip(gone[1]!)]).toEqual(['offline', 'closed']);

    const ended = world.receive(
      'linp',
      readRequest(
        captured.linphoneUnsubscribe
          .replaceAll('remote@', 'studio@')
          .replace('sip:srv@192.0.2.2:5361 SIP', 'sip:203.0.113.1:5060;transport=udp SIP')
          .replace('tag=srv1', `tag=${responseOf(watching).dialogTag}`),
      ),
      linphone,
    );
    expect(responseOf(ended).status).toBe(200);
    world.advance(20);
    expect(world.taken().map(stateOf)).toEqual(['terminated;reason=timeout']);
    expect(world.presence.counts).toEqual({ publications: 0, subscriptions: 1 });
  });

  it('get each other’s document as it was published, but for whom it is about', () => {
    const world = new PresenceWorld();
    world.subscribe('alice', 'linp');
    world.receive('linp', readRequest(captured.linphonePublish));
    world.advance(20);
    const body = captured.linphonePublish.slice(captured.linphonePublish.indexOf('<?xml'));
    expect(world.taken()[0]?.body).toBe(
      body.replace('entity="sip:linp@192.0.2.2:5361"', 'entity="sip:linp@radio.example"'),
    );
  });

  it('begin again after a restart of the server', () => {
    const world = new PresenceWorld();
    expect(responseOf(world.receive('studio', readRequest(captured.baresipUnpublish))).status).toBe(412);
    expect(responseOf(world.receive('studio', readRequest(captured.baresipUnsubscribe))).status).toBe(481);
    expect(responseOf(world.receive('linp', readRequest(captured.linphoneUnsubscribe))).status).toBe(481);
  });

  it('are understood by their own rules where one user has both', () => {
    const world = new PresenceWorld();
    world.subscribe('alice', 'linp');
    const asLinp = (written: string): SipRequest => readRequest(written.replaceAll('studio@', 'linp@'));
    world.receive(
      'linp',
      asLinp(
        captured.baresipPublish.replace(
          '<rpid:activities/>',
          '<rpid:activities><rpid:away/></rpid:activities>',
        ),
      ),
    );
    world.receive('linp', readRequest(captured.linphonePublish), flowOf('udp', 5471));
    world.advance(20);
    const [notify] = world.taken();
    expect([asBaresip(notify!), asLinphone(notify!)]).toEqual(['closed', 'online']);
    expect(notify?.body.match(/<tuple /g)).toHaveLength(2);
  });
});

describe('a presentity', () => {
  it('that publishes nothing is open while a phone of it is registered', () => {
    const world = new PresenceWorld();
    world.subscribe('alice', 'bob');
    world.advance(20);
    world.registered.add('bob@radio.example');
    world.presence.registrationChanged('bob@radio.example');
    world.presence.registrationChanged('bob@radio.example');
    world.advance(20);
    world.registered.delete('bob@radio.example');
    world.presence.registrationChanged('bob@radio.example');
    world.advance(20);
    expect(world.taken().map(asBaresip)).toEqual(['closed', 'open', 'closed']);
  });

  it('that takes back its publication is not seen, registered or not, until it publishes or registers anew', () => {
    const world = new PresenceWorld();
    const aor = 'bob@radio.example';
    world.registered.add(aor);
    world.subscribe('alice', 'bob');
    const publish = (): string => headersOf(world.publish('bob', open))['SIP-ETag'] ?? '';
    const withdraw = (tag: string): void => {
      world.publish('bob', '', [`SIP-If-Match: ${tag}`, 'Expires: 0']);
      world.presence.registrationChanged(aor);
      world.advance(10_000);
    };
    const shown = (): string[] => world.taken().map(asBaresip);
    withdraw(publish());
    expect(shown()).toEqual(['closed']);
    const tag = publish();
    world.advance(10_000);
    expect(shown()).toEqual(['open']);
    withdraw(tag);
    world.registered.delete(aor);
    world.presence.registrationChanged(aor);
    world.registered.add(aor);
    world.presence.registrationChanged(aor);
    world.advance(10_000);
    expect(shown()).toEqual(['closed', 'open']);
    world.publish('bob', open, ['Expires: 30']);
    world.advance(31_000); // what only expired was not taken back
    expect(shown().at(-1)).toBe('open');
  });

  it('with two phones is open while one of them says so, whichever spoke last', () => {
    const world = new PresenceWorld();
    const desk = flowOf('udp', 5001);
    const laptop = flowOf('tcp', 5002);
    const closed = open.replace('open', 'closed');
    const shown = (): string[][] => {
      world.advance(10_000);
      return world.taken().map((notify) => [asBaresip(notify), asLinphone(notify)]);
    };
    world.subscribe('alice', 'bob');
    world.publish('bob', closed, [], { flow: desk });
    expect(shown()).toEqual([['closed', 'offline']]);
    world.publish('bob', open, ['Expires: 60'], { flow: laptop });
    expect(shown()).toEqual([['open', 'online']]);
    world.publish('bob', closed.replace('"1"', '"2"'), [], { flow: desk });
    expect(shown()).toEqual([['open', 'online']]);
    world.advance(61_000); // the open one runs out
    expect(shown()).toEqual([['closed', 'offline']]);
  });

  it('with two phones is seen again when the one that hid it is gone, and not because that one moved', () => {
    const world = new PresenceWorld();
    const aor = 'bob@radio.example';
    const [desk, laptop, moved] = [5001, 5002, 5003].map((port) => flowOf('udp', port));
    const phones = (...more: readonly (readonly [string, ReturnType<typeof flowOf>])[]): void => {
      world.phones.set(aor, new Map([['sip:bob@desk', desk!], ...more]));
      world.presence.registrationChanged(aor);
      world.advance(10_000);
    };
    phones(['sip:bob@laptop', laptop!]);
    world.subscribe('alice', 'bob');
    const tag = headersOf(world.publish('bob', open, [], { flow: laptop! }))['SIP-ETag'];
    world.advance(10_000);
    world.publish('bob', '', [`SIP-If-Match: ${tag}`, 'Expires: 0'], { flow: laptop! });
    world.advance(10_000);
    expect(world.taken().map(asBaresip).at(-1)).toBe('closed');
    phones(['sip:bob@laptop', moved!]);
    expect(world.taken()).toEqual([]);
    phones();
    expect(world.taken().map(asBaresip)).toEqual(['open']);
  });

  it('is not there for a phone that registered over a connection which did not outlive a restart', () => {
    const world = new PresenceWorld();
    const aor = 'bob@radio.example';
    const before = flowOf('tcp', 5001);
    world.phones.set(aor, new Map([['sip:bob@laptop', before]]));
    world.broken.add(flowKey(before));
    world.subscribe('alice', 'bob');
    world.advance(10_000);
    expect(world.taken().map(asBaresip)).toEqual(['closed']);
    world.phones.set(aor, new Map([['sip:bob@laptop', flowOf('tcp', 5002)]]));
    world.presence.registrationChanged(aor);
    world.advance(10_000);
    expect(world.taken().map(asBaresip)).toEqual(['open']);
  });

  it('is not open for a phone that is gone without a word, and is again when that one is back', () => {
    const world = new PresenceWorld();
    const aor = 'bob@radio.example';
    const [laptop, again] = [5001, 5002].map((port) => flowOf('tcp', port));
    const phones = (...bound: readonly (readonly [string, ReturnType<typeof flowOf>])[]): string[] => {
      world.phones.set(aor, new Map(bound));
      world.presence.registrationChanged(aor);
      world.advance(10_000);
      return world.taken().map(asBaresip);
    };
    world.subscribe('alice', 'bob');
    world.publish('bob', open, [], { flow: laptop! });
    expect(phones(['sip:bob@laptop', laptop!])).toEqual(['open']);
    expect(phones()).toEqual(['closed']);
    expect(phones(['sip:bob@laptop', again!])).toEqual(['open']);
    // What another one says counts, and who says that he is closed is, whether his phone is there or not.
    world.publish('bob', open.replace('open', 'closed'), [], { flow: flowOf('udp', 5003) });
    expect(phones(['sip:bob@laptop', again!], ['sip:bob@desk', flowOf('udp', 5003)])).toEqual(['open']);
    expect(phones(['sip:bob@desk', flowOf('udp', 5003)])).toEqual(['closed']);
    expect(phones(['sip:bob@other', flowOf('udp', 5004)])).toEqual([]);
  });

  it('that publishes is what it says, registered or not', () => {
    const world = new PresenceWorld();
    world.registered.add('bob@radio.example');
    world.publish('bob', open.replace('open', 'closed'));
    world.subscribe('alice', 'bob');
    world.advance(20);
    world.registered.delete('bob@radio.example');
    world.presence.registrationChanged('bob@radio.example');
    world.advance(20);
    expect(world.taken().map(asBaresip)).toEqual(['closed']);
  });

  it('is gone for its watchers when its account is removed', () => {
    const world = new PresenceWorld();
    world.publish('bob', open);
    world.subscribe('alice', 'bob');
    world.subscribe('bob', 'alice');
    world.subscribe('bob', 'bob');
    world.subscribe('alice', 'carol');
    world.advance(20);
    world.taken();
    world.removeAccount('bob');
    world.presence.forget('bob@radio.example');
    world.advance(20);
    const told = world.taken();
    expect(told.map(({ request }) => `${request.uri} ${request.text('Subscription-State')}`).sort()).toEqual([
      'sip:alice@10.1.1.1:5062 terminated;reason=noresource',
      'sip:bob@10.1.1.1:5062 terminated;reason=rejected',
      'sip:bob@10.1.1.1:5062 terminated;reason=rejected',
    ]);
    expect(told.map(({ body }) => body)).toEqual(['', '', '']);
    expect(world.presence.counts).toEqual({ publications: 0, subscriptions: 1 });
    expect(responseOf(world.subscribe('alice', 'bob')).status).toBe(404);
  });

  it('that has another password begins anew, and its watchers see it go', () => {
    const world = new PresenceWorld();
    const tag = headersOf(world.publish('bob', open))['SIP-ETag'];
    world.subscribe('alice', 'bob');
    const dialog = responseOf(world.subscribe('bob', 'alice')).dialogTag ?? '';
    world.advance(20);
    world.taken();
    world.presence.forget('bob@radio.example');
    world.advance(20);
    const told = world.taken();
    expect(told.map(stateOf)).toEqual(['terminated;reason=deactivated', expect.stringMatching(/^active;/)]);
    expect(asBaresip(told[1]!)).toBe('closed');
    expect(responseOf(world.publish('bob', '', [`SIP-If-Match: ${tag}`])).status).toBe(412);
    const again = world.subscribe('bob', 'alice', [], { toTag: dialog, uri: 'sip:203.0.113.1:5060' });
    expect(responseOf(again).status).toBe(481);
  });
});

it('sends NOTIFYs that any parser reads', () => {
  const world = new PresenceWorld();
  world.registered.add('bob@radio.example');
  world.subscribe('alice', 'bob');
  world.advance(20);
  const { request } = world.taken()[0]!;
  const written = text.latin1Bytes(request.head + text.latin1(request.body));
  const again = parseMessage(text.latin1(written), written);
  if (!(again instanceof SipRequest)) throw new Error('no request');
  expect(again.get(Contact)).toMatchObject({ uri: { host: '203.0.113.1' } });
  expect(text.utf8(again.body)).toContain(PIDF_ONLINE);
  expect(again.text('Content-Length')).toBe(String(again.body.length));
});
