import { buildRequest, type HeaderLines, type SipRequest, SipResponse } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { SERVER_ADDRESS } from '../world/network.ts';
import { gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Who can reach the SIP port of a phone, and is not its server: nobody has asked him for a password. */
const STRANGER = { address: '198.51.100.66', port: 5080 };
const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n';

let serial = 0;
const asks = (
  method: string,
  { from = 'sip:stranger@evil.example', headers = [] as HeaderLines } = {},
): SipRequest => {
  serial++;
  return buildRequest({
    method,
    uri: 'sip:alice@203.0.113.11:5060',
    headers: [
      ['Via', `SIP/2.0/UDP 198.51.100.66:5080;branch=z9hG4bK-stranger-${serial}`],
      ['Max-Forwards', '70'],
      ['From', `<${from}>;tag=x${serial}`],
      ['To', '<sip:alice@home.example>'],
      ['Call-ID', `stranger-${serial}`],
      ['CSeq', `1 ${method}`],
      ['Contact', '<sip:stranger@198.51.100.66:5080>'],
      ['Content-Type', method === 'MESSAGE' ? 'text/plain' : 'application/sdp'],
      ...headers,
    ],
    body: Uint8Array.from(method === 'OPTIONS' ? '' : SDP, (one) => one.charCodeAt(0)),
  });
};

describe('a registered user agent', () => {
  let world: World;
  let alice: UserAgentPhone;
  const answers = (): SipResponse[] =>
    alice.sent.filter((message): message is SipResponse => message instanceof SipResponse);

  beforeEach(() => {
    world = new World({ users: ['alice', 'carol'] });
    alice = new UserAgentPhone(world, 'alice').registers();
  });

  it.each(['INVITE', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE'])(
    'refuses %s that comes past its server, keeps nothing of it and tells nothing of itself',
    (method) => {
      const kept = alice.agent.kept;
      alice.hears(asks(method), STRANGER);
      expect(answers().map(({ status }) => status)).toEqual([403]);
      const [answer] = answers();
      for (const name of ['Allow', 'Contact', 'Supported', 'User-Agent', 'Server'])
        expect(answer?.text(name), name).toBeUndefined();
      expect(alice.agent.kept).toEqual(kept);
      expect(alice.kinds).not.toContain('incoming call');
      expect(alice.kinds).not.toContain('message');
      expect(alice.last('dropped').why).toBe(`${method} from 198.51.100.66:5080, which is not our server`);
    },
  );

  it('tells of those who come often once a minute, and of how many', () => {
    for (let time = 0; time < 5; time++) alice.hears(asks('OPTIONS'), STRANGER);
    passes(world, [alice], 61_000);
    alice.hears(asks('INVITE'), STRANGER);
    expect(answers().map(({ status }) => status)).toEqual(Array(6).fill(403));
    expect(alice.events.flatMap((event) => (event.kind === 'dropped' ? [event.why] : []))).toEqual([
      'OPTIONS from 198.51.100.66:5080, which is not our server',
      'INVITE from 198.51.100.66:5080, which is not our server; before it 4 more',
    ]);
  });

  it('takes what its server says, from whatever port it speaks', () => {
    alice.hears(asks('INVITE'), { address: SERVER_ADDRESS, port: 41_234 });
    expect(alice.ringing.isDirect).toBe(false);
  });

  it('takes nothing in clear from the address of a server that it speaks TLS with', () => {
    alice = new UserAgentPhone(world, 'carol', { transport: 'tls' }).registers();
    alice.hears(asks('INVITE'), { address: SERVER_ADDRESS, port: 5060 });
    expect(answers().map(({ status }) => status)).toEqual([403]);
    alice.hears(asks('INVITE'), { address: SERVER_ADDRESS, port: 5061 }, 'tls');
    expect(alice.ringing.isDirect).toBe(false);
  });

  it('still knows its server while it registers anew', () => {
    alice.loses = () => true;
    alice.does((agent) => agent.moved());
    alice.hears(asks('INVITE'), { address: SERVER_ADDRESS, port: 5060 });
    expect(alice.ringing.isDirect).toBe(false);
    alice.hears(asks('OPTIONS'), STRANGER);
    expect(answers().at(-1)?.status).toBe(403);
  });

  it('is open to nobody because it was refused', () => {
    const mallory = new UserAgentPhone(world, 'nobody');
    mallory.does((agent) => agent.register());
    expect(mallory.agent.registration).toBe('refused');
    mallory.hears(asks('INVITE'), STRANGER);
    expect(mallory.kinds).not.toContain('incoming call');
  });

  it('takes all of it where that is wanted, and says that it came so', () => {
    alice = new UserAgentPhone(world, 'carol', { direct: true }).registers();
    alice.hears(asks('OPTIONS'), STRANGER);
    expect(answers().map(({ status }) => status)).toEqual([200]);
    alice.hears(asks('INVITE'), STRANGER);
    expect(alice.ringing.isDirect).toBe(true);
  });

  it('that never registers is called by anybody', () => {
    const lone = new UserAgentPhone(world, 'carol');
    lone.hears(asks('INVITE'), STRANGER);
    expect(lone.ringing.isDirect).toBe(true);
  });
});

describe('a phone', () => {
  let stage: Stage;
  const invite = (from: string) => asks('INVITE', { from, headers: [['Supported', '100rel']] });
  const isEarly = ({ platform }: StagedPhone): boolean =>
    platform.media.requests.some((request) => request.kind === 'answer' && request.early);

  beforeEach(() => {
    stage = new Stage(new World({ users: ['alice', 'bob'] }));
  });

  it('tells who looks for a reason of strangers, and nobody else', async () => {
    const { phone, platform } = await stage.phone('alice');
    const told = gathered(phone.events());
    platform.opened.hears(asks('INVITE'), STRANGER);
    await stage.passes(100);
    expect(told.map(({ kind }) => kind).filter((kind) => kind !== 'signalling')).toEqual(['dropped']);
    expect(phone.calls).toEqual([]);
  });

  it('does not make the way ready for a From of its own domain that comes past the server', async () => {
    const alice = await stage.phone('alice', { direct: true });
    const incoming = alice.phone.incoming();
    alice.platform.opened.hears(invite('sip:bob@home.example'), STRANGER);
    const { value: call } = await stage.settled(incoming.next());
    await stage.passes(100);
    expect([call?.isDirect, call?.peer.uri, isEarly(alice)]).toEqual([true, 'sip:bob@home.example', false]);
  });

  const OF_SERVER = { address: SERVER_ADDRESS, port: 5060 };

  it.each([
    ['who came past the server', STRANGER, 'sip:bob@home.example', undefined, false],
    ['who came past the server, where that is wanted', STRANGER, 'sip:bob@home.example', 'follow', true],
    ['a caller of another domain', OF_SERVER, 'sip:mallory@evil.example', undefined, false],
    [
      'a caller of another domain, where that is wanted',
      OF_SERVER,
      'sip:mallory@evil.example',
      'follow',
      true,
    ],
    ['a caller of its domain', OF_SERVER, 'sip:bob@HOME.example', undefined, true],
  ] as const)('calls somebody else, or not, for %s', async (_who, place, from, transfers, follows) => {
    const alice = await stage.phone('alice', { direct: true, ...(transfers && { transfers }) });
    const { opened } = alice.platform;
    const incoming = alice.phone.incoming();
    const route = `<sip:${place.address}:${place.port};lr>`;
    const invite = asks('INVITE', { from, headers: [['Record-Route', route]] });
    opened.hears(invite, place);
    const { value: call } = await stage.settled(incoming.next());
    const answered = call?.answer();
    await stage.passes(100);
    const accepted = opened.sent.find(
      (message) =>
        message instanceof SipResponse && message.status === 200 && message.text('CSeq') === '1 INVITE',
    );
    const within = (method: string, cseq: number, headers: HeaderLines = []): SipRequest =>
      buildRequest({
        method,
        uri: 'sip:alice@203.0.113.11:5060',
        headers: [
          ['Via', `SIP/2.0/UDP 198.51.100.66:5080;branch=z9hG4bK-within-${method}-${++serial}`],
          ['Max-Forwards', '70'],
          ['From', invite.text('From')!],
          ['To', accepted!.text('To')!],
          ['Call-ID', invite.text('Call-ID')!],
          ['CSeq', `${cseq} ${method}`],
          ['Contact', '<sip:stranger@198.51.100.66:5080>'],
          ...headers,
        ],
      });
    opened.hears(within('ACK', 1), place);
    await stage.settled(answered!);
    opened.hears(within('REFER', 2, [['Refer-To', '<sip:expensive@elsewhere.example>']]), place);
    await stage.passes(100);
    const notified = alice.platform
      .sent('NOTIFY')
      .map(({ body }) => /^SIP\/2\.0 (\d+)/.exec(String.fromCharCode(...body))?.[1]);
    expect(notified).toContain('100');
    expect(notified.includes('603')).toBe(!follows);
    expect(alice.platform.sent('INVITE').length > 0).toBe(follows);
  });
});
