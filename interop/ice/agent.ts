/**
 * Ringdown's ICE as a program, so that it can run in a network namespace: many agents, for each takes a moment to start.
 * Takes and gives the lines that harness/ice-program.ts tells of, with the agent's name before each; `NAME open OPTIONS` makes
 * one, with the options as JSON. What is told besides begins with `note`.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';
import {
  type Connectivity,
  type ConnectivityOptions,
  type ConnectivityOutput,
  createConnectivity,
} from '@ringdown/connectivity';
import { type Candidate, iceAttributeText, parseIceAttribute } from '@ringdown/ice';
import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';

export interface AgentOptions extends ConnectivityOptions {
  /** Certificate authorities in PEM. */
  readonly authorities?: readonly string[];
  /** A UDP port of the loopback interface that data comes from and goes to, instead of `send` and `data`. */
  readonly carryTo?: number;
}

type Say = (...words: readonly (string | number)[]) => void;

const end = ({ type, address, port }: Candidate): string => `${type} ${address} ${port}`;
const timers = createLiveTimers(nodeClock);

class Agent {
  readonly #say: Say;
  readonly #carrier: Socket | undefined;
  readonly #connectivity: Connectivity;
  #received = 0;

  constructor(say: Say, { authorities = [], carryTo, ...options }: AgentOptions) {
    this.#say = say;
    this.#carrier = carryTo === undefined ? undefined : createSocket('udp4');
    if (carryTo !== undefined) this.#carrier?.connect(carryTo, '127.0.0.1');
    this.#carrier?.on('message', (bytes) => this.#connectivity.send(bytes));
    this.#carrier?.on('error', () => {}); // whoever is to get the data has gone
    this.#connectivity = createConnectivity(options, {
      sockets: nodeSockets({ authorities, loopback: true }),
      timers,
      clock: nodeClock,
      random: nodeRandom,
      hashes: nodeHashes,
      deliver: (output) => this.#tell(output),
    });
    this.#connectivity.start();
  }

  take(command: string, words: readonly string[]): void {
    const connectivity = this.#connectivity;
    switch (command) {
      case 'remote': {
        const [ufrag = '', pwd = '', ...others] = words;
        const options = others.filter((word) => word !== 'ice-lite');
        connectivity.setRemote({ ufrag, pwd, lite: others.includes('ice-lite'), options });
        return;
      }
      case 'candidate': {
        const attribute = parseIceAttribute(words.join(' '));
        if (attribute !== undefined && 'candidate' in attribute)
          connectivity.addRemoteCandidate(attribute.candidate);
        else this.#say('note', 'unreadable', ...words);
        return;
      }
      case 'end':
        connectivity.endOfRemoteCandidates();
        return;
      case 'send':
        this.#send(Number(words[0]));
        return;
      case 'restart':
        connectivity.restart();
        return;
      case 'close':
        connectivity.close();
        return;
      default:
        throw new Error(`no command: ${command}`);
    }
  }

  #send(count: number): void {
    let sent = 0;
    for (let i = 0; i < count; i += 1) if (this.#connectivity.send(Buffer.alloc(160, 0x55))) sent += 1;
    this.#say('sent', sent);
  }

  #tell(output: ConnectivityOutput): void {
    const say = this.#say;
    switch (output.kind) {
      case 'parameters':
        say('parameters', output.parameters.ufrag, output.parameters.pwd);
        return;
      case 'candidate':
        say('candidate', iceAttributeText(output));
        return;
      case 'gathered':
        say('gathered');
        return;
      case 'state':
        say('state', output.state, output.why);
        return;
      case 'role':
        say('role', output.role);
        return;
      case 'selected':
        say('selected', end(output.pair.local), end(output.pair.remote));
        return;
      case 'data':
        this.#received += 1;
        say('data', this.#received, output.bytes.length, output.bytes[0] ?? -1);
        this.#carrier?.send(output.bytes);
        return;
      case 'closed':
        this.#carrier?.close();
        return;
      case 'pair':
      case 'usable':
        say('note', output.kind, end(output.pair.local), end(output.pair.remote), output.pair.why);
        return;
      case 'ignored':
      case 'lost':
      case 'restart-wanted':
        say('note', output.kind, output.why);
        return;
      default:
        say('note', JSON.stringify(output));
    }
  }
}

const agents = new Map<string, Agent>();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const [name = '', command = '', ...words] = line.split(' ');
  if (command !== 'open') agents.get(name)?.take(command, words);
  else {
    const say: Say = (...told) => console.log([name, ...told].join(' '));
    agents.set(name, new Agent(say, JSON.parse(words.join(' ')) as AgentOptions));
  }
});
input.on('close', () => process.exit(0));
console.log('ready');
