import type { HeaderLines, TransportName } from '@ringdown/sip';
import type { Call, IncomingCall } from '@ringdown/user-agent';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Asked, Asking } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { passes, UserAgentPhone } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** Whatever a peer says within a call, in whatever order: nothing throws, and when it is over nothing is left. */
const sdpOf = (attribute: string, payload = 8): string =>
  `v=0\r\no=- 1 ${++versions} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP ${payload}\r\na=${attribute}\r\n`;
let versions = 0;

const bodies = [
  'none',
  'offer',
  'hold',
  'nothing in common',
  'no SDP',
  'candidates',
  'digit',
  'status',
] as const;
const methods = [
  'INVITE',
  'UPDATE',
  'INFO',
  'REFER',
  'NOTIFY',
  'OPTIONS',
  'PRACK',
  'MESSAGE',
  'SUBSCRIBE',
  'BYE',
  'TELEPORT',
] as const;
const statuses = [180, 183, 200, 202, 302, 401, 408, 422, 469, 481, 486, 488, 491, 500, 503, 603] as const;

type Body = (typeof bodies)[number];

const saying = (body: Body): { readonly headers: HeaderLines; readonly body: string } => {
  const typed = (type: string, text: string) => ({
    headers: [['Content-Type', type]] as HeaderLines,
    body: text,
  });
  switch (body) {
    case 'none':
      return { headers: [], body: '' };
    case 'offer':
      return typed('application/sdp', sdpOf('sendrecv'));
    case 'hold':
      return typed('application/sdp', sdpOf('sendonly'));
    case 'nothing in common':
      return typed('application/sdp', sdpOf('sendrecv', 18));
    case 'no SDP':
      return typed('application/sdp', 'v=0\r\nnonsense');
    case 'candidates': {
      const { headers, body: text } = typed('application/trickle-ice-sdpfrag', 'a=ice-ufrag:x\r\n');
      return { headers: [...headers, ['Info-Package', 'trickle-ice']], body: text };
    }
    case 'digit':
      return typed('application/dtmf-relay', 'Signal=5\r\n');
    case 'status':
      return typed('message/sipfrag', 'SIP/2.0 200 OK\r\n');
  }
};

const theirs: HeaderLines = [
  ['Supported', '100rel, timer, trickle-ice'],
  ['Recv-Info', 'trickle-ice'],
  ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER, NOTIFY'],
  ['Event', 'refer'],
  ['Subscription-State', 'active'],
  ['Refer-To', '<sip:dave@home.example>'],
];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('asks'),
      method: fc.constantFrom(...methods),
      body: fc.constantFrom(...bodies),
      skip: fc.integer({ min: -1, max: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answers'),
      status: fc.constantFrom(...statuses),
      body: fc.constantFrom(...bodies),
      tag: fc.constantFrom('one', 'two'),
      rseq: fc.option(fc.integer({ min: 1, max: 4 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('acknowledges'), body: fc.constantFrom(...bodies) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('takes back') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeats') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('user'),
      does: fc.constantFrom(
        'answer',
        'answerEarly',
        'hold',
        'resume',
        'renew',
        'fragment',
        'digits',
        'transfer',
        'follow',
        'hangUp',
        'move',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('user'),
      does: fc.constantFrom('lose connections', 'lose the network', 'come back', 'renew'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('engine'), isSlow: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.constantFrom(1, 50, 600, 4_100, 40_000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** One call between a user agent and a peer that does anything. */
class Quarrel {
  readonly world = new World({ users: ['alice', 'carol'] });
  readonly alice: UserAgentPhone;
  readonly carol: Phone;
  readonly idle: number;
  readonly calling: Asking | undefined;
  call: Call | undefined;
  #serial = 100;
  #moves = 0;
  #last: Asking | undefined;

  constructor(
    transport: TransportName,
    isIncoming: boolean,
    begins: 'ringing' | 'early' | 'established',
    body: Body,
  ) {
    this.alice = new UserAgentPhone(this.world, 'alice', { transport }).registers();
    this.carol = this.world.phone('carol');
    this.carol.registers();
    this.pass(100_000);
    this.idle = this.alice.wheel.size;
    if (isIncoming) this.calling = this.#calls(begins === 'ringing' ? body : 'offer');
    else this.call = this.alice.calls('carol');
    this.pass(10);
    if (isIncoming && this.alice.kinds.includes('incoming call')) this.call = this.alice.ringing;
    if (begins === 'early') this.#becomesEarly();
    if (begins === 'established') this.#isEstablished();
  }

  #calls(body: Body): Asking {
    const said = saying(body);
    return this.carol.calls('alice', { ...said, headers: [...said.headers, ...theirs] });
  }

  #becomesEarly(): void {
    if (this.calling === undefined) {
      this.take({ kind: 'answers', status: 183, body: 'offer', tag: 'one', rseq: 1 });
      this.carol.takes('PRACK').answers(200);
    } else {
      this.alice.does(() => this.alice.ringing.answerEarly());
      this.take({ kind: 'asks', method: 'PRACK', body: 'none', skip: 1 });
    }
    this.pass(10);
  }

  #isEstablished(): void {
    if (this.calling === undefined) {
      this.take({ kind: 'answers', status: 200, body: 'offer', tag: 'one', rseq: null });
      this.carol.takes('ACK');
    } else {
      this.alice.does(() => this.alice.ringing.answer());
      this.take({ kind: 'acknowledges', body: 'none' });
    }
    this.pass(10);
    expect(this.call?.state).toBe('established');
  }

  pass(ms: number): void {
    passes(this.world, [this.alice], ms);
  }

  take(one: Step): void {
    switch (one.kind) {
      case 'asks':
        this.#asks(one as Extract<Step, { method: string }>);
        break;
      case 'answers':
        this.#answers(one as Extract<Step, { status: number }>);
        break;
      case 'acknowledges':
        if (this.calling?.status === 200)
          this.carol.put(this.calling.within('ACK', saying((one as { body: Body }).body)));
        break;
      case 'takes back':
        (this.#last?.request.method === 'INVITE' ? this.#last : this.calling)?.cancels();
        break;
      case 'repeats':
        this.#last?.again();
        break;
      case 'user':
        this.#does((one as { does: string }).does);
        break;
      case 'engine':
        if ((one as { isSlow: boolean }).isSlow) this.alice.media.isSlow = true;
        else this.alice.does(() => this.alice.media.catchesUp());
        break;
      case 'time':
        this.pass((one as { ms: number }).ms);
    }
    this.world.network.settle();
  }

  /** The user hangs up, or the peer's last word was said; and long enough nobody says anything. */
  ends(): void {
    if (this.alice.isOffline) this.#does('come back');
    this.alice.does(() => this.alice.media.catchesUp());
    for (const event of this.alice.events)
      if (event.kind === 'incoming call') this.alice.does(() => event.call.hangUp());
    this.alice.does(() => this.call?.hangUp());
    this.pass(400_000);
  }

  get #asked(): Asked | undefined {
    return this.carol.asked.find(({ request }) => request.method === 'INVITE');
  }

  #asks({ method, body, skip }: { method: string; body: Body; skip: number }): void {
    const within =
      this.calling?.responses.some(({ status }) => status > 100) === true ? this.calling : this.#asked;
    if (within === undefined) return;
    this.#serial += skip;
    const said = saying(body);
    const last = this.calling?.responses.findLast((response) => response.text('RSeq') !== undefined);
    const rack = `${last?.text('RSeq') ?? 1} ${last?.text('CSeq') ?? '1 INVITE'}`;
    this.#last = within.asks(method, {
      ...said,
      headers: [...said.headers, ...theirs, ['RAck', rack]],
      cseq: this.#serial,
    });
  }

  #answers({
    status,
    body,
    tag,
    rseq,
  }: {
    status: number;
    body: Body;
    tag: string;
    rseq: number | null;
  }): void {
    const waiting = this.carol.asked.filter(({ request, taken }) => !taken && request.method !== 'ACK');
    const asked = waiting.at(0);
    if (asked === undefined) return;
    asked.taken = status >= 200;
    const said = saying(body);
    const reliable: HeaderLines =
      rseq === null || status >= 200
        ? []
        : [
            ['Require', '100rel'],
            ['RSeq', String(rseq)],
          ];
    const more: HeaderLines = [...theirs, ...reliable, ['Min-SE', '1900'], ['Retry-After', '1']];
    asked.answers(status, {
      headers: [...said.headers, ...more],
      body: said.body,
      ...(asked.request.text('To')?.includes('tag=') !== true && { tag }),
    });
  }

  #does(what: string): void {
    const { call, alice } = this;
    if (call === undefined) return;
    const stands = call.state === 'established';
    alice.does((agent) => {
      switch (what) {
        case 'answer':
        case 'answerEarly':
          if (call.direction === 'incoming') (call as IncomingCall)[what]({});
          break;
        case 'hold':
        case 'resume':
          if (stands) call[what]();
          break;
        case 'renew':
          call.renew('nothing is heard');
          break;
        case 'fragment':
          call.sendFragment(`a=ice-ufrag:${this.#serial}\r\na=candidate:1\r\n`);
          break;
        case 'digits':
          if (stands) call.sendDigits('123');
          break;
        case 'transfer':
          if (stands) call.transfer('dave');
          break;
        case 'follow':
          if (stands) agent.decline(call);
          break;
        case 'hangUp':
          call.hangUp(this.#serial % 2 === 0 ? undefined : { status: 500, what: 'No sound.', next: '' });
          break;
        case 'move':
          alice.goesTo(`198.18.0.${++this.#moves}`);
          break;
        case 'come back':
          alice.isOffline = false;
          alice.agent.moved();
      }
    });
    if (what === 'lose the network') alice.isOffline = true;
    if (what === 'lose the network' || what === 'lose connections') alice.losesFlows();
  }
}

it('ends in peace, whatever is said in whatever order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<TransportName>('udp', 'tcp'),
      fc.boolean(),
      fc.constantFrom('ringing', 'early', 'established'),
      fc.constantFrom(...bodies),
      fc.array(step, { minLength: 1, maxLength: 40 }),
      (transport, isIncoming, begins, body, steps) => {
        const quarrel = new Quarrel(transport, isIncoming, begins, body);
        for (const one of steps) quarrel.take(one);
        quarrel.ends();
        const { alice, call, idle } = quarrel;
        if (call !== undefined) {
          expect(call.state).toBe('ended');
          expect(
            alice.events.filter((event) => event.kind === 'call ended' && event.call === call),
          ).toHaveLength(1);
        }
        expect(alice.media.sessions.size).toBe(0);
        expect(alice.agent.kept).toEqual({
          dialogs: 0,
          mediaSessions: 0,
          serverTransactions: 0,
          clientTransactions: 0,
        });
        expect(alice.agent.registration).toBe('registered');
        expect(alice.wheel.size).toBe(idle);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
