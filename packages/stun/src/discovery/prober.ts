import type { Retransmission } from '../client-transaction.ts';
import type { TransportAddress } from '../transport-address.ts';
import type { NatReport } from './nat-report.ts';
import { type ProbeAnswer, type ProbePorts, ProbeSocket, type Question } from './probe-socket.ts';

/** Where the network has lost something, silence is asked for again so often. */
const ROUNDS_WITH_LOSS = 3;
/** By chance so many random ports are all even where they should be with a probability of 1 in 64. */
const SAMPLES_FOR_PARITY = 6;

/** Opens the sockets of the tests, and remembers what they show by the way: loss, and which ports a NAT gives. */
export class Prober {
  readonly ports: ProbePorts;
  readonly address: string;
  readonly #retransmission: Retransmission;
  readonly #samples: (readonly [inside: number, outside: number])[] = [];
  readonly #sockets = new Set<ProbeSocket>();
  #lossy = false;

  constructor(ports: ProbePorts, address: string, retransmission: Retransmission) {
    this.ports = ports;
    this.address = address;
    this.#retransmission = retransmission;
  }

  /** A fresh socket that has asked this server and nobody else; undefined where that did not answer. */
  async open(server: TransportAddress): Promise<ProbeSocket | undefined> {
    const opened = await this.openAsking(server);
    if (opened?.answer.kind === 'mapped') return opened.socket;
    opened?.socket.close();
    return undefined;
  }

  /** The same, with its answer; undefined where no socket can be bound. */
  async openAsking(
    server: TransportAddress,
  ): Promise<{ readonly socket: ProbeSocket; readonly answer: ProbeAnswer } | undefined> {
    const socket = await ProbeSocket.open(this.ports, this.address, this.#retransmission);
    if (socket === undefined) return undefined;
    this.#sockets.add(socket);
    const answer = await this.ask(socket, server);
    if (answer.kind === 'mapped') this.#samples.push([socket.local.port, answer.mapped.port]);
    return { socket, answer };
  }

  async #ask(socket: ProbeSocket, server: TransportAddress, question?: Question): Promise<ProbeAnswer> {
    const answer = await socket.ask(server, question);
    if (answer.kind === 'mapped' && answer.asked > 1) this.#lossy = true;
    return answer;
  }

  /** Asks more than once where silence may be loss. */
  async ask(socket: ProbeSocket, server: TransportAddress, question?: Question): Promise<ProbeAnswer> {
    let answer = await this.#ask(socket, server, question);
    for (let round = 1; round < ROUNDS_WITH_LOSS && this.#lossy && answer.kind === 'silence'; round++)
      answer = await this.#ask(socket, server, question);
    return answer;
  }

  /** Closes every socket that a test has left open. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** What the ports show that all sockets together were given (RFC 4787 §4.2). */
  portsGiven(): Pick<NatReport, 'portPreservation' | 'portParity'> {
    const samples = this.#samples;
    const kept = samples.filter(([inside, outside]) => inside === outside).length;
    const parity = samples.every(([inside, outside]) => inside % 2 === outside % 2);
    if (samples.length === 0) return { portPreservation: undefined, portParity: undefined };
    const portPreservation = kept === samples.length ? 'always' : kept === 0 ? 'never' : 'sometimes';
    const portParity = parity && samples.length < SAMPLES_FOR_PARITY ? undefined : parity;
    return { portPreservation, portParity };
  }
}
