import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testText } from '../../../../tools/testing/hashes.ts';
import { RecordRoute, Route } from './address.ts';
import { bodyOf, edit } from './edit.ts';
import { ContentLength, MaxForwards, Subject } from './fields.ts';
import { SipRequest } from './message.ts';
import { parseMessage } from './parse.ts';
import { Via } from './via.ts';

const parse = (text: string): SipRequest => {
  const message = parseMessage(text, testText.latin1Bytes(text));
  if (!(message instanceof SipRequest)) throw new Error('no request');
  return message;
};

const lines = (head: string): string[] => head.slice(head.indexOf('\r\n') + 2, -4).split(/\r\n(?![ \t])/);

/** Header lines of all kinds: folded, compact, unknown, with bytes that are no ASCII. */
const name = fc.constantFrom(
  'Via',
  'v',
  'VIA',
  'Route',
  'route',
  'Max-Forwards',
  'Subject',
  's',
  'X-Odd',
  'x-other',
  'To',
  'f',
);
const character = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.constantFrom(0x80, 0xe9, 0xff, 0x2c, 0x22, 0x3c, 0x3e, 0x09),
);
const text = fc.array(character, { maxLength: 20 }).map((codes) => String.fromCharCode(...codes));
const fold = fc.constantFrom('', ' ', '\t', '\r\n ', '\r\n\t ');
const line = fc
  .tuple(name, fc.constantFrom('', ' ', '\t'), fold, text, fold, text)
  .map(([header, space, before, one, between, two]) => `${header}${space}:${before}${one}${between}${two}x`);
const message = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 12 }), fc.uint8Array({ maxLength: 20 }))
  .map(([all, body]) => ({ all, body, head: `INVITE sip:b SIP/2.0\r\n${all.join('\r\n')}\r\n\r\n` }));

const isNamed = (written: string, names: readonly string[]): boolean =>
  names.includes(written.slice(0, written.indexOf(':')).trim().toLowerCase());

describe('a message that is edited', () => {
  it('is the same, byte by byte, where nothing was changed', () => {
    fc.assert(
      fc.property(message, ({ head, body }) => {
        const request = parse(head + testText.latin1(body));
        const same = edit(request).build();
        expect(same.head).toBe(head);
        expect([...same.body]).toEqual([...body]);
      }),
    );
  });

  it('keeps every line that was not touched, in its order', () => {
    fc.assert(
      fc.property(message, fc.constantFrom('max-forwards', 'subject', 'route'), ({ head, all }, touched) => {
        const change = edit(parse(head))
          .prepend(Via, 'SIP/2.0/UDP new')
          .append({ name: 'X-Last' }, 'z')
          .uri('sip:new');
        if (touched === 'route') change.remove(Route);
        else change.set(touched === 'subject' ? Subject : MaxForwards, '7');
        const names = touched === 'subject' ? ['subject', 's'] : [touched];
        const untouched = all.filter((one) => !isNamed(one, names));
        const edited = change.build();
        expect(edited.uri).toBe('sip:new');
        expect(edited.head.startsWith('INVITE sip:new SIP/2.0\r\nVia: SIP/2.0/UDP new\r\n')).toBe(true);
        const rest = lines(edited.head)
          .slice(1)
          .filter((one) => !isNamed(one, names) && one !== 'X-Last: z');
        expect(rest).toEqual(untouched);
        const written = lines(edited.head).filter((one) => isNamed(one, names));
        expect(written).toEqual(
          touched === 'route' ? [] : [touched === 'subject' ? 'Subject: 7' : 'Max-Forwards: 7'],
        );
      }),
    );
  });

  it('is read as if it had come over the wire', () => {
    fc.assert(
      fc.property(message, ({ head }) => {
        const edited = edit(parse(head)).set(MaxForwards, '7').prepend(RecordRoute, '<sip:r;lr>').build();
        const again = parse(edited.head);
        expect([again.method, again.uri]).toEqual([edited.method, edited.uri]);
        expect([...again.lines]).toEqual([...edited.lines]);
        expect(again.texts(Via)).toEqual(edited.texts(Via));
      }),
    );
  });

  it('loses its first values, and no others', () => {
    const value = fc.constantFrom('<sip:a;lr>', '"x, y" <sip:b,c>', '<sip:d>;p="1,2"');
    const routes = fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(routes, fc.nat({ max: 12 }), (groups, count) => {
        const written = groups.map(
          (group, index) => `X-${index}: 1\r\nRoute: ${group.join(index % 2 === 0 ? ',' : ' ,\r\n ')}`,
        );
        const request = parse(`INVITE sip:b SIP/2.0\r\n${written.join('\r\n')}\r\n\r\n`);
        const left = edit(request).removeFirst(Route, count).build();
        expect(left.texts(Route)).toEqual(groups.flat().slice(count));
        expect(lines(left.head).filter((one) => one.startsWith('X-'))).toHaveLength(groups.length);
      }),
    );
  });
});

describe('editing', () => {
  const request = parse(
    'INVITE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nMax-Forwards: 70\r\nmax-forwards: 69\r\n\r\nbody',
  );

  it('set replaces all lines of a header by one, where the first stood', () =>
    expect(edit(request).set(MaxForwards, '1').build().head).toBe(
      'INVITE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nMax-Forwards: 1\r\n\r\n',
    ));

  it('set adds what is not there, at the end', () =>
    expect(
      edit(request).set(Subject, 'x').build().head.endsWith('max-forwards: 69\r\nSubject: x\r\n\r\n'),
    ).toBe(true));

  it('prepend puts the last that was given on top', () =>
    expect(edit(request).prepend(Via, '2').prepend(Via, '1').build().texts(Via)).toEqual([
      '1',
      '2',
      'SIP/2.0/UDP a',
    ]));

  it('removes a line by its place', () => {
    const [, second] = request.linesOf(MaxForwards);
    expect(edit(request).removeAt(second!).build().get(MaxForwards)).toBe(70);
  });

  it('leaves its source as it was', () => {
    const { head } = request;
    edit(request).remove(Via).uri('sip:c').build();
    expect(request.head).toBe(head);
    expect(request.texts(Via)).toHaveLength(1);
  });

  it('cuts off what stands behind the body (§18.3), and can say how long it is', () => {
    const surplus = parse('MESSAGE sip:b SIP/2.0\r\nl: 2\r\n\r\nbody and more');
    expect(testText.latin1(bodyOf(surplus))).toBe('bo');
    expect(testText.latin1(edit(surplus).build().body)).toBe('bo');
    expect(edit(surplus).withLength().build().count(ContentLength.header)).toBe(1);
    expect(edit(request).withLength().build().get(ContentLength)).toBe(4);
    expect(testText.latin1(bodyOf(request))).toBe('body');
  });
});
