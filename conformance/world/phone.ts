import {
  buildRequest,
  type SipMessage,
  SipRequest,
  type SocketAddress,
  type TransportName,
  Via,
  viaTransport,
} from '@ringdown/sip';
import { Asked, Asking, type Speaker } from './exchange.ts';
import { credentialsOf } from './identity.ts';
import { bytesOf, type MemoryFlow, type Network, type Peer } from './network.ts';
import type { Saying } from './saying.ts';

export interface PhoneOptions {
  readonly address?: string;
  readonly port?: number;
  /** What it speaks to the provider with. Default: udp. */
  readonly transport?: TransportName;
  /** What can be opened toward it. Default: udp, and its own transport. */
  readonly listens?: readonly TransportName[];
  /** What it believes its address to be: a private one behind a NAT. */
  readonly believes?: SocketAddress;
  /** The domain of its user. Default: the world's. */
  readonly domain?: string;
  /** A stranger shows no credentials. */
  readonly stranger?: boolean;
}

/** What a phone knows of the world that it stands in. */
export interface Surroundings {
  readonly network: Network;
  /** The first domain. */
  readonly domain: string;
  readonly now: number;
}

/** A phone, or another server, of a world: says what a scenario tells it to say and keeps what it hears. */
export class Phone implements Peer, Speaker {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly transport: TransportName;
  readonly listens: ReadonlySet<TransportName>;
  readonly world: Surroundings;
  /** Requests that came, retransmissions left out. */
  readonly asked: Asked[] = [];
  /** How often a request came again. */
  retransmissions = 0;
  /** Every message as it came, with its time. */
  readonly heard: { readonly at: number; readonly message: SipMessage; readonly flow: MemoryFlow }[] = [];
  flow: MemoryFlow;
  private readonly options: PhoneOptions;
  private readonly asking = new Map<string, Asking>();
  private readonly known = new Map<string, Asked>();
  private serial = 0;

  constructor(world: Surroundings, user: string, options: PhoneOptions & { readonly address: string }) {
    this.world = world;
    this.user = user;
    this.options = options;
    this.address = options.address;
    this.port = options.port ?? 5060;
    this.transport = options.transport ?? 'udp';
    this.listens = new Set(options.listens ?? ['udp', this.transport]);
    world.network.addPeer(this);
    this.flow = this.connect();
  }

  get domain(): string {
    return this.options.domain ?? this.world.domain;
  }

  get uri(): string {
    return `sip:${this.user}@${this.domain}`;
  }

  /** What it writes into Contact and Via. */
  get contact(): string {
    const { address, port } = this.options.believes ?? this;
    const transport = this.transport === 'udp' ? '' : `;transport=${this.transport}`;
    return `sip:${this.user}@${address}:${port}${transport}`;
  }

  /** Opens its connection anew; a phone on UDP keeps its socket. */
  connect(fromPort?: number): MemoryFlow {
    const { network } = this.world;
    this.flow =
      this.transport === 'udp'
        ? network.udpFlow({ address: this.address, port: this.port })
        : network.connect(this.transport, this, fromPort);
    return this.flow;
  }

  /** Its connection breaks. */
  disconnects(): void {
    this.world.network.close(this.flow);
    this.world.network.settle();
  }

  /** @throws where the provider does not answer 200. */
  registers({ contact = `<${this.contact}>`, expires = 3600, ...saying }: RegisterSaying = {}): Asking {
    const registered = this.asks('REGISTER', `sip:${this.domain}`, {
      ...saying,
      to: `<${this.uri}>`,
      headers: [['Contact', contact], ['Expires', String(expires)], ...(saying.headers ?? [])],
    });
    if (registered.status !== 200) throw new Error(`REGISTER was answered ${registered.status}`);
    return registered;
  }

  /** Calls a user of its own domain, or any URI. */
  calls(target: string, saying: Saying = {}): Asking {
    return this.asks('INVITE', target.includes(':') ? target : `sip:${target}@${this.domain}`, {
      body: 'v=0\r\n',
      ...saying,
    });
  }

  /** Sends a request outside a dialog. */
  asks(method: string, target: string, saying: Saying = {}): Asking {
    return this.send(this.writes(method, target, saying));
  }

  /** The request as this phone writes it. */
  writes(method: string, target: string, saying: Saying = {}): SipRequest {
    const serial = ++this.serial;
    const isOwn = method === 'REGISTER' || method === 'SUBSCRIBE' || method === 'PUBLISH';
    const shown = this.options.stranger === true ? undefined : credentialsOf(this.user, this.domain);
    const credentials = 'credentials' in saying ? saying.credentials : shown;
    const body = Uint8Array.from(saying.body ?? '', (character) => character.charCodeAt(0));
    const headers: (readonly [string, string])[] = [
      ['Via', this.via(saying.branch ?? `z9hG4bK-${this.user}-${serial}`)],
      ...(saying.routes ?? []).map((route) => ['Route', route] as const),
      ['Max-Forwards', String(saying.maxForwards ?? 70)],
      ['From', saying.from ?? `<${this.uri}>;tag=${saying.fromTag ?? `f${this.user}`}`],
      ['To', saying.to ?? `<${target}>`],
      ['Call-ID', saying.callId ?? `${this.user}-${serial}@${this.address}`],
      ['CSeq', `${saying.cseq ?? serial} ${method}`],
    ];
    if (method !== 'REGISTER') headers.push(['Contact', `<${this.contact}>`]);
    if (credentials !== undefined)
      headers.push([isOwn ? 'Authorization' : 'Proxy-Authorization', credentials]);
    return buildRequest({ method, uri: target, headers: [...headers, ...(saying.headers ?? [])], body });
  }

  /** Puts a request on the wire and lets everything arrive. */
  send(request: SipRequest): Asking {
    const asking = new Asking(this, request);
    this.asking.set(keyOf(request), asking);
    this.put(request);
    return asking;
  }

  /** Bytes as they are, over the phone's flow. */
  put(message: Pick<SipMessage, 'head' | 'body'>): void {
    const { network } = this.world;
    const { flow } = this;
    const bytes = bytesOf(message);
    network.later(() => network.arriveAtProvider(flow, bytes));
    network.settle();
  }

  /** The first request of that method that was not taken yet. @throws where there is none. */
  takes(method: string): Asked {
    const index = this.asked.findIndex(({ request, taken }) => !taken && request.method === method);
    if (index < 0) throw new Error(`${this.user} at ${this.address} was not asked to ${method}`);
    const asked = this.asked[index]!;
    asked.taken = true;
    return asked;
  }

  /** Methods of the requests that were not taken. */
  get untaken(): string[] {
    return this.asked.filter(({ taken }) => !taken).map(({ request }) => request.method);
  }

  receive(message: SipMessage, flow: MemoryFlow): void {
    this.heard.push({ at: this.world.now, message, flow });
    if (!(message instanceof SipRequest)) {
      this.asking.get(keyOf(message))?.receive(message);
      return;
    }
    const known = this.known.get(keyOf(message));
    if (known !== undefined) {
      this.retransmissions++;
      return;
    }
    const asked = new Asked(this, message, flow);
    this.known.set(keyOf(message), asked);
    this.asked.push(asked);
  }

  via(branch: string): string {
    const { address, port } = this.options.believes ?? this;
    return `SIP/2.0/${viaTransport(this.transport)} ${address}:${port};branch=${branch};rport`;
  }

  nextSerial(): number {
    return ++this.serial;
  }
}

export interface RegisterSaying extends Saying {
  /** The value of Contact. */
  readonly contact?: string;
  readonly expires?: number;
}

/** What a peer tells its exchanges apart by. */
const keyOf = (message: SipMessage): string => {
  const branch = message.get(Via)?.parameters.get('branch') ?? '';
  return `${branch} ${message.text('CSeq')?.split(/\s+/)[1] ?? ''}`;
};
