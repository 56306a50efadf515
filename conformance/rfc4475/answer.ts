import { wallTime } from '@ringdown/sans-io';
import {
  type DnsAnswer,
  type DnsQuestion,
  From,
  isSipUri,
  Malformed,
  parseMessage,
  parseUri,
  type SipMessage,
  SipRequest,
  To,
  unescapeUri,
} from '@ringdown/sip';
import type { Account, Domain } from '../../packages/provider/src/accounts/account.ts';
import type { Authenticator } from '../../packages/provider/src/identity/authenticate.ts';
import { refuse } from '../../packages/provider/src/incoming.ts';
import { testText } from '../../tools/testing/hashes.ts';
import { World } from '../world/world.ts';

/** Domains of the provider that gets the messages: those that they are from and for. */
const DOMAINS = ['example.com', 'example.net'] as const;
const SINK = '203.0.113.7';

/** What a message brought about. */
export interface Answer {
  /** Statuses and `forwarded`, in order; `silence` where nothing happened; `closed` where the connection was ended. */
  readonly wire: string;
  /** What came back. */
  readonly heard: readonly SipMessage[];
  /** What the next hop received. */
  readonly forwarded: readonly SipRequest[];
}

/** Believes everybody to be who they say, but asks those again who show what no Digest is. */
const trusting: Pick<Authenticator, 'authenticate'> = {
  authenticate: ({ request }, kind, domain) => {
    const shown = request.text('Authorization');
    if (shown !== undefined && !/^Digest /i.test(shown))
      return refuse(kind === 'registrar' ? 401 : 407, 'no Digest');
    const claimed = request.get(request.method === 'REGISTER' ? To : From)?.uri;
    const user = claimed !== undefined && isSipUri(claimed) ? claimed.user : undefined;
    return { kind: 'identified', account: accountOf(unescapeUri(user ?? ''), domain) };
  },
};

const accountOf = (username: string, { name, realm }: Domain): Account => ({
  id: 1,
  username,
  domain: name,
  realm,
  authUsername: username,
  displayName: undefined,
  ha1: { MD5: '', 'SHA-256': '', 'SHA-512-256': '' },
  passwordVersion: 1,
});

const everywhere = ({ name, type }: DnsQuestion): DnsAnswer =>
  type === 'A'
    ? { kind: 'records', records: [{ type, name, address: SINK, ttlSeconds: 60 }] }
    : { kind: 'failed', failure: 'no data' };

/** Gives the bytes to a provider and says what it does in its first two seconds. */
export const answerTo = (bytes: Uint8Array, transport: 'udp' | 'tcp'): Answer => {
  const world = new World({ domains: DOMAINS, authenticator: trusting, dns: everywhere });
  const sink = world.phone('sink', { address: SINK, listens: ['udp', 'tcp'] });
  bindTarget(world, bytes, sink.flow.key);
  const loopback = world.phone('sink', { address: '127.0.0.1', port: 5080 });
  const sender = world.phone('sender', { transport });
  const { flow } = sender;
  world.network.later(() => world.network.arriveAtProvider(flow, bytes));
  world.passes(100);
  const asked = [...sink.asked, ...loopback.asked];
  const outcomes = [
    ...sender.heard.map(({ message }) => ('status' in message ? String(message.status) : message.method)),
    ...asked.map(() => 'forwarded'),
    ...(flow.open ? [] : ['closed']),
  ];
  return {
    wire: outcomes.length === 0 ? 'silence' : outcomes.join(', '),
    heard: sender.heard.map(({ message }) => message),
    forwarded: asked.map(({ request }) => request),
  };
};

/** Lets the user that the message is for have a phone. */
const bindTarget = (world: World, bytes: Uint8Array, flow: string): void => {
  const message = parseMessage(testText.latin1(bytes), bytes);
  if (message instanceof Malformed || !(message instanceof SipRequest)) return;
  const uri = parseUri(message.uri);
  if (uri instanceof Malformed || !isSipUri(uri) || uri.user === undefined) return;
  const domain = world.domains.of(uri);
  if (domain === undefined) return;
  const aor = `${unescapeUri(uri.user)}@${domain.name}`;
  const contact = `sip:phone@${SINK}`;
  world.location.set(aor, [
    {
      aor,
      key: contact,
      contact,
      contactParameters: '',
      q: 1000,
      expiresAt: wallTime(Number.MAX_SAFE_INTEGER),
      callId: '',
      cseq: 0,
      path: '',
      flow,
      received: '',
      userAgent: '',
      accountId: 1,
      registeredAt: wallTime(0),
    },
  ]);
};
