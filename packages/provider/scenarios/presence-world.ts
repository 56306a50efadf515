import { type Instant, instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import {
  type Flow,
  flowKey,
  isSipUri,
  Malformed,
  parseMessage,
  parseUri,
  SipRequest,
  type TransportName,
} from '@ringdown/sip';
import { testText as text } from '../../../tools/testing/hashes.ts';
import type { Account, Domain } from '../src/accounts/account.ts';
import { Domains } from '../src/domains.ts';
import type { Authenticated, Verdict } from '../src/incoming.ts';
import {
  createPresence,
  defaultPresenceOptions,
  type Presence,
  type PresenceOptions,
} from '../src/presence/presence.ts';

type Response = Extract<Verdict, { kind: 'respond' }>;

/** A NOTIFY that presence sent, and the answer that the test gives it. */
export interface SentNotify {
  readonly request: SipRequest;
  readonly flow: string;
  readonly body: string;
  readonly answer: (outcome: number | 'failed') => void;
}

const domain: Domain = { name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] };
const HA1 = { MD5: '', 'SHA-256': '', 'SHA-512-256': '' };

const EVENT = 'Event: presence';
const nameOf = (line: string): string => line.slice(0, line.indexOf(':'));
const usualBut = (lines: readonly string[], usual: readonly string[]): string[] => [
  ...usual.filter((line) => !lines.some((other) => nameOf(other) === nameOf(line))),
  ...lines.filter((line) => !line.endsWith(': -')),
];

/** A message as a capture shows it: lines end in LF, the body is what stands behind the empty line. */
export const readRequest = (written: string): SipRequest => {
  const end = written.indexOf('\n\n');
  const head = `${written.slice(0, end).replaceAll('\n', '\r\n')}\r\n\r\n`;
  const bytes = text.latin1Bytes(head + written.slice(end + 2));
  const request = parseMessage(text.latin1(bytes), bytes);
  if (!(request instanceof SipRequest)) throw new Error('not a request');
  return request;
};

export const flowOf = (transport: TransportName = 'udp', port = 5370): Flow => ({
  transport,
  connection: '',
  local: { address: '10.0.0.1', port: 5060 },
  remote: { address: '198.51.100.7', port },
  advertised: { address: '203.0.113.1', port: 5060 },
  open: true,
  peerNames: [],
});

export const headersOf = (verdict: Verdict | undefined): Record<string, string> =>
  Object.fromEntries(responseOf(verdict).headers ?? []);

export const responseOf = (verdict: Verdict | undefined): Response => {
  if (verdict?.kind !== 'respond') throw new Error(`no response: ${verdict?.kind}`);
  return verdict;
};

/** Presence with accounts, registrations and a clock that the test moves. */
export class PresenceWorld {
  readonly presence: Presence;
  readonly wheel = new TimingWheel(instant(0), { tickMs: 10 });
  /** Addresses-of-record with a phone that registered over another flow than it publishes over. */
  readonly registered = new Set<string>();
  /** Phones of an address-of-record, by the names of their Contacts, and the flows that they registered over. */
  readonly phones = new Map<string, ReadonlyMap<string, Flow>>();
  /** The keys of flows that lead nowhere any more. */
  readonly broken = new Set<string>();
  /** All NOTIFYs in order; those not answered by the test stay open unless `answers` says otherwise. */
  readonly sent: SentNotify[] = [];
  /** Answers every NOTIFY with 200 at once. */
  answers = true;
  private readonly accounts = new Map<string, Account>();
  private readonly domains = new Domains();
  private now: Instant = instant(0);
  private sequence = 0;

  constructor(options: Partial<PresenceOptions> = {}) {
    this.domains.setDomains([domain]);
    this.domains.setListeners({
      addresses: ['127.0.0.1', '192.0.2.2', '203.0.113.1'].map((address) => ({ address, port: 5060 })),
      names: [],
    });
    for (const user of ['alice', 'bob', 'carol', 'studio', 'linp', 'remote']) this.addAccount(user);
    this.presence = createPresence(
      { ...defaultPresenceOptions, ...options },
      {
        timers: this.wheel,
        random: seededRandom(7),
        text,
        accounts: { byAddress: (user, name) => this.accounts.get(`${user}@${name}`) },
        owns: (account, uri) =>
          isSipUri(uri) && uri.user === account.username && this.domains.of(uri)?.name === account.domain,
        isOpen: (flow) => !this.broken.has(flow),
        bindings: (aor) => [
          ...(this.registered.has(aor) ? [{ key: 'sip:elsewhere', flow: '' }] : []),
          ...[...(this.phones.get(aor) ?? [])].map(([key, flow]) => ({ key, flow: flowKey(flow) })),
        ],
        request: (request, flow, done) => {
          this.sent.push({ request, flow, body: text.utf8(request.body), answer: done });
          if (this.answers) done(200);
        },
      },
    );
  }

  addAccount(username: string): void {
    this.accounts.set(`${username}@${domain.name}`, {
      id: this.accounts.size,
      username,
      domain: domain.name,
      realm: domain.realm,
      authUsername: username,
      displayName: undefined,
      ha1: HA1,
      passwordVersion: 1,
    });
  }

  removeAccount(username: string): void {
    this.accounts.delete(`${username}@${domain.name}`);
  }

  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let next = this.wheel.deadline(); next !== undefined && next <= end; next = this.wheel.deadline()) {
      this.now = next;
      this.wheel.expire(next);
    }
    this.now = instant(end);
    this.wheel.expire(this.now);
  }

  /** What presence says to a request of a user; the NOTIFYs that follow go out with the next `advance`. */
  receive(user: string, request: SipRequest, flow = flowOf()): Verdict | undefined {
    this.wheel.advance(this.now);
    const account = this.accounts.get(`${user}@${domain.name}`);
    const target = parseUri(request.uri);
    if (account === undefined || target instanceof Malformed || !isSipUri(target))
      throw new Error('the test sent what the pipeline refuses');
    const incoming: Authenticated = {
      kind: 'incoming',
      request,
      flow,
      now: this.now,
      wallTime: wallTime(this.now),
      way: { uri: request.uri, popped: 0, detour: false, routes: [], from: undefined, to: undefined },
      target,
      targetDomain: this.domains.of(target),
      account,
    };
    return request.method === 'PUBLISH' ? this.presence.publish(incoming) : this.presence.subscribe(incoming);
  }

  /** A PUBLISH of `user`; `lines` replace the usual ones of their name, `Event: -` leaves it out. */
  publish(
    user: string,
    body: string | Uint8Array,
    lines: readonly string[] = [],
    { uri = `sip:${user}@radio.example`, flow = flowOf() }: { uri?: string; flow?: Flow } = {},
  ): Verdict {
    const bytes = typeof body === 'string' ? text.utf8Bytes(body) : body;
    const verdict = this.receive(
      user,
      readRequest(
        [
          `PUBLISH ${uri} SIP/2.0`,
          `From: <sip:${user}@radio.example>;tag=p`,
          `To: <sip:${user}@radio.example>`,
          `Call-ID: publish-${user}`,
          `CSeq: ${++this.sequence} PUBLISH`,
          ...usualBut(lines, bytes.length === 0 ? [EVENT] : [EVENT, 'Content-Type: application/pidf+xml']),
          '',
          text.latin1(bytes),
        ].join('\n'),
      ),
      flow,
    );
    return responseOf(verdict);
  }

  /** A SUBSCRIBE of `user` to `whom`. */
  subscribe(
    user: string,
    whom: string,
    lines: readonly string[] = [],
    {
      call = `watch-${user}-${whom}`,
      toTag = '',
      uri = `sip:${whom}@radio.example`,
      flow = flowOf(),
    }: { call?: string; toTag?: string; uri?: string; flow?: Flow } = {},
  ): Verdict | undefined {
    return this.receive(
      user,
      readRequest(
        [
          `SUBSCRIBE ${uri} SIP/2.0`,
          `From: <sip:${user}@radio.example>;tag=w`,
          `To: <sip:${whom}@radio.example>${toTag === '' ? '' : `;tag=${toTag}`}`,
          `Call-ID: ${call}`,
          ...usualBut(lines, [
            `CSeq: ${++this.sequence} SUBSCRIBE`,
            EVENT,
            `Contact: <sip:${user}@10.1.1.1:5062>`,
          ]),
          '',
          '',
        ].join('\n'),
      ),
      flow,
    );
  }

  /** The NOTIFYs since the last call. */
  taken(): SentNotify[] {
    return this.sent.splice(0);
  }
}
