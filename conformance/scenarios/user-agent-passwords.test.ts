import {
  buildRequest,
  buildResponse,
  CSeq,
  type HeaderLines,
  SipRequest,
  SipResponse,
  type SocketAddress,
} from '@ringdown/sip';
import { causes } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { SERVER_ADDRESS } from '../world/network.ts';
import { worldWithPasswords } from '../world/passwords.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Who would like to try passwords: a digest that he may choose the nonce of is all that he needs. */
const MALLORY: SocketAddress = { address: '198.51.100.66', port: 5080 };
const HERE = `${MALLORY.address}:${MALLORY.port}`;
const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';

const says = (
  method: string,
  sequence: number,
  more: HeaderLines = [],
  body = '',
  callId = 'mallory',
): SipRequest =>
  buildRequest({
    method,
    uri: 'sip:alice@203.0.113.11:5060',
    headers: [
      ['Via', `SIP/2.0/UDP ${HERE};branch=z9hG4bK-${method}-${callId}`],
      ['Max-Forwards', '70'],
      ['From', '<sip:mallory@evil.example>;tag=m'],
      ['Call-ID', callId],
      ['CSeq', `${sequence} ${method}`],
      ['Contact', `<sip:mallory@${HERE}>`],
      ...more,
    ],
    body: Uint8Array.from(body, (one) => one.charCodeAt(0)),
  });

const shown = (message: SipRequest): readonly (string | undefined)[] => [
  message.text('Authorization'),
  message.text('Proxy-Authorization'),
];

describe('the password of a phone that calls through its server', () => {
  it.each([
    ['in the realm that the proxy has asked for', 'home.example', []],
    ['among others', 'home.example', ['other.example']],
  ])('is not shown to the one called who asks for it %s', (_, realm, others) => {
    const world = new World({ users: ['alice', 'carol'] });
    const alice = new UserAgentPhone(world, 'alice').registers();
    const headers = [...others, realm].map(
      (one) => ['WWW-Authenticate', `Digest realm="${one}", nonce="mine", algorithm=MD5`] as const,
    );
    // A server that passes on what whoever is called says; ours would not.
    alice.inItsPlace = (request) =>
      request.method !== 'ACK' && request.text('Proxy-Authorization') !== undefined
        ? buildResponse(request, 401, { toTag: 'c', headers })
        : undefined;
    alice.calls('carol');
    passes(world, [alice], 100);
    expect(alice.last('call ended').cause).toEqual({ status: 401, ...causes.asked });
    alice.does((agent) => agent.message('carol', 'hello'));
    passes(world, [alice], 100);
    expect(alice.last('message failed').cause).toEqual({ status: 401, ...causes.asked });
    expect(alice.sent.map(({ head }) => head).join()).not.toContain('mine');
  });

  it('is shown to the server that asks for it as registrar, too', () => {
    const world = worldWithPasswords(['alice', 'bob']);
    const alice = new UserAgentPhone(world, 'alice', { password: "alice's" }).registers();
    alice.does((agent) => agent.message('bob', 'hello')); // 407
    passes(world, [alice], 100);
    alice.does((agent) => agent.watch('bob')); // 401
    passes(world, [alice], 100);
    expect(alice.requests('SUBSCRIBE').at(-1)?.text('Authorization')).toContain('realm="home.example"');
  });

  it('is shown to a server that asks for it by 401, where no proxy did', () => {
    const world = new World({ users: ['alice', 'carol'] });
    const alice = new UserAgentPhone(world, 'alice').registers();
    alice.inItsPlace = (request) =>
      request.method === 'INVITE' && request.text('Authorization') === undefined
        ? buildResponse(request, 401, {
            headers: [['WWW-Authenticate', 'Digest realm="home.example", nonce="theirs", algorithm=MD5']],
          })
        : undefined;
    alice.calls('carol');
    passes(world, [alice], 100);
    expect(alice.requests('INVITE').at(-1)?.text('Authorization')).toContain('nonce="theirs"');
  });
});

describe('the password of a phone that is called past its server', () => {
  let world: World;
  let alice: UserAgentPhone;

  beforeEach(() => {
    world = worldWithPasswords(['alice']);
    alice = new UserAgentPhone(world, 'alice', { password: "alice's", direct: true }).registers();
    // The proxy asks, too.
    alice.does((agent) => agent.message('alice', 'to myself'));
    alice.hears(
      says(
        'INVITE',
        1,
        [
          ['To', '<sip:alice@home.example>'],
          ['Content-Type', 'application/sdp'],
        ],
        SDP,
      ),
      MALLORY,
    );
    alice.does(() => alice.ringing.answer());
    const answer = alice.sent.findLast((one) => one instanceof SipResponse && one.status === 200);
    alice.hears(says('ACK', 1, [['To', answer!.text('To')!]]), MALLORY);
    expect(alice.ringing.state).toBe('established');
  });

  const byes = (): SipRequest[] =>
    alice.requests('BYE').filter((one): one is SipRequest => one instanceof SipRequest);

  it('is not shown to the caller, though the server has asked for it', () => {
    alice.does(() => alice.ringing.hangUp());
    passes(world, [alice], 100);
    const asked = alice.requests('MESSAGE').at(-1);
    expect(asked instanceof SipRequest && shown(asked)[1]).toContain('realm="home.example"');
    expect(byes().length).toBeGreaterThan(0);
    expect(
      byes()
        .flatMap(shown)
        .every((one) => one === undefined),
    ).toBe(true);
  });

  it.each([401, 407])('is not shown to the caller who asks for it (%i)', (status) => {
    alice.does(() => alice.ringing.hangUp());
    passes(world, [alice], 100);
    const [bye] = byes();
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const challenge = 'Digest realm="home.example", nonce="mine", algorithm=MD5';
    alice.hears(buildResponse(bye!, status, { headers: [[name, challenge]] }), MALLORY);
    passes(world, [alice], 100);
    expect(byes().every((one) => one.get(CSeq)?.sequence === bye!.get(CSeq)?.sequence)).toBe(true);
    expect(alice.ringing.state).toBe('ended');
  });

  it('is shown to the server alone, where a proxy of the Route at another address asks for it', () => {
    const routed = { address: '198.51.100.77', port: 5060 };
    const offer = says(
      'INVITE',
      1,
      [
        ['To', '<sip:alice@home.example>'],
        ['Record-Route', `<sip:${routed.address};lr>`],
        ['Content-Type', 'application/sdp'],
      ],
      SDP,
      'routed',
    );
    alice.hears(offer, routed);
    alice.does(() => alice.ringing.answer());
    const answer = alice.sent.findLast((one) => one instanceof SipResponse && one.status === 200);
    alice.hears(says('ACK', 1, [['To', answer!.text('To')!]], '', 'routed'), routed);
    alice.does(() => alice.ringing.hangUp());
    passes(world, [alice], 100);
    const bye = byes().at(-1)!;
    expect(alice.sentTo[alice.sent.indexOf(bye)]).toContain(routed.address);
    expect(shown(bye)).toEqual([undefined, undefined]);
    const challenge = 'Digest realm="home.example", nonce="mine", algorithm=MD5';
    alice.hears(buildResponse(bye, 407, { headers: [['Proxy-Authenticate', challenge]] }), routed);
    passes(world, [alice], 100);
    const again = byes().at(-1)!;
    expect(again.get(CSeq)?.sequence).toBeGreaterThan(bye.get(CSeq)!.sequence);
    expect(alice.sentTo[alice.sent.indexOf(again)]).toContain(SERVER_ADDRESS);
    expect(shown(again).join()).not.toContain('mine');
  });
});
