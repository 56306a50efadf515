import { describe, expect, it } from 'vitest';
import { ackOf, requestOf, TransactionLayer, testFlow } from '../../../../tools/testing/transaction-layer.ts';
import { buildResponse } from '../message/build.ts';
import { edit } from '../message/edit.ts';
import { CSeq } from '../message/fields.ts';
import { SipRequest } from '../message/message.ts';
import { parseHead } from '../message/parse.ts';
import { Via } from '../message/via.ts';
import { cancelOf } from './hop-by-hop.ts';

const changed = (request: SipRequest, from: string | RegExp, to: string): SipRequest => {
  const message = parseHead(request.head.replace(from, to), request.body);
  if (!(message instanceof SipRequest)) throw new Error('no request any more');
  return message;
};

describe('matching requests (RFC 3261 §17.2.3)', () => {
  const isNew = (first: SipRequest, second: SipRequest): boolean => {
    const layer = new TransactionLayer();
    layer.transactions.requestArrived(first, testFlow());
    layer.transactions.requestArrived(second, testFlow());
    return layer.served.length === 2;
  };
  const invite = requestOf('INVITE');

  it('the same branch, sent-by and method is a retransmission', () =>
    expect(isNew(invite, invite)).toBe(false));
  it('another branch is another request', () =>
    expect(isNew(invite, requestOf('INVITE', 'z9hG4bK2'))).toBe(true));
  it('another sent-by host is another request', () =>
    expect(isNew(invite, changed(invite, '198.51.100.9', '198.51.100.8'))).toBe(true));
  it('another sent-by port is another request', () =>
    expect(isNew(invite, changed(invite, ':5060;', ':5062;'))).toBe(true));
  it('another method is another request', () => expect(isNew(invite, requestOf('MESSAGE'))).toBe(true));
  it('the host in another case is the same', () => {
    const named = changed(invite, '198.51.100.9', 'Phone.Example');
    expect(isNew(named, changed(invite, '198.51.100.9', 'phone.EXAMPLE'))).toBe(false);
  });
  it('what the headers say besides does not matter', () =>
    expect(isNew(invite, changed(invite, 'call-1', 'call-2'))).toBe(false));
});

describe('matching requests of RFC 2543 (§17.2.3)', () => {
  for (const branch of ['', ';branch=1', ';branch=z9hG4bK']) {
    const old = changed(requestOf('INVITE'), ';branch=z9hG4bK1', branch);
    const handed = (second: SipRequest): number => {
      const layer = new TransactionLayer();
      layer.transactions.requestArrived(old, testFlow());
      layer.transactions.requestArrived(second, testFlow());
      return layer.served.length;
    };
    const title = branch === '' ? 'without branch' : `with the branch "${branch.slice(8)}"`;

    it(`${title}: the same again is a retransmission`, () => expect(handed(old)).toBe(1));
    it(`${title}: another Call-ID, CSeq, From, Via or Request-URI is another request`, () => {
      expect(handed(changed(old, 'call-1', 'call-2'))).toBe(2);
      expect(handed(changed(old, 'CSeq: 1', 'CSeq: 2'))).toBe(2);
      expect(handed(changed(old, 'tag=a', 'tag=b'))).toBe(2);
      expect(handed(changed(old, '198.51.100.9:5060', '198.51.100.9:5070'))).toBe(2);
      expect(handed(changed(old, 'sip:bob@home.example SIP', 'sip:carol@home.example SIP'))).toBe(2);
    });

    it(`${title}: the ACK of a refusal is absorbed, though its To has a tag`, () => {
      const layer = new TransactionLayer();
      const served = layer.serves(old);
      served.respond(buildResponse(old, 486, { toTag: 'b' }));
      const ack = changed(
        changed(old, /INVITE/g, 'ACK'),
        'To: <sip:bob@home.example>',
        'To: <sip:bob@home.example>;tag=b',
      );
      layer.transactions.requestArrived(ack, testFlow());
      expect(served.state).toBe('confirmed');
    });
  }
});

describe('matching responses (§17.1.3)', () => {
  const strays = (change: (head: string) => string): boolean => {
    const layer = new TransactionLayer();
    const asked = layer.asks('MESSAGE');
    const response = parseHead(change(layer.answerTo(asked, 200).head));
    if (!('status' in response)) throw new Error('no response any more');
    layer.transactions.responseArrived(response, testFlow());
    return layer.told.at(-1)?.what === 'stray response';
  };

  it('takes the top branch and the method of CSeq', () => expect(strays((head) => head)).toBe(false));
  it('not another branch', () =>
    expect(strays((head) => head.replace('z9hG4bKours', 'z9hG4bKtheirs'))).toBe(true));
  it('not another method', () => expect(strays((head) => head.replace('1 MESSAGE', '1 INVITE'))).toBe(true));
  it('not without a branch', () =>
    expect(strays((head) => head.replace(';branch=z9hG4bKours', ''))).toBe(true));

  it('an answer to the CANCEL is not one to its INVITE', () => {
    const layer = new TransactionLayer();
    const invite = layer.asks('INVITE');
    layer.transactions.responseArrived(layer.answerTo(invite, 180), testFlow());
    layer.transactions.cancel(invite);
    const cancel = layer.sent.at(-1)!.message as SipRequest;
    layer.transactions.responseArrived(buildResponse(cancel, 200), testFlow());
    expect(invite.state).toBe('proceeding');
  });

  it('a branch may not be used twice', () => {
    const layer = new TransactionLayer();
    layer.asks('INVITE');
    expect(() => layer.asks('INVITE')).toThrow('not new');
    expect(() => layer.asks('INVITE', testFlow(), 'plain')).toThrow('not new');
  });
});

describe('ACK', () => {
  it('of no transaction is passed up: it belongs to a dialog', () => {
    const layer = new TransactionLayer();
    layer.transactions.requestArrived(requestOf('ACK'), testFlow());
    expect(layer.told.map(({ what }) => what)).toEqual(['ACK']);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('of ours for a refusal has the INVITE’s branch, Route and CSeq number, and the response’s To', () => {
    const layer = new TransactionLayer();
    const request = edit(requestOf('INVITE', 'z9hG4bKours'))
      .append({ name: 'Route' }, '<sip:a;lr>')
      .append({ name: 'Route' }, '<sip:b;lr>')
      .build();
    const flow = testFlow();
    const user = { responseReceived: () => undefined, requestFailed: () => undefined };
    layer.transactions.request(request, flow, 'z9hG4bKours', user);
    layer.transactions.responseArrived(buildResponse(request, 486, { toTag: 'b' }), flow);
    const ack = layer.sent.at(-1)!.message as SipRequest;
    expect(ack.method).toBe('ACK');
    expect(ack.uri).toBe(request.uri);
    expect(ack.texts(Via)).toEqual(request.texts(Via));
    expect(ack.get(CSeq)).toEqual({ sequence: 1, method: 'ACK' });
    expect(ack.text('To')).toBe('<sip:bob@home.example>;tag=b');
    expect(ack.head.match(/^Route: .*$/gm)).toEqual(['Route: <sip:a;lr>', 'Route: <sip:b;lr>']);
  });
});

describe('CANCEL (§9.2)', () => {
  it('is answered 200 by itself and told, where its INVITE has no final answer', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    layer.serves(invite).respond(buildResponse(invite, 180, { toTag: 'b' }));
    layer.forget();
    layer.transactions.requestArrived(cancelOf(invite), testFlow());
    expect(layer.told.map(({ what }) => what)).toEqual(['CANCEL']);
    expect(layer.sent[0]!.message.head).toMatch(/^SIP\/2\.0 200 .*\r\n(.*\r\n)*To: .*;tag=b\r\n/);
  });

  it('is answered 200 and not told, where its INVITE was answered', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    layer.serves(invite).respond(buildResponse(invite, 200, { toTag: 'b' }));
    layer.forget();
    layer.transactions.requestArrived(cancelOf(invite), testFlow());
    expect(layer.told).toEqual([]);
    expect(layer.timesOf(200)).toEqual([0]);
  });

  it('of nothing is answered 481, and costs no memory', () => {
    const layer = new TransactionLayer();
    layer.transactions.requestArrived(cancelOf(requestOf('INVITE')), testFlow());
    expect(layer.timesOf(481)).toEqual([0]);
    expect(layer.transactions.size.servers).toBe(0);
  });

  it('does not cancel what is no INVITE', () => {
    const layer = new TransactionLayer();
    layer.serves(requestOf('MESSAGE'));
    layer.transactions.requestArrived(cancelOf(requestOf('MESSAGE')), testFlow());
    expect(layer.timesOf(481)).toEqual([0]);
  });

  it('that comes again is answered the same again, and told once', () => {
    const layer = new TransactionLayer();
    const invite = requestOf('INVITE');
    layer.serves(invite);
    layer.transactions.requestArrived(cancelOf(invite), testFlow());
    layer.transactions.requestArrived(cancelOf(invite), testFlow());
    expect(layer.timesOf(200)).toEqual([0, 0]);
    expect(layer.told.filter(({ what }) => what === 'CANCEL')).toHaveLength(1);
  });

  it('of ours is sent once for an INVITE', () => {
    const layer = new TransactionLayer();
    const invite = layer.asks('INVITE');
    layer.transactions.cancel(invite);
    layer.transactions.cancel(invite);
    expect(layer.timesOf('CANCEL')).toEqual([0]);
  });
});

describe('flows that break', () => {
  it('fail the requests that wait on the connection, and no others', () => {
    const layer = new TransactionLayer();
    const [broken, whole] = [testFlow('tcp', 1), testFlow('tcp', 2)];
    layer.asks('INVITE', broken, 'z9hG4bK-a');
    layer.asks('MESSAGE', broken, 'z9hG4bK-b');
    layer.asks('INVITE', whole, 'z9hG4bK-c');
    broken.open = false;
    layer.transactions.flowFailed(broken, { why: 'reset' });
    expect(layer.told.map(({ what }) => what)).toEqual(['transport error: reset', 'transport error: reset']);
    expect(layer.transactions.size.clients).toBe(1);
  });

  it('that are closed when a request is sent fail it, a moment later', () => {
    const layer = new TransactionLayer();
    const flow = testFlow('tcp');
    flow.open = false;
    layer.asks('INVITE', flow);
    expect(layer.told).toEqual([]);
    layer.passes(1);
    expect(layer.told[0]?.what).toMatch(/^transport error: /);
    expect(layer.transactions.size.clients).toBe(0);
  });

  it('that close before a retransmission fail it', () => {
    const layer = new TransactionLayer();
    const flow = testFlow();
    layer.asks('INVITE', flow);
    flow.open = false;
    layer.passes(500);
    expect(layer.told[0]?.what).toMatch(/^transport error: /);
  });

  it('under an answer: it goes to the source address at the sent-by port (§18.2.2)', () => {
    const layer = new TransactionLayer();
    const flow = testFlow('tcp', 40_000);
    const invite = changed(
      requestOf('INVITE'),
      'UDP 198.51.100.9:5060',
      'TCP phone.example:5066;received=198.51.100.9',
    );
    const served = layer.serves(invite, flow);
    flow.open = false;
    layer.otherFlow = testFlow('tcp', 5066);
    served.respond(buildResponse(invite, 486, { toTag: 'b' }));
    expect(layer.destinations).toEqual([{ transport: 'tcp', address: '198.51.100.9', port: 5066 }]);
    expect(layer.sent.at(-1)?.flow).toBe(layer.otherFlow);
  });

  it('under an answer with no other way: that is reported, and the ACK still matches', () => {
    const layer = new TransactionLayer();
    const flow = testFlow('tcp', 40_000);
    const invite = changed(requestOf('INVITE'), 'UDP', 'TCP');
    const served = layer.serves(invite, flow);
    flow.open = false;
    served.respond(buildResponse(invite, 486, { toTag: 'b' }));
    expect(layer.told.at(-1)?.what).toMatch(/^response failed: /);
    expect(served.state).toBe('completed');
    layer.transactions.requestArrived(ackOf(invite), testFlow('tcp'));
    expect(served.state).toBe('confirmed');
  });

  it('under an answer to a WebSocket client: nowhere else to go (RFC 7118 §5)', () => {
    const layer = new TransactionLayer();
    const flow = testFlow('ws', 40_000);
    const invite = changed(requestOf('INVITE'), 'UDP', 'WS');
    const served = layer.serves(invite, flow);
    flow.open = false;
    served.respond(buildResponse(invite, 486, { toTag: 'b' }));
    expect(layer.destinations).toEqual([]);
  });

  it('all end in silence with the layer', () => {
    const layer = new TransactionLayer();
    layer.asks('INVITE');
    layer.serves(requestOf('INVITE'));
    layer.transactions.close();
    layer.forget();
    layer.passes(100_000);
    expect([layer.sent, layer.told, layer.wheel.size]).toEqual([[], [], 0]);
    expect(layer.transactions.size).toEqual({ servers: 0, clients: 0 });
  });
});
