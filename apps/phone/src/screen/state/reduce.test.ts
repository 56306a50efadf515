import { causes } from '@ringdown/user-agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeCall, FakePhone } from '../../testing/fake-phone.ts';
import { ScreenScript } from '../testing/screen-script.ts';
import { directPath, levelsAt, qualityAt, stereoOpus } from '../testing/scripted-sound.ts';
import { sampleOf } from './call-line.ts';
import type { Key, KeyName } from './key.ts';
import { NOTICE_MS } from './screen-state.ts';

const contacts = [
  { name: 'Bob', address: 'sip:bob@radio.example' },
  { name: 'Alice', address: 'alice' },
];

const script = (): ScreenScript => {
  const made = new ScreenScript().tell({ kind: 'contacts', contacts });
  made.done();
  return made;
};

/** Calls of a phone whose events nobody hears but the script. */
const callOf = (on: ScreenScript, target = 'sip:bob@radio.example'): FakeCall => {
  const phone = new FakePhone();
  const call = phone.dial(target) as FakeCall;
  Object.assign(call, { id: `${target}-${on.state.calls.length}` });
  on.tell({ kind: 'phone', event: { kind: 'calling', call } });
  return call;
};

const upCallOf = (on: ScreenScript, target?: string): FakeCall => {
  const call = callOf(on, target);
  call.establish();
  call.flow(stereoOpus, directPath);
  on.tell({ kind: 'phone', event: { kind: 'answered', call } });
  on.done();
  return call;
};

const ringing = (on: ScreenScript, uri = 'sip:carol@elsewhere.example'): FakeCall => {
  const call = new FakePhone().ring(uri, { name: 'Carol' });
  Object.assign(call, { id: uri });
  on.tell({ kind: 'phone', event: { kind: 'incoming', call } });
  return call;
};

describe('what a call is worth to know', () => {
  it('is said where nobody has proved who calls', () => {
    const on = new ScreenScript();
    ringing(on);
    expect(on.state.notice).toBeUndefined();
    const call = new FakePhone().ring('sip:mallory@elsewhere.example', { name: 'Carol' });
    Object.assign(call, { id: 'second', isDirect: true });
    on.tell({ kind: 'phone', event: { kind: 'incoming', call } });
    expect(on.state.notice?.text).toBe('It rings past the server: nobody has proved who that is.');
  });

  it('is said where it was sent on to', () => {
    const on = new ScreenScript();
    const target = 'sip:desk@radio.example';
    on.tell({ kind: 'phone', event: { kind: 'redirected', call: callOf(on), target } });
    expect(on.state.notice?.text).toBe('Sent on: calling sip:desk@radio.example.');
  });

  it('is said where another protection is tried', () => {
    const on = new ScreenScript();
    const call = callOf(on);
    on.tell({ kind: 'phone', event: { kind: 'offered again', call, status: 488, security: 'sdes' } });
    expect(on.state.notice?.text).toBe('They took no such sound: trying sdes alone.');
  });
});

describe('contacts', () => {
  it('are sorted by name, watched, and called by Enter', () => {
    const on = new ScreenScript().tell({ kind: 'contacts', contacts });
    expect(on.state.people.map(({ name }) => name)).toEqual(['Alice', 'Bob']);
    expect(on.done()).toEqual([
      { kind: 'watch', key: 'alice@radio.example', address: 'alice' },
      { kind: 'watch', key: 'bob@radio.example', address: 'sip:bob@radio.example' },
    ]);
    on.press('<down><enter>');
    expect(on.done()).toEqual([{ kind: 'dial', target: 'sip:bob@radio.example' }]);
  });

  it('are added once, however their address is written', () => {
    const on = script().press('+alice@RADIO.example<enter><ctrl-u>Alice B.<enter>');
    expect(on.state.people.map(({ name }) => name)).toEqual(['Alice B.', 'Bob']);
    expect(on.done()).toEqual([
      {
        kind: 'save',
        contacts: [
          { name: 'Alice B.', address: 'alice@RADIO.example' },
          { name: 'Bob', address: 'sip:bob@radio.example' },
        ],
      },
      { kind: 'watch', key: 'alice@radio.example', address: 'alice@RADIO.example' },
    ]);
  });

  it('are removed after a question', () => {
    const on = script().press('-n');
    expect(on.done()).toEqual([]);
    on.press('-y');
    expect(on.done()).toEqual([
      { kind: 'unwatch', key: 'alice@radio.example' },
      { kind: 'save', contacts: [contacts[0]] },
    ]);
    expect(on.state.chosenPerson).toBe('bob@radio.example');
  });

  it('have a presence, or a reason why there is none', () => {
    const on = script().tell(
      { kind: 'presence', key: 'bob@radio.example', status: { isOpen: true, isThere: true, note: 'here' } },
      { kind: 'presence', key: 'alice@radio.example', status: undefined, why: 'It is forbidden.' },
    );
    const shown = () => on.state.people.map(({ presence, note }) => [presence, note]);
    expect(shown()).toEqual([
      ['unknown', 'It is forbidden.'],
      ['open', 'here'],
    ]);
    on.tell(
      { kind: 'presence', key: 'bob@radio.example', status: { isOpen: false, isThere: true, note: 'lunch' } },
      { kind: 'presence', key: 'alice@radio.example', status: { isOpen: false, isThere: false } },
    );
    expect(shown()).toEqual([
      ['gone', undefined],
      ['closed', 'lunch'],
    ]);
  });
});

describe('whom we speak with', () => {
  it('is written to, and added, where nobody is known yet', () => {
    const on = new ScreenScript();
    on.press('w');
    expect(on.state.notice?.text).toBe('There is nobody to write to yet: add a contact with +.');
    upCallOf(on, 'sip:dora@radio.example');
    on.press('whello<enter><escape>');
    expect(on.done()).toMatchObject([{ kind: 'text', to: 'dora@radio.example', text: 'hello' }]);
    on.press('+<enter><enter>');
    expect(on.state.people.map(({ address, isContact }) => [address, isContact])).toEqual([
      ['dora@radio.example', true],
    ]);
  });

  it('is offered as a contact, unless he is one', () => {
    const on = script();
    upCallOf(on, 'sip:dora@radio.example');
    on.press('+<enter>Dora<enter>');
    expect(on.state.people.map(({ address }) => address)).toContain('dora@radio.example');
    on.press('+');
    expect(on.state.prompt).toMatchObject({ kind: 'add address', line: { characters: [] } });
  });
});

describe('calls', () => {
  it('are held when another one begins: only one is heard', () => {
    const on = script();
    const bob = upCallOf(on);
    on.press('dcarol<enter>');
    expect(on.done()).toEqual([
      { kind: 'hold', call: bob.id },
      { kind: 'dial', target: 'carol' },
    ]);
    const carol = ringing(on);
    on.done();
    on.press('a');
    expect(on.done()).toEqual([
      { kind: 'hold', call: bob.id },
      { kind: 'answer', call: carol.id },
    ]);
  });

  it('are taken back one at a time', () => {
    const on = script();
    const bob = upCallOf(on);
    bob.isHeld = true;
    on.tell({ kind: 'phone', event: { kind: 'held', call: bob, by: 'us' } });
    const carol = upCallOf(on, 'sip:carol@radio.example');
    on.press('<tab>h');
    expect(on.done()).toEqual([
      { kind: 'hold', call: carol.id },
      { kind: 'resume', call: bob.id },
    ]);
  });

  it('are refused by x while they ring, hung up later, and not twice', () => {
    const on = script();
    const carol = ringing(on);
    on.done();
    on.press('x');
    expect(on.done()).toEqual([{ kind: 'refuse', call: carol.id }]);
    carol.establish();
    carol.flow(stereoOpus, directPath);
    on.tell({ kind: 'phone', event: { kind: 'answered', call: carol } });
    on.done();
    on.press('x');
    carol.state = 'ending';
    on.tell({ kind: 'phone', event: { kind: 'sound', call: carol } });
    on.press('x');
    expect(on.done()).toEqual([{ kind: 'hang up', call: carol.id }]);
  });

  it('do not take the eye off the call that is spoken in', () => {
    const on = script();
    const bob = upCallOf(on);
    ringing(on);
    expect(on.state.chosenCall).toBe(bob.id);
    expect(on.done()).toEqual([{ kind: 'bell' }]);
  });

  it('send digits while they are up, and only then', () => {
    const on = script();
    const call = callOf(on);
    on.press('5');
    expect(on.done()).toEqual([]);
    call.establish();
    call.flow(stereoOpus, directPath);
    on.tell({ kind: 'phone', event: { kind: 'answered', call } });
    on.done();
    on.press('5*ka<escape>');
    expect(on.done()).toEqual([
      { kind: 'digit', call: call.id, digit: '5' },
      { kind: 'digit', call: call.id, digit: '*' },
      { kind: 'digit', call: call.id, digit: 'A' },
    ]);
  });

  it('are handed over to another call first, then to contacts, or to what is typed', () => {
    const on = script();
    const carol = upCallOf(on, 'sip:carol@radio.example');
    const bob = upCallOf(on);
    on.press('t<enter>t<down><enter>tx@y.example<enter>');
    expect(on.done()).toEqual([
      { kind: 'transfer', call: bob.id, target: { call: carol.id } },
      { kind: 'transfer', call: bob.id, target: 'alice' },
      { kind: 'transfer', call: bob.id, target: 'x@y.example' },
    ]);
  });

  it('take what is asked about them with them when they end', () => {
    const on = script();
    const call = upCallOf(on);
    on.press('k');
    call.state = 'ended';
    on.tell({
      kind: 'phone',
      event: { kind: 'ended', call, end: { by: 'peer', cause: causes.peerHungUp, durationMs: 1000 } },
    });
    expect(on.state.prompt).toBeUndefined();
    expect(on.state.calls).toEqual([]);
    expect(on.state.notice?.text).toBe('Bob: The other side hung up.');
    on.tell({ kind: 'phone', event: { kind: 'quality', call, quality: qualityAt(1) } });
    expect(on.state.calls).toEqual([]);
  });

  it('tell others that we speak, and that we are free again', () => {
    const on = script();
    const call = callOf(on);
    call.establish();
    call.flow(stereoOpus, directPath);
    on.tell({ kind: 'phone', event: { kind: 'answered', call } });
    expect(on.done()).toEqual([{ kind: 'publish', status: { isOpen: true, note: 'in a call' } }]);
    call.state = 'ended';
    on.tell({
      kind: 'phone',
      event: { kind: 'ended', call, end: { by: 'us', cause: causes.hungUp, durationMs: 1000 } },
    });
    expect(on.done()).toEqual([{ kind: 'publish', status: { isOpen: true } }]);
    on.press('p');
    expect(on.done()).toEqual([{ kind: 'publish', status: { isOpen: false } }]);
  });

  it('keep the last minute of their quality', () => {
    const on = script();
    const call = upCallOf(on);
    for (let second = 0; second < 90; second++) {
      on.tell({ kind: 'phone', event: { kind: 'quality', call, quality: qualityAt(second) } });
    }
    expect(on.state.calls[0]!.history).toEqual(Array.from({ length: 60 }, (_, at) => qualityAt(at + 30)));
    expect(on.state.calls[0]!.secondsHeard).toBe(90);
  });
});

describe('texts', () => {
  it('of strangers make lines, but not without end', () => {
    const on = script();
    for (let number = 0; number < 500; number++) {
      const from = `sip:spam${number}@elsewhere.example`;
      on.tell({
        kind: 'phone',
        event: { kind: 'message', from, text: 'x'.repeat(99_999), contentType: 'text/plain' },
      });
    }
    expect(on.state.people.length).toBe(22);
    expect(on.state.people.slice(0, 2).map(({ name }) => name)).toEqual(['Alice', 'Bob']);
    expect(on.state.conversations.size).toBe(100);
    expect([...on.state.conversations.values()][0]![0]!.text.length).toBe(4000);
  });

  it('are counted until they are read', () => {
    const on = script();
    const text = {
      kind: 'message',
      from: 'sip:alice@radio.example',
      text: 'hi',
      contentType: 'text/plain',
    } as const;
    on.tell({ kind: 'phone', event: text }, { kind: 'phone', event: text });
    expect(on.state.people[0]!.unread).toBe(2);
    on.press('w').tell({ kind: 'phone', event: text });
    expect(on.state.people[0]!.unread).toBe(0);
  });

  it('that were sent say whether they arrived', () => {
    const on = script().press('whello<enter>again<enter>');
    expect(
      on.done().map((effect) => effect.kind === 'text' && [effect.to, effect.text, effect.number]),
    ).toEqual([
      ['alice', 'hello', 0],
      ['alice', 'again', 1],
    ]);
    on.tell(
      { kind: 'text sent', key: 'alice@radio.example', number: 1, failed: 'Nobody is there.' },
      { kind: 'text sent', key: 'alice@radio.example', number: 0, failed: undefined },
    );
    const fates = on.state.conversations.get('alice@radio.example')!.map(({ fate }) => fate);
    expect(fates).toEqual(['arrived', { failed: 'Nobody is there.' }]);
  });
});

describe('the end', () => {
  it('is asked for twice during a call, comes at once at Ctrl-C, and then does nothing else', () => {
    expect(script().press('q').done()).toEqual([{ kind: 'quit' }]);
    const on = script();
    upCallOf(on);
    on.press('qn');
    expect(on.done()).toEqual([]);
    on.press('d<ctrl-c>x<enter>');
    expect(on.done()).toEqual([{ kind: 'quit' }]);
    on.press('<ctrl-c>');
    expect(on.done()).toEqual([{ kind: 'quit at once' }]);
  });
});

describe('any keys at any time', () => {
  const names: readonly KeyName[] = [
    'up',
    'down',
    'left',
    'right',
    'page up',
    'page down',
    'home',
    'end',
    'enter',
    'escape',
    'tab',
    'backspace',
    'delete',
    'ctrl-l',
    'ctrl-u',
  ];
  const key: fc.Arbitrary<Key> = fc.oneof(
    fc.constantFrom(...names).map((name) => ({ kind: 'named', name }) as const),
    fc.constantFrom(...'adwhmtkxrlif?+-pny059*#').map((text) => ({ kind: 'character', text }) as const),
    fc.string({ unit: 'binary' }).map((text) => ({ kind: 'paste', text }) as const),
  );

  it('name only calls and people that are there', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), fc.integer({ min: 0, max: 2 }), (keys, calls) => {
        const on = script();
        for (let call = 0; call < calls; call++) upCallOf(on, `sip:peer${call}@radio.example`);
        on.tell(...keys.map((one) => ({ kind: 'key', key: one }) as const));
        const ids = on.state.calls.map(({ id }) => id);
        for (const effect of on.done()) if ('call' in effect) expect(ids).toContain(effect.call);
        const { chosenPerson, chosenCall, people, scroll, chosenPair } = on.state;
        if (people.length > 0) expect(people.map((person) => person.key)).toContain(chosenPerson);
        if (calls > 0) expect(ids).toContain(chosenCall);
        expect(Math.min(scroll, chosenPair)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('time', () => {
  it('takes notices away and brings the levels', () => {
    const on = script();
    const call = upCallOf(on);
    on.tell({ kind: 'told', text: 'Something happened.', tone: 'plain' });
    const tick = {
      kind: 'tick',
      calls: [{ sample: sampleOf(call), levels: levelsAt(500), pairs: undefined }],
    } as const;
    on.at += NOTICE_MS - 1;
    on.tell(tick);
    expect(on.state.notice?.text).toBe('Something happened.');
    expect(on.state.calls[0]!.meters.sent).toHaveLength(2);
    on.at += 1;
    on.tell(tick);
    expect(on.state.notice).toBeUndefined();
  });
});
