/**
 * The bench: the same SIP work for Kamailio, and the same STUN and TURN work for coturn, and for this server under Node and under Bun,
 * alternating, the server on one core and the load on the other; and the same calls for baresip and for the phone in the terminal.
 *
 *     node bench/run.ts --help
 */
import { parseArgs } from 'node:util';
import { LABELS, PEERS, type PeerName } from './peer.ts';
import { benchPhone } from './phone/bench.ts';
import { PHONE_PEERS } from './phone/part.ts';
import { PHONE_PARTS, type PhonePartName } from './phone/workloads.ts';
import { circumstances, table, writeDocs } from './report.ts';
import { createMeasured } from './statistics.ts';
import { benchTurn } from './turn/bench.ts';
import { TURN_PEERS } from './turn/servers.ts';
import { TURN_PARTS, type TurnPartName } from './turn/workloads.ts';
import { bestChildren, calls, memory, overload, type Part, registrations, type Scale } from './workloads.ts';

const FULL: Scale = {
  countMs: 8_000,
  warmUpMs: 4_000,
  sippRegistrations: 60_000,
  sippCalls: 20_000,
  settleMs: 10_000,
  memorySteps: [100_000, 1_000_000],
};
const QUICK: Scale = {
  countMs: 2_500,
  warmUpMs: 2_000,
  sippRegistrations: 20_000,
  sippCalls: 5_000,
  settleMs: 3_000,
  memorySteps: [20_000],
};

const PARTS: Readonly<Record<string, Part>> = { registrations, calls, overload, memory };
const TURN_NAMES = Object.keys(TURN_PARTS) as TurnPartName[];
const PHONE_NAMES = Object.keys(PHONE_PARTS) as PhonePartName[];

const HELP = `npm run bench -- [options]

SIP beside Kamailio, STUN and TURN beside coturn, the phone beside baresip: CPU per piece of work, what is carried, what it takes in time and memory.

  --only PARTS     of SIP: ${Object.keys(PARTS).join(', ')};
                   of STUN and TURN: ${TURN_NAMES.join(', ')};
                   of the phone: ${PHONE_NAMES.join(', ')}. All without it
  --peers PEERS    of SIP: ${PEERS.join(', ')};
                   of STUN and TURN: ${TURN_PEERS.join(', ')};
                   of the phone: ${PHONE_PEERS.join(', ')}
  --quick          one short round: rough figures
  --rounds N       3 without it; their medians are told
  --children N,N   numbers of Kamailio's workers, of which the best is taken
  --write-docs     puts the tables into docs/bench.md`;
const ONLY_REGISTRATIONS: readonly PeerName[] = ['node-memory', 'bun-memory'];

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function chosen<Name extends string>(option: string, text: string, known: readonly Name[]): Name[] {
  return text.split(',').map((name) => {
    const found = known.find((other) => other === name);
    return found ?? fail(`--${option}: "${name}" is unknown; it is one of ${known.join(', ')}`);
  });
}

function options() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        peers: { type: 'string' },
        children: { type: 'string', default: '1,2,4' },
        'write-docs': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = options();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const quick = values.quick;
const scale = quick ? QUICK : FULL;
const rounds = Number(values.rounds ?? (quick ? 1 : 3));
if (!(Number.isInteger(rounds) && rounds > 0))
  fail(`--rounds: "${values.rounds}" is not a number of rounds; 3 is usual`);
const children = values.children.split(',').map(Number);
if (!children.every((count) => Number.isInteger(count) && count > 0))
  fail('--children: numbers of workers, such as 1,2,4');
const allParts = [...Object.keys(PARTS), ...TURN_NAMES, ...PHONE_NAMES];
const chosenParts = chosen('only', values.only ?? allParts.join(','), allParts);
const parts = chosenParts.filter((name) => name in PARTS);
const turnParts = TURN_NAMES.filter((name) => chosenParts.includes(name));
const usual = [...(quick ? ['kamailio', 'node', 'bun'] : PEERS), ...TURN_PEERS, ...PHONE_PEERS];
const chosenPeers = chosen<string>('peers', values.peers ?? usual.join(','), [
  ...PEERS,
  ...TURN_PEERS,
  ...PHONE_PEERS,
]);
const peers = PEERS.filter((name) => chosenPeers.includes(name));
const phoneParts = PHONE_NAMES.filter((name) => chosenParts.includes(name));
const phonePeers = PHONE_PEERS.filter((name) => chosenPeers.includes(name));
const turnPeers = TURN_PEERS.filter((name) => chosenPeers.includes(name));

console.log(
  `${circumstances()}${quick ? '\nQuick: one short round; the figures are rough and nothing for the docs.' : ''}`,
);
const measured = createMeasured();
const workers = new Map<PeerName, number>();
for (const peer of peers.filter((name) => parts.length > 0 && name.startsWith('kamailio')))
  workers.set(peer, children.length === 1 || quick ? children[0]! : await bestChildren(peer, children, 3000));

let othersMs = 0;
let stolenMs = 0;
let elapsedMs = 0;
for (const part of parts) {
  // Memory does not vary from round to round, and a million registrations take their time.
  for (let round = 1; round <= (part === 'memory' ? 1 : rounds); round += 1) {
    // Every round turns the order, so that no peer always comes first.
    const turn = peers.map((_, at) => peers[(at + round - 1) % peers.length]!);
    for (const peer of turn) {
      if (part !== 'registrations' && ONLY_REGISTRATIONS.includes(peer)) continue;
      console.log(`${part}, round ${round}: ${LABELS[peer]}`);
      await PARTS[part]!(peer, workers.get(peer) ?? 1, scale, (metric, value, sample) => {
        measured.add(metric, peer, round, value);
        let busy = '';
        if (sample !== undefined) {
          const percent = (ms: number): string => `${Math.round((100 * ms) / sample.elapsedMs)} %`;
          busy = `   [server ${percent(sample.serverCpuMs)}, load ${percent(sample.loadCpuMs)}, others ${percent(sample.othersCpuMs)}, stolen ${percent(sample.stolenMs)}`;
          busy += `; ${sample.succeeded} succeeded, ${sample.timedOut} failed, ${sample.resent} resent, ${JSON.stringify(sample.refusals)}]`;
          othersMs += sample.othersCpuMs;
          stolenMs += sample.stolenMs;
          elapsedMs += sample.elapsedMs;
        }
        console.log(`  ${metric.label}: ${value.toFixed(metric.digits)} ${metric.unit}${busy}`);
      });
    }
  }
}

const noise = (ms: number): string => `${elapsedMs === 0 ? 0 : ((100 * ms) / elapsedMs).toFixed(1)} %`;
const swept = !quick && children.length > 1 ? `, its best of ${children.join(', ')}` : '';
const note = [...workers].map(([peer, count]) => `${LABELS[peer]}, ran with ${count} worker(s)${swept}.`);
const text = [
  `${new Date().toISOString().slice(0, 10)}${quick ? ', **quick: rough figures**' : ''}. ${circumstances()}. ${rounds} round(s) (memory: one), alternating; the server on one core, ` +
    `the load on the other; everything else on the machine used ${noise(othersMs)} of one core meanwhile, and its host took ${noise(stolenMs)}. ${note.join(' ')}`,
  table(measured, peers),
].join('\n\n');
if (parts.length > 0) {
  console.log(`\n${text}`);
  if (values['write-docs']) console.log(`\nwritten to ${writeDocs(parts.join(', '), text)}`);
}
if (turnParts.length > 0)
  await benchTurn({ parts: turnParts, peers: turnPeers, quick, rounds, writeDocs: values['write-docs'] });
if (phoneParts.length > 0)
  await benchPhone({ parts: phoneParts, peers: phonePeers, quick, rounds, writeDocs: values['write-docs'] });
process.exit(0);
