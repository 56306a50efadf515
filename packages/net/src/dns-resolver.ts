import { randomInt } from 'node:crypto';
import dns from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import {
  type DnsAnswer,
  type DnsPort,
  type DnsQuestion,
  type DnsRecord,
  Malformed,
  type SocketAddress,
  Zone,
} from '@ringdown/sip';
import { type Abandon, exchange } from './dns-exchange.ts';
import { readAnswer, writeQuery } from './dns-message.ts';

export interface DnsResolverOptions {
  /** Where the answers go: never called from within `query`. */
  readonly deliver: (id: number, answer: DnsAnswer) => void;
  /** `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`, asked in this order. Default: the system's, as they are at each question. */
  readonly servers?: readonly string[];
  /** Records that win over the DNS: a domain with one of them is never asked for. See {@link parseDnsRecord}. */
  readonly records?: readonly DnsRecord[];
  /** How long one server has for one answer. */
  readonly timeoutMs?: number;
  /** How often each server is asked. */
  readonly rounds?: number;
  /** How many questions are asked at once, each from a socket of its own; further ones wait. */
  readonly maxAsking?: number;
  /** How many questions may wait; a further one fails. */
  readonly maxWaiting?: number;
}

interface Limits {
  readonly timeoutMs: number;
  readonly rounds: number;
  readonly maxAsking: number;
  readonly maxWaiting: number;
}

const defaults: Limits = Object.freeze({ timeoutMs: 2_000, rounds: 2, maxAsking: 64, maxWaiting: 4_096 });

/** The DNS port over real sockets; `close` ends what is under way without an answer. */
export interface DnsResolver extends DnsPort {
  close(): void;
}

const DNS_PORT = 53;

/**
 * Asks recursive DNS servers over UDP, and over TCP what was cut short. It remembers nothing: the locator does.
 *
 * @throws where one of `servers` is no address.
 *
 * @example
 * const resolver = createDnsResolver({ deliver: (id, answer) => locator.answered(id, answer, clock.now()) });
 * const locator = createLocator({ random }, resolver);
 */
export const createDnsResolver = (options: DnsResolverOptions): DnsResolver => new Resolver(options);

class Resolver implements DnsResolver {
  readonly #options: DnsResolverOptions & Limits;
  readonly #servers: readonly SocketAddress[] | undefined;
  readonly #zone: Zone;
  readonly #asking = new Set<Asking>();
  readonly #waiting: DnsQuestion[] = [];
  #isClosed = false;

  constructor(options: DnsResolverOptions) {
    this.#options = { ...defaults, ...options };
    this.#servers = options.servers?.map(serverOf);
    this.#zone = new Zone([...localhost, ...(options.records ?? [])]);
  }

  query(question: DnsQuestion): void {
    const fixed = this.#zone.answer(question);
    if (fixed !== undefined) this.#answerSoon(question, fixed);
    else if (this.#asking.size < this.#options.maxAsking) this.#ask(question);
    else if (this.#waiting.length < this.#options.maxWaiting) this.#waiting.push(question);
    else this.#answerSoon(question, { kind: 'failed', failure: 'server failure' });
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    for (const asking of this.#asking) asking.abandon();
    this.#asking.clear();
  }

  #answerSoon({ id }: DnsQuestion, answer: DnsAnswer): void {
    queueMicrotask(() => {
      if (!this.#isClosed) this.#options.deliver(id, answer);
    });
  }

  #ask(question: DnsQuestion): void {
    if (this.#isClosed) return;
    const servers = this.#servers ?? systemServers();
    if (servers.length === 0) {
      this.#answerSoon(question, { kind: 'failed', failure: 'server failure' });
      return;
    }
    const asking = new Asking(question, servers, this.#options, (answer) => {
      this.#asking.delete(asking);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#ask(next);
      this.#options.deliver(question.id, answer);
    });
    this.#asking.add(asking);
    asking.start();
  }
}

/** One question under way: every server in turn, the second round without EDNS, until one can say. */
class Asking {
  readonly #question: DnsQuestion;
  readonly #servers: readonly SocketAddress[];
  readonly #limits: Pick<Limits, 'timeoutMs' | 'rounds'>;
  readonly #done: (answer: DnsAnswer) => void;
  #attempt = 0;
  /** That somebody answered, if only to refuse, says more than that nobody did. */
  #failure: 'timeout' | 'server failure' = 'timeout';
  #abandon: Abandon = () => undefined;

  constructor(
    question: DnsQuestion,
    servers: readonly SocketAddress[],
    limits: Pick<Limits, 'timeoutMs' | 'rounds'>,
    done: (answer: DnsAnswer) => void,
  ) {
    this.#question = question;
    this.#servers = servers;
    this.#limits = limits;
    this.#done = done;
  }

  abandon(): void {
    this.#abandon();
  }

  start(): void {
    const server = this.#servers[this.#attempt % this.#servers.length]!;
    const isFirstRound = this.#attempt < this.#servers.length;
    const query = writeQuery(this.#question, randomInt(0x10000), isFirstRound);
    this.#abandon = exchange(server, query, this.#limits.timeoutMs, (result) => {
      const answer = result.kind === 'answered' ? readAnswer(result.message) : result;
      const isSaid = answer.kind === 'records' || !['timeout', 'server failure'].includes(answer.failure);
      if (isSaid) this.#done(answer);
      else this.#next(answer.failure === 'timeout' ? 'timeout' : 'server failure');
    });
  }

  #next(failure: 'timeout' | 'server failure'): void {
    if (failure === 'server failure') this.#failure = failure;
    this.#attempt++;
    if (this.#attempt < this.#servers.length * this.#limits.rounds) this.start();
    else this.#done({ kind: 'failed', failure: this.#failure });
  }
}

/** RFC 6761 §6.3: nobody is asked for these. */
const localhost: readonly DnsRecord[] = [
  { type: 'A', name: 'localhost', ttlSeconds: 3_600, address: '127.0.0.1' },
  { type: 'AAAA', name: 'localhost', ttlSeconds: 3_600, address: '::1' },
];

/** Read through the module, so that what a program sets with `dns.setServers` counts, too. */
const systemServers = (): SocketAddress[] =>
  dns.getServers().flatMap((text) => {
    const server = parseDnsServer(text);
    return server instanceof Malformed ? [] : [server];
  });

const serverOf = (text: string): SocketAddress => {
  const server = parseDnsServer(text);
  if (server instanceof Malformed) throw new Error(server.why);
  return server;
};

/** Reads `ADDRESS`, `ADDRESS:PORT`, `[IPV6]` or `[IPV6]:PORT`; the port is 53 where it is left out. */
export const parseDnsServer = (text: string): SocketAddress | Malformed => {
  const written = text.trim();
  if (isIPv6(written)) return { address: written, port: DNS_PORT };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(written) ?? [];
  const address = bracketed ?? plain ?? '';
  const port = digits === undefined ? DNS_PORT : Number(digits);
  const isAddress = bracketed === undefined ? isIP(address) === 4 : isIP(address) === 6;
  return isAddress && port > 0 && port <= 65_535
    ? { address, port }
    : new Malformed(
        `DNS server "${written}" is no address: write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53`,
      );
};
