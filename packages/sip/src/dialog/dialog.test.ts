import { describe, expect, it } from 'vitest';
import { Route } from '../message/address.ts';
import { buildResponse, type ResponseParts } from '../message/build.ts';
import { isMalformed } from '../message/malformed.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { parseHead } from '../message/parse.ts';
import { contactScheme, type Dialog, dialogOfRequest, dialogOfResponse, endsDialog } from './dialog.ts';
import { dialogIdOf } from './dialog-id.ts';

interface RequestLines {
  readonly method?: string;
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly sequence?: number;
  readonly more?: readonly string[];
}

const request = ({
  method = 'INVITE',
  uri = 'sip:bob@example.net',
  from = 'Alice <sip:alice@example.com>;tag=a1',
  to = '<sip:bob@example.net>',
  sequence = 10,
  more = ['Contact: <sip:alice@192.0.2.1>'],
}: RequestLines = {}): SipRequest => {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    `From: ${from}`,
    `To: ${to}`,
    'Call-ID: call@192.0.2.1',
    `CSeq: ${sequence} ${method}`,
    ...more,
  ];
  const message = parseHead(`${lines.join('\r\n')}\r\n\r\n`);
  if (!(message instanceof SipRequest)) throw new Error('no request');
  return message;
};

const answer = (to: SipRequest, status: number, parts: ResponseParts = {}): SipResponse =>
  buildResponse(to, status, { toTag: 'b1', headers: [['Contact', '<sip:bob@192.0.2.2>']], ...parts });

const uas = { localTag: 'b1', state: 'confirmed', overTls: false } as const;
const made = (
  lines?: RequestLines,
  beginning: Partial<Parameters<typeof dialogOfRequest>[1]> = {},
): Dialog => {
  const dialog = dialogOfRequest(request(lines), { ...uas, ...beginning });
  if (isMalformed(dialog)) throw new Error(dialog.why);
  return dialog;
};
const calling = (invite: SipRequest, response: SipResponse, overTls = false): Dialog => {
  const dialog = dialogOfResponse(invite, response, overTls);
  if (isMalformed(dialog)) throw new Error(dialog.why);
  return dialog;
};
const why = (result: unknown): string => (isMalformed(result) ? result.why : 'fine');

const recorded = ['<sip:p1.example;lr;x=1>', '<sip:p2.example;lr>;y'];
const withRoutes = [`Record-Route: ${recorded.join(', ')}`, 'Contact: <sip:alice@192.0.2.1>'];

describe('a dialog that the peer began (§12.1.1)', () => {
  it('has the routes in order, its Contact as target, and its number', () => {
    const dialog = made({ more: withRoutes });
    expect(dialog.routeSet).toEqual(recorded);
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.1');
    expect(dialog.remoteSequence).toBe(10);
    expect(dialog.localSequence).toBeUndefined();
    expect([dialog.callId, dialog.localTag, dialog.remoteTag]).toEqual(['call@192.0.2.1', 'b1', 'a1']);
    expect(dialog.state).toBe('confirmed');
  });

  it('is known by the messages that belong to it', () => {
    const dialog = made();
    const within = request({ method: 'BYE', to: '<sip:bob@example.net>;tag=b1', sequence: 11 });
    expect(dialogIdOf(within)).toBe(dialog.id);
    expect(dialogIdOf(answer(dialog.request({ method: 'BYE' }), 200))).toBe(dialog.id);
    expect(dialogIdOf(request())).toBeUndefined();
    const other = request({ method: 'BYE', to: '<sip:bob@example.net>;tag=b2', sequence: 11 });
    expect(dialogIdOf(other)).not.toBe(dialog.id);
  });

  it('lives with a peer that gives no tag', () => {
    const dialog = made({ from: 'sip:alice@example.com' });
    expect(dialog.remoteTag).toBe('');
    expect(dialog.request({ method: 'BYE' }).text('To')).toBe('<sip:alice@example.com>');
    const bye = request({ method: 'BYE', from: 'sip:alice@example.com', to: '<sip:b@x>;tag=b1' });
    expect(dialogIdOf(bye)).toBe(dialog.id);
  });

  it('is secure where a SIPS request came over TLS, and only there', () => {
    expect(made({ uri: 'sips:bob@example.net' }, { overTls: true }).isSecure).toBe(true);
    expect(made({ uri: 'sips:bob@example.net' }).isSecure).toBe(false);
    expect(made({}, { overTls: true }).isSecure).toBe(false);
  });

  it('keeps our tag where the request has one already, and follows our number', () => {
    const notify = { method: 'NOTIFY', to: '<sip:bob@example.net>;tag=ours', more: withRoutes };
    const dialog = made(notify, { localSequence: 7 });
    expect(dialog.localTag).toBe('ours');
    expect(dialog.request({ method: 'SUBSCRIBE' }).text('CSeq')).toBe('8 SUBSCRIBE');
    expect(dialog.routeSet).toEqual(recorded);
  });

  it.each([
    [{ more: [] }, 'no Contact, so nobody could be reached in the dialog'],
    [{ more: ['Contact: *'] }, 'a Contact that is no SIP or SIPS URI'],
    [{ more: ['Contact: <tel:+15551234>'] }, 'a Contact that is no SIP or SIPS URI'],
    [{ from: '<sip:alice@example.com>;tag="a;b"' }, 'a tag that is no token'],
    [{ more: ['Record-Route: <tel:1>', 'Contact: <sip:a@b>'] }, 'a Record-Route that is no SIP URI'],
    [
      { more: [`Record-Route: ${new Array(141).fill('<sip:p;lr>').join(',')}`, 'Contact: <sip:a@b>'] },
      'more than 140 Record-Route values',
    ],
  ])('cannot be made of %j', (lines, expected) => {
    expect(why(dialogOfRequest(request(lines), uas))).toBe(expected);
  });

  it('cannot be made of what cannot be read', () => {
    for (const more of [['Contact: <sip:'], ['Record-Route: <sip:', 'Contact: <sip:a@b>']])
      expect(isMalformed(dialogOfRequest(request({ more }), uas))).toBe(true);
    expect(isMalformed(dialogOfRequest(request({ from: '<<' }), uas))).toBe(true);
  });
});

describe('a dialog that we began (§12.1.2)', () => {
  const invite = request();
  const routed = {
    headers: [
      ['Record-Route', recorded.join(', ')],
      ['Contact', '<sip:bob@192.0.2.2>'],
    ],
  } as const;

  it('has the routes in reverse order and the number of our request', () => {
    const dialog = calling(invite, answer(invite, 200, routed));
    expect(dialog.routeSet).toEqual([...recorded].reverse());
    expect(dialog.remoteTarget).toBe('sip:bob@192.0.2.2');
    expect([dialog.localTag, dialog.remoteTag]).toEqual(['a1', 'b1']);
    expect(dialog.localSequence).toBe(10);
    expect(dialog.remoteSequence).toBeUndefined();
    expect(dialogIdOf(answer(invite, 200))).toBe(dialog.id);
  });

  it('is early with a provisional response that has a tag, else none', () => {
    expect(calling(invite, answer(invite, 180)).state).toBe('early');
    expect(calling(invite, answer(invite, 200)).state).toBe('confirmed');
    expect(why(dialogOfResponse(invite, answer(invite, 180, { toTag: '' }), false))).toBe(
      'a provisional response without a To tag makes no dialog',
    );
    expect(why(dialogOfResponse(invite, answer(invite, 100), false))).toBe('a 100 makes no dialog');
    expect(why(dialogOfResponse(invite, answer(invite, 302), false))).toBe('a 302 makes no dialog');
    expect(calling(invite, answer(invite, 200, { toTag: '' })).remoteTag).toBe('');
  });

  it('is secure where our SIPS request went over TLS', () => {
    const secure = request({ uri: 'SIPS:bob@example.net' });
    expect(calling(secure, answer(secure, 200), true).isSecure).toBe(true);
    expect(calling(secure, answer(secure, 200), false).isSecure).toBe(false);
  });

  it('is confirmed by the 2xx, which says route and target anew, but no number', () => {
    const dialog = calling(invite, answer(invite, 180));
    dialog.request({ method: 'PRACK' });
    expect(dialog.confirm(answer(invite, 200, routed))).toBeUndefined();
    expect(dialog.state).toBe('confirmed');
    expect(dialog.routeSet).toEqual([...recorded].reverse());
    expect(dialog.localSequence).toBe(11);
    dialog.confirm(answer(invite, 200));
    expect(dialog.routeSet).toHaveLength(2);
  });

  it('stays as it is where the 2xx cannot be used', () => {
    const dialog = calling(invite, answer(invite, 180, routed));
    expect(why(dialog.confirm(answer(invite, 200, { headers: [] })))).toContain('no Contact');
    expect(dialog.state).toBe('early');
    expect(dialog.routeSet).toHaveLength(2);
  });

  it('has one dialog for each fork', () => {
    const [one, other] = ['b1', 'b2'].map((toTag) => calling(invite, answer(invite, 180, { toTag })));
    expect(one!.id).not.toBe(other!.id);
  });
});

describe('a request within a dialog (§12.2.1.1)', () => {
  it('has the addresses, tags and Call-ID of the dialog, and the next number', () => {
    const dialog = made();
    const first = dialog.request({ method: 'NOTIFY', headers: [['Event', 'presence']] });
    expect(first.uri).toBe('sip:alice@192.0.2.1');
    expect(first.text('From')).toBe('<sip:bob@example.net>;tag=b1');
    expect(first.text('To')).toBe('"Alice" <sip:alice@example.com>;tag=a1');
    expect(first.text('Call-ID')).toBe('call@192.0.2.1');
    expect(first.text('Max-Forwards')).toBe('70');
    expect(first.text('Event')).toBe('presence');
    expect(first.get(Route)).toBeUndefined();
    expect(first.text('CSeq')).toBe('1 NOTIFY');
    expect(dialog.request({ method: 'BYE' }).text('CSeq')).toBe('2 BYE');
    expect(dialog.nextHop()?.text).toBe('sip:alice@192.0.2.1');
  });

  it('carries its body and the length of it', () => {
    const sent = made().request({ method: 'NOTIFY', body: new Uint8Array([1, 2, 3]) });
    expect(sent.text('Content-Length')).toBe('3');
    expect([...sent.body]).toEqual([1, 2, 3]);
  });

  it('goes through loose routers by Route', () => {
    const dialog = made({ more: withRoutes });
    const sent = dialog.request({ method: 'BYE' });
    expect(sent.uri).toBe('sip:alice@192.0.2.1');
    expect(sent.texts(Route)).toEqual(recorded);
    expect(dialog.nextHop()?.text).toBe('sip:p1.example;lr;x=1');
  });

  it('goes through strict routers by Request-URI: the example of the RFC', () => {
    const more = [
      'Record-Route: <sip:proxy1;transport=tcp;method=BYE?x=y>, <sip:proxy2>,<sip:proxy3;lr>',
      'Record-Route: <sip:proxy4>',
      'Contact: <sip:user@remoteua>',
    ];
    const dialog = made({ more });
    const sent = dialog.request({ method: 'BYE' });
    expect(sent.uri).toBe('sip:proxy1;transport=tcp');
    expect(sent.texts(Route)).toEqual([
      '<sip:proxy2>',
      '<sip:proxy3;lr>',
      '<sip:proxy4>',
      '<sip:user@remoteua>',
    ]);
    expect(dialog.nextHop()?.host).toBe('proxy1');
  });

  it('has no method and no headers of the Contact in its Request-URI', () => {
    const more = ['Contact: <sip:a:pw@[2001:db8::1]:5070;method=INVITE;ob?Subject=x>'];
    expect(made({ more }).request({ method: 'BYE' }).uri).toBe('sip:a:pw@[2001:db8::1]:5070;ob');
  });

  it('is none of a dialog that was terminated, and neither ACK nor CANCEL', () => {
    const dialog = made();
    expect(() => dialog.request({ method: 'ACK' })).toThrow('acknowledge');
    expect(() => dialog.request({ method: 'CANCEL' })).toThrow('cancel');
    dialog.terminate();
    expect(dialog.state).toBe('terminated');
    expect(() => dialog.request({ method: 'BYE' })).toThrow('terminated');
  });
});

describe('the ACK to a 2xx (§13.2.2.4)', () => {
  const credentials = ['Proxy-Authorization: Digest username="alice"', 'Authorization: Digest username="a"'];
  const invite = request({ sequence: 12, more: [...credentials, 'Contact: <sip:alice@192.0.2.1>'] });

  it('has the number and credentials of its INVITE, the route of the dialog, and takes no number', () => {
    const response = answer(invite, 200, {
      headers: [
        ['Record-Route', '<sip:p.example;lr>'],
        ['Contact', '<sip:bob@192.0.2.2>'],
      ],
    });
    const dialog = calling(invite, response);
    dialog.request({ method: 'UPDATE' });
    const ack = dialog.acknowledge(invite, { headers: [['Content-Type', 'application/sdp']] });
    expect(ack.method).toBe('ACK');
    expect(ack.uri).toBe('sip:bob@192.0.2.2');
    expect(ack.text('CSeq')).toBe('12 ACK');
    expect(ack.text('Proxy-Authorization')).toBe('Digest username="alice"');
    expect(ack.text('Authorization')).toBe('Digest username="a"');
    expect(ack.text('Content-Type')).toBe('application/sdp');
    expect(ack.texts(Route)).toEqual(['<sip:p.example;lr>']);
    expect(ack.text('To')).toBe('<sip:bob@example.net>;tag=b1');
    expect(dialog.localSequence).toBe(13);
  });

  it('is made of a terminated dialog, too', () => {
    const dialog = calling(invite, answer(invite, 200));
    dialog.terminate();
    expect(dialog.acknowledge(invite).text('CSeq')).toBe('12 ACK');
  });
});

describe('a request of the peer (§12.2.2)', () => {
  const within = (method: string, sequence: number, contact = 'sip:alice@192.0.2.9'): SipRequest =>
    request({ method, sequence, to: '<sip:bob@example.net>;tag=b1', more: [`Contact: <${contact}>`] });

  it('is in order with a higher number, gaps or not, and out of order otherwise', () => {
    const dialog = made();
    expect(dialog.receive(within('INFO', 11))).toBe(true);
    expect(dialog.receive(within('INFO', 40))).toBe(true);
    expect(dialog.receive(within('INFO', 40))).toBe(false);
    expect(dialog.receive(within('INFO', 39))).toBe(false);
    expect(dialog.remoteSequence).toBe(40);
    expect(dialog.receive(within('INFO', 41))).toBe(true);
  });

  it('gives the first number where we began', () => {
    const invite = request();
    const dialog = calling(invite, answer(invite, 200));
    expect(dialog.receive(within('INFO', 3))).toBe(true);
    expect(dialog.remoteSequence).toBe(3);
    expect(dialog.receive(within('INFO', 2))).toBe(false);
  });

  it('has the number of the INVITE where it is an ACK or CANCEL', () => {
    const dialog = made();
    expect(dialog.receive(within('ACK', 10))).toBe(true);
    expect(dialog.receive(within('CANCEL', 10))).toBe(true);
    expect(dialog.remoteSequence).toBe(10);
  });

  it('moves the target where it is a target refresh, and nothing else', () => {
    const dialog = made({ more: withRoutes });
    for (const method of ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY']) {
      const contact = `sip:${method.toLowerCase()}@192.0.2.9`;
      expect(dialog.refresh(within(method, 11, contact))).toBeUndefined();
      expect(dialog.remoteTarget).toBe(contact);
    }
    for (const method of ['ACK', 'INFO', 'BYE']) dialog.refresh(within(method, 11, 'sip:other@192.0.2.9'));
    expect(dialog.remoteTarget).toBe('sip:notify@192.0.2.9');
    expect(dialog.routeSet).toEqual(recorded);
  });

  it('keeps the target where it has no Contact, or one that cannot be used', () => {
    const dialog = made();
    expect(dialog.refresh(request({ more: [] }))).toBeUndefined();
    expect(why(dialog.refresh(within('INVITE', 11, 'tel:1')))).toBe('a Contact that is no SIP or SIPS URI');
    expect(why(dialog.refresh(request({ more: ['Contact: <sip:'] })))).not.toBe('fine');
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.1');
  });

  it('confirms an early dialog when we accept it', () => {
    const dialog = made({}, { state: 'early' });
    expect(dialog.state).toBe('early');
    dialog.accepted();
    expect(dialog.state).toBe('confirmed');
    dialog.terminate();
    dialog.accepted();
    expect(dialog.state).toBe('terminated');
  });
});

describe('a response within a dialog (§12.2.1.2)', () => {
  it('moves the target where it is the 2xx to a target refresh', () => {
    const dialog = made();
    const moved = (status: number, method: string): string => {
      const headers = [['Contact', `<sip:${method}${status}@192.0.2.9>`]] as const;
      dialog.refresh(answer(dialog.request({ method }), status, { headers }));
      return dialog.remoteTarget;
    };
    expect(moved(200, 'INVITE')).toBe('sip:INVITE200@192.0.2.9');
    expect(moved(180, 'INVITE')).toBe('sip:INVITE200@192.0.2.9');
    expect(moved(302, 'INVITE')).toBe('sip:INVITE200@192.0.2.9');
    expect(moved(200, 'INFO')).toBe('sip:INVITE200@192.0.2.9');
  });

  it('ends the dialog where it is 481 or 408', () => {
    expect([200, 404, 408, 480, 481, 503].filter(endsDialog)).toEqual([408, 481]);
  });
});

describe('the Contact of the response that makes a dialog (§12.1.1)', () => {
  it.each([
    [{}, 'sip'],
    [{ uri: 'sips:bob@example.net' }, 'sips'],
    [{ more: ['Contact: <sips:alice@192.0.2.1>'] }, 'sips'],
    [{ more: ['Record-Route: <sips:p;lr>, <sip:q;lr>', 'Contact: <sip:alice@192.0.2.1>'] }, 'sips'],
    [{ more: ['Record-Route: <sip:p;lr>', 'Contact: <sips:alice@192.0.2.1>'] }, 'sip'],
    [{ more: ['Contact: *'] }, 'sip'],
  ])('to %j is %s', (lines, expected) => {
    expect(contactScheme(request(lines))).toBe(expected);
  });
});

describe('two user agents', () => {
  it('see one dialog from both sides, and route to each other over the same proxies', () => {
    const invite = request({
      more: [`Record-Route: ${recorded.join(', ')}`, 'Contact: <sip:alice@192.0.2.1>'],
    });
    const ok = answer(invite, 200, { recordRoute: true });
    const bob = dialogOfRequest(invite, uas);
    if (isMalformed(bob)) throw new Error(bob.why);
    const alice = calling(invite, ok);
    expect([alice.localTag, alice.remoteTag]).toEqual([bob.remoteTag, bob.localTag]);
    expect(alice.routeSet).toEqual([...bob.routeSet].reverse());
    const bye = alice.request({ method: 'BYE' });
    expect(dialogIdOf(bye)).toBe(bob.id);
    expect(bob.receive(bye)).toBe(true);
    const notify = bob.request({ method: 'NOTIFY' });
    expect(dialogIdOf(notify)).toBe(alice.id);
    expect(alice.receive(notify)).toBe(true);
  });
});
