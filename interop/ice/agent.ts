/**
 * Ringdown's ICE as a program of its own, so that it can run in a network namespace: `node agent.ts OPTIONS`, with the options
 * as JSON. Takes and gives the lines that harness/ice-program.ts tells of; what is told beside them begins with `note`.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import {
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

const { authorities = [], carryTo, ...options } = JSON.parse(process.argv[2] ?? '{}') as AgentOptions;
const say = (...words: readonly (string | number)[]): void => console.log(words.join(' '));
const end = ({ type, address, port }: Candidate): string => `${type} ${address} ${port}`;

let received = 0;
const carrier = carryTo === undefined ? undefined : createSocket('udp4');
if (carryTo !== undefined) carrier?.connect(carryTo, '127.0.0.1');
carrier?.on('message', (bytes) => connectivity.send(bytes));
carrier?.on('error', () => {}); // whoever is to get the data has gone

const tell = (output: ConnectivityOutput): void => {
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
      received += 1;
      say('data', received, output.bytes.length, output.bytes[0] ?? -1);
      carrier?.send(output.bytes);
      return;
    case 'closed':
      process.exit(0);
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
};

const connectivity = createConnectivity(options, {
  sockets: nodeSockets({ authorities, loopback: true }),
  timers: createLiveTimers(nodeClock),
  clock: nodeClock,
  random: nodeRandom,
  hashes: nodeHashes,
  deliver: tell,
});

const commands: Readonly<Record<string, (words: readonly string[]) => void>> = {
  remote: ([ufrag = '', pwd = '', ...others]) => {
    const lite = others.includes('ice-lite');
    connectivity.setRemote({ ufrag, pwd, lite, options: others.filter((word) => word !== 'ice-lite') });
  },
  candidate: (words) => {
    const attribute = parseIceAttribute(words.join(' '));
    if (attribute !== undefined && 'candidate' in attribute)
      connectivity.addRemoteCandidate(attribute.candidate);
    else say('note', 'unreadable', ...words);
  },
  end: () => connectivity.endOfRemoteCandidates(),
  send: ([count]) => {
    let sent = 0;
    for (let i = 0; i < Number(count); i += 1) if (connectivity.send(Buffer.alloc(160, 0x55))) sent += 1;
    say('sent', sent);
  },
  restart: () => connectivity.restart(),
  close: () => connectivity.close(),
};

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const [command = '', ...words] = line.split(' ');
  commands[command]?.(words);
});
input.on('close', () => connectivity.close());
connectivity.start();
