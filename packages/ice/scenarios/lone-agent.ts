import {
  type Candidate,
  createIceAgent,
  type IceAgent,
  type IceAgentOptions,
  type IceOutput,
  type IceParameters,
  type IceRole,
} from '@ringdown/ice';
import { nodeHashes } from '@ringdown/net/ports';
import { simulate, type World } from '@ringdown/simulator';
import { ErrorCode, parseStun, StunMessage, shortTermKey, type TransportAddress } from '@ringdown/stun';
import { writeCheck, writeRefusal, writeSuccess } from '../src/check-message.ts';

export interface Sent {
  readonly at: number;
  readonly base: string;
  readonly to: TransportAddress;
  readonly message: StunMessage;
}

export interface SketchedCheck {
  readonly from?: TransportAddress;
  readonly nominates?: boolean;
  readonly priority?: number;
  readonly role?: IceRole;
  readonly tieBreaker?: bigint;
  readonly username?: string;
  readonly password?: string;
  readonly base?: string;
}

export const PEER: TransportAddress = { address: '192.0.2.9', port: 9000 };
export const peerCandidate = (change: Partial<Candidate> = {}): Candidate => ({
  foundation: '1',
  component: 1,
  transport: 'udp',
  priority: 2_130_706_431,
  type: 'host',
  ...PEER,
  ...change,
});

/** One agent with one base and a peer that does what the test says. */
export class LoneAgent {
  readonly world: World = simulate({ seed: 7 });
  readonly agent: IceAgent;
  readonly outputs: IceOutput[] = [];
  readonly sent: Sent[] = [];
  readonly peer: IceParameters;
  #taken = 0;
  #ids = 0;

  constructor(options: Partial<IceAgentOptions> = {}, peer: Partial<IceParameters> = {}) {
    this.peer = { ufrag: 'peer', pwd: 'a-password-of-the-peer', options: ['ice2', 'trickle'], ...peer };
    this.agent = createIceAgent(
      { role: 'controlling', ...options },
      {
        timers: this.world.timers,
        clock: this.world.clock,
        random: this.world.random,
        hashes: nodeHashes,
        deliver: (output) => {
          if (output.kind !== 'transmit') this.outputs.push(output);
          else this.#note(output.base, output.to, output.bytes);
        },
      },
    );
    this.agent.addBase({ id: 'a', component: 1, kind: 'host', address: '192.0.2.1', port: 1000 });
  }

  /** The peer's parameters and candidates, as one offer or answer without trickle would bring them. */
  meet(...candidates: readonly Candidate[]): void {
    this.agent.endOfBases();
    this.agent.setRemote(this.peer);
    for (const candidate of candidates) this.agent.addRemoteCandidate(candidate);
    this.agent.endOfRemoteCandidates();
  }

  all<Kind extends IceOutput['kind']>(kind: Kind): Extract<IceOutput, { kind: Kind }>[] {
    return this.outputs.filter((one): one is Extract<IceOutput, { kind: Kind }> => one.kind === kind);
  }

  get state() {
    return this.agent.state;
  }

  advance(ms: number): void {
    this.world.advance(ms);
  }

  /** What was sent since this was asked last. */
  take(): readonly Sent[] {
    const fresh = this.sent.slice(this.#taken);
    this.#taken = this.sent.length;
    return fresh;
  }

  requests(): readonly Sent[] {
    return this.take().filter(({ message }) => message.class === 'request');
  }

  /** The peer checks. @returns the answer, with its error code if it is one; undefined for silence */
  check(
    sketch: SketchedCheck = {},
  ): { readonly message: StunMessage; readonly code: number | undefined } | undefined {
    const { from = PEER, nominates = false, priority = 1_862_270_975, tieBreaker = 1n, base = 'a' } = sketch;
    const role = sketch.role ?? (this.agent.role === 'controlling' ? 'controlled' : 'controlling');
    const username = sketch.username ?? `${this.agent.parameters.ufrag}:${this.peer.ufrag}`;
    const key = shortTermKey(sketch.password ?? this.agent.parameters.pwd);
    const check = { username, priority, claim: { role, tieBreaker }, nominates };
    const before = this.sent.length;
    this.agent.received(base, writeCheck(this.#id(), check, key, nodeHashes), from);
    const answer = this.sent.slice(before).find(({ message }) => message.class !== 'request');
    return answer && { message: answer.message, code: answer.message.get(ErrorCode)?.code };
  }

  /** The peer answers a check of the agent's. */
  answer(
    { message, to, base }: Sent,
    {
      mapped = this.agent.candidates.find((one) => one.base.id === base)!,
      from = to,
      at = base,
      password = this.peer.pwd,
      code,
    }: {
      readonly mapped?: TransportAddress;
      readonly from?: TransportAddress;
      readonly at?: string;
      readonly password?: string;
      readonly code?: number;
    } = {},
  ): boolean {
    const key = shortTermKey(password);
    const bytes =
      code === undefined
        ? writeSuccess(message, mapped, key, nodeHashes)
        : writeRefusal(message, code, { key, hashes: nodeHashes });
    return this.agent.received(at, bytes, from);
  }

  /** Lets time pass; the peer answers everything that is sent to addresses of which `lives` is true. */
  live(ms: number, lives: (to: TransportAddress) => boolean = () => true): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.advance(10);
      for (const sent of this.requests()) if (lives(sent.to)) this.answer(sent);
    }
  }

  #note(base: string, to: TransportAddress, bytes: Uint8Array): void {
    const message = parseStun(bytes);
    if (!(message instanceof StunMessage)) throw new Error(message.why);
    this.sent.push({ at: this.world.clock.now(), base, to, message });
  }

  #id(): Uint8Array {
    return Uint8Array.from({ length: 12 }, (_, index) => (index === 0 ? this.#ids++ : 0));
  }
}
