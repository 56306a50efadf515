import { Contact, isMalformed } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asking } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { World } from '../world/world.ts';

let world: World;
let alice: Phone;

beforeEach(() => {
  world = new World({ users: ['alice'] });
  alice = world.phone('alice');
});

const register = (contacts: string, more: Parameters<Phone['asks']>[2] = {}): Asking =>
  alice.asks('REGISTER', 'sip:home.example', {
    to: '<sip:alice@home.example>',
    ...more,
    headers: [...(contacts === '' ? [] : [['Contact', contacts] as const]), ...(more.headers ?? [])],
  });

/** The URIs and times that a 200 lists. */
const listed = (asking: Asking): [string, number][] => {
  expect(asking.status).toBe(200);
  const contacts = asking.last.all(Contact);
  if (isMalformed(contacts)) throw new Error(contacts.why);
  return contacts.map((contact) =>
    contact === '*' ? ['*', 0] : [contact.uri.text, Number(contact.parameters.get('expires'))],
  );
};

describe('registrations (RFC 3261 §10.3)', () => {
  it('list all bindings with the time that each has left', () => {
    register('<sip:a@1.example>;expires=600');
    world.passes(100_000);
    expect(listed(register('<sip:b@2.example>', { headers: [['Expires', '300']] }))).toEqual([
      ['sip:b@2.example', 300],
      ['sip:a@1.example', 500],
    ]);
  });

  it('without Contact change nothing and list', () => {
    register('<sip:a@1.example>;expires=600');
    expect(listed(register(''))).toEqual([['sip:a@1.example', 600]]);
  });

  it('of several contacts change all of them or none', () => {
    register('<sip:a@1.example>, <sip:b@2.example>;expires=0, <sip:c@3.example>;expires=90');
    expect(listed(register('')).map(([uri]) => uri)).toEqual(['sip:c@3.example', 'sip:a@1.example']);
    expect(register('<sip:d@4.example>, <sip:e@5.example>;expires=5').status).toBe(423);
    expect(register('<sip:d@4.example>, <sip:e@5.example>;q=7').status).toBe(400);
    expect(listed(register(''))).toHaveLength(2);
  });

  it('remove one with expires 0, and all with "*"', () => {
    register('<sip:a@1.example>, <sip:b@2.example>');
    expect(listed(register('<sip:A@1.example>;expires=0'))).toHaveLength(2);
    expect(listed(register('<sip:a@1.EXAMPLE>;expires=0'))).toHaveLength(1);
    expect(listed(register('*', { headers: [['Expires', '0']] }))).toEqual([]);
  });

  it('with "*" and anything else are refused', () => {
    expect(register('*').status).toBe(400);
    expect(register('*', { headers: [['Expires', '60']] }).status).toBe(400);
    expect(register('*, <sip:a@b>', { headers: [['Expires', '0']] }).status).toBe(400);
  });

  it('that are too brief get 423 and the minimum', () => {
    const asking = register('<sip:a@1.example>;expires=59');
    expect([asking.status, asking.last.text('Min-Expires')]).toEqual([423, '60']);
  });

  it('that ask for more get what is allowed', () =>
    expect(listed(register('<sip:a@1.example>;expires=4294967295'))).toEqual([['sip:a@1.example', 7_200]]));

  it('out of order in their Call-ID change nothing', () => {
    register('<sip:a@1.example>', { callId: 'c', cseq: 10 });
    expect(register('<sip:a@1.example>;expires=0', { callId: 'c', cseq: 9 }).status).toBe(500);
    expect(listed(register(''))).toHaveLength(1);
    expect(listed(register('<sip:a@1.example>;expires=0', { callId: 'other', cseq: 1 }))).toEqual([]);
  });

  it('that are retransmitted are answered the same', () => {
    const asking = register('<sip:a@1.example>');
    asking.again();
    expect(asking.statuses).toEqual([200, 200]);
    expect(asking.responses[0]!.head).toBe(asking.responses[1]!.head);
  });

  it('of the same instance and reg-id replace each other, whatever the address (RFC 5626)', () => {
    const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"';
    register(`<sip:a@1.example>;${instance};reg-id=1`);
    expect(listed(register(`<sip:a@9.example>;${instance};reg-id=1`)).map(([uri]) => uri)).toEqual([
      'sip:a@9.example',
    ]);
    expect(listed(register(`<sip:a@9.example>;${instance};reg-id=2`))).toHaveLength(2);
  });

  it('beyond the limit push out the oldest', () => {
    for (let index = 0; index < 12; index++) {
      register(`<sip:a@${index}.example>`);
      world.passes(1_000);
    }
    const uris = listed(register('')).map(([uri]) => uri);
    expect(uris).toHaveLength(10);
    expect(uris).not.toContain('sip:a@0.example');
    expect(uris).toContain('sip:a@11.example');
  });

  it('never have their Contact rewritten', () => {
    const nat = world.phone('alice', { believes: { address: '10.0.0.5', port: 5060 }, port: 33_333 });
    expect(listed(nat.registers())[0]![0]).toBe('sip:alice@10.0.0.5:5060');
  });

  it('that require what we do not know get 420', () => {
    const asking = register('<sip:a@1.example>', { headers: [['Require', 'path, gruu']] });
    expect([asking.status, asking.last.text('Unsupported')]).toEqual([420, 'gruu']);
  });

  it('of other URIs than SIP are refused', () => expect(register('<tel:+1555>').status).toBe(400));
});
