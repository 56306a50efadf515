import { describe, expect, it } from 'vitest';
import { flowOf, headersOf, PresenceWorld, responseOf } from '../../scenarios/presence-world.ts';
import { PIDF } from './pidf.ts';

const open = `<presence xmlns="${PIDF}" entity="sip:a@b"><tuple id="1"><status><basic>open</basic></status></tuple></presence>`;
const closed = open.replace('open', 'closed');

const statusOf = (verdict: ReturnType<PresenceWorld['publish']>): number => responseOf(verdict).status;
const tagOf = (verdict: ReturnType<PresenceWorld['publish']>): string => headersOf(verdict)['SIP-ETag'] ?? '';

describe('PUBLISH (RFC 3903 §6)', () => {
  it('publishes, refreshes, modifies and removes, each time with a new entity-tag', () => {
    const world = new PresenceWorld();
    const tags = new Set<string>();
    const first = world.publish('alice', open, ['Expires: 60']);
    expect(headersOf(first)).toMatchObject({ Expires: '60' });
    tags.add(tagOf(first));
    const refreshed = world.publish('alice', '', [`SIP-If-Match: ${tagOf(first)}`, 'Expires: 90']);
    expect(headersOf(refreshed)).toMatchObject({ Expires: '90' });
    tags.add(tagOf(refreshed));
    const modified = world.publish('alice', closed, [`SIP-If-Match: ${tagOf(refreshed)}`]);
    tags.add(tagOf(modified));
    expect(world.presence.counts.publications).toBe(1);
    const removed = world.publish('alice', '', [`SIP-If-Match: ${tagOf(modified)}`, 'Expires: 0']);
    expect(headersOf(removed)).toMatchObject({ Expires: '0' });
    tags.add(tagOf(removed));
    expect(tags.size).toBe(4);
    expect([...tags].every((tag) => tag !== '')).toBe(true);
    expect(world.presence.counts.publications).toBe(0);
    expect(world.wheel.size).toBe(0);
  });

  it('answers 412 to an entity-tag that is not, or no more, or another user’s', () => {
    const world = new PresenceWorld();
    const first = tagOf(world.publish('alice', open));
    expect(statusOf(world.publish('alice', '', ['SIP-If-Match: other']))).toBe(412);
    expect(statusOf(world.publish('bob', '', [`SIP-If-Match: ${first}`]))).toBe(412);
    world.publish('alice', '', [`SIP-If-Match: ${first}`]);
    expect(statusOf(world.publish('alice', '', [`SIP-If-Match: ${first}`]))).toBe(412);
    // The precondition counts before the body and the interval do.
    expect(statusOf(world.publish('alice', 'no xml', ['SIP-If-Match: other', 'Expires: 1']))).toBe(412);
  });

  it('answers 400 to several entity-tags', () => {
    const world = new PresenceWorld();
    expect(statusOf(world.publish('alice', open, ['SIP-If-Match: a, b']))).toBe(400);
    expect(statusOf(world.publish('alice', open, ['SIP-If-Match: a', 'SIP-If-Match: b']))).toBe(400);
  });

  it('grants what is asked for within bounds: 423 below, the maximum above, a default without', () => {
    const world = new PresenceWorld({
      minExpiresSeconds: 30,
      maxExpiresSeconds: 300,
      defaultExpiresSeconds: 200,
    });
    const brief = world.publish('alice', open, ['Expires: 29']);
    expect(statusOf(brief)).toBe(423);
    expect(headersOf(brief)).toEqual({ 'Min-Expires': '30' });
    expect(headersOf(world.publish('alice', open, ['Expires: 30'])).Expires).toBe('30');
    expect(headersOf(world.publish('alice', open, ['Expires: 99999999999'])).Expires).toBe('300');
    expect(headersOf(world.publish('alice', open)).Expires).toBe('200');
    expect(statusOf(world.publish('alice', open, ['Expires: soon']))).toBe(400);
  });

  it('stores nothing for an interval of 0', () => {
    const world = new PresenceWorld();
    const verdict = world.publish('alice', open, ['Expires: 0']);
    expect(statusOf(verdict)).toBe(200);
    expect(headersOf(verdict)).toMatchObject({ Expires: '0' });
    expect(tagOf(verdict)).not.toBe('');
    expect(world.presence.counts.publications).toBe(0);
  });

  it('forgets what expired, and no sooner', () => {
    const world = new PresenceWorld();
    const tag = tagOf(world.publish('alice', open, ['Expires: 60']));
    world.advance(59_990);
    expect(world.presence.counts.publications).toBe(1);
    const next = tagOf(world.publish('alice', '', [`SIP-If-Match: ${tag}`, 'Expires: 60']));
    world.advance(59_990);
    expect(world.presence.counts.publications).toBe(1);
    world.advance(20);
    expect(world.presence.counts.publications).toBe(0);
    expect(statusOf(world.publish('alice', '', [`SIP-If-Match: ${next}`]))).toBe(412);
  });

  it('takes PIDF only, whatever its letters’ case', () => {
    const world = new PresenceWorld();
    const other = world.publish('alice', 'busy', ['Content-Type: text/plain']);
    expect(statusOf(other)).toBe(415);
    expect(headersOf(other)).toEqual({ Accept: 'application/pidf+xml' });
    expect(statusOf(world.publish('alice', open, ['Content-Type: Application/PIDF+xml;charset=utf-8']))).toBe(
      200,
    );
    const packed = world.publish('alice', open, ['Content-Encoding: gzip']);
    expect(statusOf(packed)).toBe(415);
    expect(headersOf(packed)).toEqual({ 'Accept-Encoding': 'identity' });
    expect(statusOf(world.publish('alice', ''))).toBe(400);
  });

  it('answers 489 to other packages: Event has a case', () => {
    const world = new PresenceWorld();
    for (const event of ['dialog', 'Presence', 'presence.winfo']) {
      const verdict = world.publish('alice', open, [`Event: ${event}`]);
      expect(statusOf(verdict)).toBe(489);
      expect(headersOf(verdict)).toEqual({ 'Allow-Events': 'presence' });
    }
    expect(statusOf(world.publish('alice', open, ['Event: -', 'o: presence']))).toBe(200);
    expect(statusOf(world.publish('alice', open, ['Event: -']))).toBe(489);
  });

  it('answers 420 to what it does not know', () => {
    const verdict = new PresenceWorld().publish('alice', open, ['Require: teleport']);
    expect(statusOf(verdict)).toBe(420);
    expect(headersOf(verdict)).toEqual({ Unsupported: 'teleport' });
  });

  it('lets nobody publish for another', () => {
    const world = new PresenceWorld();
    expect(statusOf(world.publish('alice', open, [], { uri: 'sip:bob@radio.example' }))).toBe(403);
    expect(statusOf(world.publish('alice', open, [], { uri: 'sip:alice@elsewhere.example' }))).toBe(403);
    expect(statusOf(world.publish('alice', open, [], { uri: 'sip:alice@203.0.113.1' }))).toBe(200);
    expect(world.presence.counts.publications).toBe(1);
  });

  it('refuses hostile documents and keeps nothing of them', () => {
    const world = new PresenceWorld({ maxDocumentBytes: 4_096 });
    const huge = open.replace('</presence>', `<note>${'x'.repeat(4_096)}</note></presence>`);
    expect(statusOf(world.publish('alice', huge))).toBe(413);
    for (const hostile of [
      `<!DOCTYPE presence [<!ENTITY a "aaaa">]>${open}`,
      '<a>'.repeat(1_300),
      '<'.repeat(4_000),
      Uint8Array.from({ length: 4_000 }, (_, index) => index & 0xff),
      open.slice(0, 90),
    ]) {
      expect(statusOf(world.publish('alice', hostile))).toBe(400);
    }
    expect(world.presence.counts.publications).toBe(0);
    expect(world.wheel.size).toBe(0);
  });

  it('bounds what one user and all users publish', () => {
    const world = new PresenceWorld({ maxPublicationsPerUser: 2, maxPublications: 3 });
    const proxied = ['Via: SIP/2.0/UDP a', 'Via: SIP/2.0/UDP b'];
    const oldest = tagOf(world.publish('alice', open, proxied));
    const second = tagOf(world.publish('alice', closed, proxied));
    expect(statusOf(world.publish('alice', open, proxied))).toBe(200);
    expect(statusOf(world.publish('alice', '', [`SIP-If-Match: ${oldest}`]))).toBe(412);
    expect(statusOf(world.publish('alice', '', [`SIP-If-Match: ${second}`]))).toBe(200);
    expect(statusOf(world.publish('bob', open))).toBe(200);
    const refused = world.publish('carol', open);
    expect(statusOf(refused)).toBe(503);
    expect(headersOf(refused)).toHaveProperty('Retry-After');
    expect(world.presence.counts.publications).toBe(3);
  });

  it('takes a first publication over a flow that has one as its successor', () => {
    const world = new PresenceWorld();
    const desk = { flow: flowOf('udp', 5062) };
    const lost = tagOf(world.publish('alice', open));
    world.publish('alice', open, [], desk);
    const kept = tagOf(world.publish('alice', closed));
    expect(world.presence.counts.publications).toBe(2);
    expect(statusOf(world.publish('alice', '', [`SIP-If-Match: ${lost}`]))).toBe(412);
    // A refresh over another flow moves it there.
    expect(
      statusOf(world.publish('alice', '', [`SIP-If-Match: ${kept}`], { flow: flowOf('tcp', 999) })),
    ).toBe(200);
    world.publish('alice', open);
    expect(world.presence.counts.publications).toBe(3);
  });
});
