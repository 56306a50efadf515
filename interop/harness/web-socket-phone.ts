import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { within } from './deadline.ts';
import type { Provider } from './provider.ts';
import {
  authorize,
  formatSip,
  headerOf,
  headersOf,
  kindOf,
  parseSip,
  type SipText,
  token,
} from './sip-text.ts';
import type { Stage } from './suite.ts';

export interface WebSocketPhoneOptions {
  readonly provider: Provider;
  readonly user: string;
  readonly secure: boolean;
}

type Header = readonly [string, string];

const sdp = (address: string): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n');

/** A phone that says what SIP.js and JsSIP say in a browser (RFC 7118); it has no sound. */
export class WebSocketPhone {
  readonly aor: string;
  readonly contact: string;
  readonly subprotocol: string;
  readonly log: string[] = [];
  #options: WebSocketPhoneOptions;
  #socket: WebSocket;
  #received: SipText[] = [];
  #taken = 0;
  #watchers = new Set<() => void>();
  #viaHost = `${token().slice(0, 12)}.invalid`;
  #cseq = 0;
  #instance = randomUUID();

  private constructor(options: WebSocketPhoneOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    this.subprotocol = socket.protocol;
    this.aor = `sip:${options.user}@${options.provider.domain}`;
    this.contact = `sip:${token().slice(0, 8)}@${this.#viaHost};transport=ws`;
    socket.on('message', (data) => {
      const text = String(data);
      this.log.push(`< ${text}`);
      if (text.trim() === '') return; // an answer to a keep-alive
      this.#received.push(parseSip(text));
      for (const look of [...this.#watchers]) look();
    });
  }

  static async connect(stage: Stage, options: WebSocketPhoneOptions): Promise<WebSocketPhone> {
    const socket = openSocket(options.provider, options.secure, ['sip']);
    stage.defer(() => socket.terminate());
    await opened(socket);
    const phone = new WebSocketPhone(options, socket);
    stage.evidence(`WebSocket phone ${options.user}`, () => phone.log.join('\n'));
    return phone;
  }

  /** Waits for the next message that matches; those before it are passed over. */
  next(what: string, matches: (message: SipText) => boolean, withinMs = 8_000): Promise<SipText> {
    const found = new Promise<SipText>((resolve) => {
      const look = (): void => {
        for (let at = this.#taken; at < this.#received.length; at += 1) {
          const message = this.#received[at];
          if (message === undefined || !matches(message)) continue;
          this.#taken = at + 1;
          this.#watchers.delete(look);
          resolve(message);
          return;
        }
      };
      this.#watchers.add(look);
      look();
    });
    const came = (): string =>
      this.#received
        .slice(this.#taken)
        .map(({ start }) => start)
        .join(', ') || 'nothing';
    return within(found, withinMs, `${this.#options.user} gets ${what}`).catch((error: Error) => {
      throw new Error(`${error.message} (got: ${came()})`);
    });
  }

  nextRequest(method: string): Promise<SipText> {
    return this.next(method, (message) => kindOf(message) === method);
  }

  /** Registers by digest, with what outbound asks for (RFC 5626); gives the final response. */
  async register(): Promise<SipText> {
    const uri = `sip:${this.#options.provider.domain}`;
    const callId = token();
    const headers: readonly Header[] = [
      ['From', `<${this.aor}>;tag=${token()}`],
      ['To', `<${this.aor}>`],
      ['Call-ID', callId],
      ['Contact', `<${this.contact}>;+sip.instance="<urn:uuid:${this.#instance}>";reg-id=1;expires=600`],
      ['Expires', '600'],
      ['Supported', 'path, gruu, outbound'],
    ];
    return this.#request('REGISTER', uri, headers, '');
  }

  /** Calls someone and acknowledges the 2xx; gives that response. */
  async call(target: string): Promise<SipText> {
    const headers: readonly Header[] = [
      ['From', `<${this.aor}>;tag=${token()}`],
      ['To', `<${target}>`],
      ['Call-ID', token()],
      ['Contact', `<${this.contact};ob>`],
      ['Supported', 'outbound'],
      ['Content-Type', 'application/sdp'],
    ];
    const answer = await this.#request('INVITE', target, headers, sdp('127.0.0.1'));
    if (kindOf(answer) === 200) this.#inDialog('ACK', answer);
    return answer;
  }

  /** Ends a call that `call` set up, and waits for the answer to the BYE. */
  async hangUp(answer: SipText): Promise<SipText> {
    const callId = headerOf(answer, 'Call-ID');
    this.#inDialog('BYE', answer);
    return this.next(
      'the answer to its BYE',
      (message) => headerOf(message, 'Call-ID') === callId && / BYE$/.test(headerOf(message, 'CSeq')),
    );
  }

  /** Answers a request; an INVITE's 2xx gets a description of its own. */
  respond(request: SipText, status: string, tag: string): void {
    const withBody = status.startsWith('2') && kindOf(request) === 'INVITE';
    const to = headerOf(request, 'To');
    const headers: Header[] = [
      ...headersOf(request, 'Via').map((value): Header => ['Via', value]),
      ...headersOf(request, 'Record-Route').map((value): Header => ['Record-Route', value]),
      ['From', headerOf(request, 'From')],
      ['To', /;tag=/.test(to) ? to : `${to};tag=${tag}`],
      ['Call-ID', headerOf(request, 'Call-ID')],
      ['CSeq', headerOf(request, 'CSeq')],
      ['Contact', `<${this.contact};ob>`],
      ...(withBody ? ([['Content-Type', 'application/sdp']] as const) : []),
    ];
    this.send(formatSip(`SIP/2.0 ${status}`, headers, withBody ? sdp('127.0.0.1') : ''));
  }

  send(text: string): void {
    this.log.push(`> ${text}`);
    this.#socket.send(text);
  }

  /** Closes the connection and waits until it is closed. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.close();
    await within(closed, 5_000, 'the WebSocket closes');
  }

  /** Sends a request, answers one challenge and acknowledges refusals; gives the final response. */
  async #request(method: string, uri: string, headers: readonly Header[], body: string): Promise<SipText> {
    let authorization: Header | undefined;
    for (let attempt = 1; ; attempt += 1) {
      this.#cseq += 1;
      const branch = `z9hG4bK${token()}`;
      const via: Header = ['Via', `SIP/2.0/${this.#transport()} ${this.#viaHost};branch=${branch}`];
      const cseq = this.#cseq;
      this.send(
        formatSip(
          `${method} ${uri} SIP/2.0`,
          [
            via,
            ['Max-Forwards', '69'],
            ...headers,
            ['CSeq', `${cseq} ${method}`],
            ...(authorization === undefined ? [] : [authorization]),
          ],
          body,
        ),
      );
      const final = await this.next(
        `the final response to its ${method}`,
        (message) => Number(kindOf(message)) >= 200 && headerOf(message, 'CSeq') === `${cseq} ${method}`,
      );
      const status = Number(kindOf(final));
      if (method === 'INVITE' && status >= 300) {
        const kept = headers.filter(([name]) => name === 'From' || name === 'Call-ID');
        const to: Header = ['To', headerOf(final, 'To')];
        this.send(formatSip(`ACK ${uri} SIP/2.0`, [via, ...kept, to, ['CSeq', `${cseq} ACK`]]));
      }
      if ((status !== 401 && status !== 407) || attempt === 2) return final;
      const { user } = this.#options;
      const challenge = headerOf(final, status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate');
      authorization = [
        status === 401 ? 'Authorization' : 'Proxy-Authorization',
        authorize(challenge, { user, password: `${user}-secret`, method, uri }),
      ];
    }
  }

  /** A request inside the dialog that a 2xx set up (RFC 3261 §12.2.1.1). */
  #inDialog(method: 'ACK' | 'BYE', answer: SipText): void {
    const target = /<([^>]+)>/.exec(headerOf(answer, 'Contact'))?.[1] ?? '';
    const routes = headersOf(answer, 'Record-Route')
      .flatMap((value) => value.split(/,(?![^<]*>)/))
      .map((value): Header => ['Route', value.trim()])
      .reverse();
    const cseq = Number(headerOf(answer, 'CSeq').split(' ')[0]) + (method === 'BYE' ? 1 : 0);
    this.#cseq = Math.max(this.#cseq, cseq);
    this.send(
      formatSip(`${method} ${target} SIP/2.0`, [
        ['Via', `SIP/2.0/${this.#transport()} ${this.#viaHost};branch=z9hG4bK${token()}`],
        ['Max-Forwards', '69'],
        ...routes,
        ['From', headerOf(answer, 'From')],
        ['To', headerOf(answer, 'To')],
        ['Call-ID', headerOf(answer, 'Call-ID')],
        ['CSeq', `${cseq} ${method}`],
      ]),
    );
  }

  #transport(): string {
    return this.#options.secure ? 'WSS' : 'WS';
  }
}

/** A WebSocket to the server, which shows a certificate of its own making. */
export function openSocket(provider: Provider, secure: boolean, subprotocols: readonly string[]): WebSocket {
  const { host, port } = provider.endpoint(secure ? 'wss' : 'ws');
  return new WebSocket(`${secure ? 'wss' : 'ws'}://${host}:${port}/`, [...subprotocols], {
    rejectUnauthorized: false,
    origin: `https://${provider.domain}`,
  });
}

export function opened(socket: WebSocket): Promise<void> {
  const open = new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  return within(open, 5_000, 'the WebSocket opens');
}
