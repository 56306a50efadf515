/**
 * One end of a path: finds its way to another such process by the whole client over this machine's sockets, and speaks all the
 * while. What it is to tell the other, and is told, goes by its standard output and input (lines.ts).
 */
import { createInterface } from 'node:readline';
import {
  type Connectivity,
  type ConnectivityOutput,
  type ConnectivityServer,
  createConnectivity,
} from '@ringdown/connectivity';
import type { IceRole, LocalCandidate, PairReport } from '@ringdown/ice';
import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';
import type { Ask, PathEnd, Told } from './lines.ts';

/** As often as a phone sends sound. */
const VOICE_MS = 20;

const sockets = nodeSockets();
const timers = createLiveTimers(nodeClock);

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);

/** One attempt to find a way. */
class Attempt {
  readonly connectivity: Connectivity;
  readonly #startedAt = nodeClock.now();
  readonly #candidates: LocalCandidate[] = [];
  readonly #voice: NodeJS.Timeout;
  readonly #log: string[] = [];
  #settled = false;
  #heard = false;
  #heardSettled = false;

  constructor(role: IceRole, servers: readonly ConnectivityServer[]) {
    this.connectivity = createConnectivity(
      { role, servers },
      {
        ...{ sockets, timers, clock: nodeClock, random: nodeRandom, hashes: nodeHashes },
        deliver: (output) => this.#take(output),
      },
    );
    this.#voice = setInterval(() => {
      this.connectivity.send(Buffer.from(this.#settled ? 'voice, settled' : 'voice'));
    }, VOICE_MS);
  }

  close(): void {
    clearInterval(this.#voice);
    this.connectivity.close();
  }

  /** Its pairs and what went wrong. */
  reasons(): string {
    const pairs = this.connectivity
      .pairs()
      .map(
        ({ local, remote, state, nominated, why }) =>
          `pair ${endText(this.#end(local))} to ${endText(remote)}: ${state}${nominated ? ', nominated' : ''}; ${why}`,
      );
    const own = this.#candidates.map((candidate) => `candidate ${endText(candidate)}`);
    return [`${this.connectivity.state}, ${this.connectivity.role}`, ...own, ...pairs, ...this.#log].join(
      '\n',
    );
  }

  #take(output: ConnectivityOutput): void {
    if ('why' in output && output.kind !== 'ignored') this.#log.push(`${output.kind}: ${output.why}`);
    switch (output.kind) {
      case 'parameters':
        tell({ told: 'parameters', parameters: output.parameters });
        break;
      case 'candidate': {
        this.#candidates.push(output.candidate);
        const { base: _, ...candidate } = output.candidate;
        tell({ told: 'candidate', candidate });
        break;
      }
      case 'gathered':
        tell({ told: 'gathered', ufrag: output.ufrag });
        break;
      case 'data':
        this.#hear(Buffer.from(output.bytes).toString());
        break;
      case 'selected':
        this.#settle(output.pair);
        break;
      case 'closed':
        tell({ told: 'closed' });
    }
  }

  #hear(text: string): void {
    const afterMs = this.#afterMs();
    if (!this.#heard) tell({ told: 'heard', afterMs, settled: false });
    this.#heard = true;
    if (!text.endsWith('settled') || this.#heardSettled) return;
    this.#heardSettled = true;
    tell({ told: 'heard', afterMs, settled: true });
  }

  #settle({ local, remote }: PairReport): void {
    this.#settled = true;
    const { type, address, port } = remote;
    tell({
      told: 'selected',
      afterMs: this.#afterMs(),
      local: this.#end(local),
      remote: { type, address, port },
    });
  }

  /** RFC 8445 calls a mapped address that nobody was told peer-reflexive, and one that was by its own name. */
  #end({ address, port }: PairReport['local']): PathEnd {
    const known = this.#candidates.find((one) => one.address === address && one.port === port);
    return { type: known?.type ?? 'prflx', address, port };
  }

  #afterMs(): number {
    return Math.round(nodeClock.now() - this.#startedAt);
  }
}

const endText = ({ type, address, port }: PathEnd): string => `${type} ${address} ${port}`;

let attempt: Attempt | undefined;

const act = (ask: Ask): void => {
  switch (ask.ask) {
    case 'start':
      attempt = new Attempt(ask.role, ask.servers);
      attempt.connectivity.start();
      break;
    case 'remote':
      attempt?.connectivity.setRemote(ask.parameters);
      break;
    case 'candidate':
      attempt?.connectivity.addRemoteCandidate(ask.candidate);
      break;
    case 'ended':
      attempt?.connectivity.endOfRemoteCandidates(ask.ufrag);
      break;
    case 'reasons':
      tell({ told: 'reasons', text: attempt?.reasons() ?? 'it has not started' });
      break;
    case 'close':
      attempt?.close();
  }
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => act(JSON.parse(line)));
lines.on('close', () => process.exit(0));
tell({ told: 'ready' });
