/**
 * What the server spends its time on under one load: runs it under Node's CPU profiler and prints the functions with most self time,
 * and the sums by room.
 *
 *     node bench/profile.ts [--load registrations|calls] [--seconds 10] [--per-second N] [--top 40] [--keep FILE.cpuprofile] [--memory]
 *
 * Without --per-second the load is a closed loop that saturates the server.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ACCOUNTS, FIRST_CALLEE, PAIRS, USERS } from './accounts.ts';
import { microseconds, raw } from './load.ts';
import { start, workFolder } from './peer.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Time between samples, in µs. */
  readonly timeDeltas: readonly number[];
}

/** The part of the house that a file belongs to: packages/sip/src/message/x.ts is in sip/message. */
export function room(frame: ProfileNode['callFrame']): string {
  const { url, functionName } = frame;
  if (functionName === '(garbage collector)') return 'gc';
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(program)') return 'native (kernel, libuv, V8)';
  if (url.startsWith('node:')) return 'node internals';
  const ours = /\/(?:packages|apps)\/([^/]+)\/(?:src|dist)\/(?:([^/]+)\/)?[^/]+$/.exec(url);
  if (ours !== null) return ours[2] === undefined ? ours[1]! : `${ours[1]}/${ours[2]}`;
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (dependency !== null) return dependency[1]!;
  return url === '' ? 'built-in functions' : url;
}

function print(
  title: string,
  times: ReadonlyMap<string, number>,
  busyUs: number,
  pieces: number,
  most: number,
): void {
  console.log(`\n${title}\n   share   µs each`);
  const sorted = [...times].sort((a, b) => b[1] - a[1]).slice(0, most);
  for (const [name, us] of sorted) {
    const share = `${((100 * us) / busyUs).toFixed(1)} %`.padStart(8);
    console.log(`${share} ${(us / pieces).toFixed(2).padStart(9)}  ${name}`);
  }
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us);
}

function summarize(profile: Profile, pieces: number, most: number): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const functions = new Map<string, number>();
  const rooms = new Map<string, number>();
  let busyUs = 0;
  for (const [at, id] of profile.samples.entries()) {
    const frame = nodes.get(id)!.callFrame;
    const us = profile.timeDeltas[at] ?? 0;
    const where = room(frame);
    if (where === 'idle') continue;
    busyUs += us;
    add(rooms, where, us);
    const place =
      frame.url === ''
        ? ''
        : `  ${frame.url.replace(/^.*\/(packages|apps|node_modules)\//, '')}:${frame.lineNumber + 1}`;
    add(functions, `${frame.functionName === '' ? '(anonymous)' : frame.functionName}${place}`, us);
  }
  print(
    `by room (${(busyUs / 1e6).toFixed(2)} s busy in the main thread, start included)`,
    rooms,
    busyUs,
    pieces,
    50,
  );
  print('by function, self time', functions, busyUs, pieces, most);
}

const { values } = parseArgs({
  options: {
    load: { type: 'string', default: 'calls' },
    seconds: { type: 'string', default: '10' },
    'per-second': { type: 'string' },
    top: { type: 'string', default: '40' },
    keep: { type: 'string' },
    memory: { type: 'boolean', default: false },
  },
});
const load = values.load;
if (load !== 'registrations' && load !== 'calls') {
  console.error(`--load: "${load}" is unknown; it is registrations or calls`);
  process.exit(1);
}

const folder = join(workFolder, 'profiles');
mkdirSync(folder);
const server = await start(values.memory ? 'node-memory' : 'node', {
  children: 1,
  accounts: ACCOUNTS,
  runtimeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval', '500'],
});
const calleePort = server.port + 1;
const pace = values['per-second'] === undefined ? {} : { 'per-second': Number(values['per-second']) };
const common = { ...pace, 'count-ms': Number(values.seconds) * 1000 };
const callees = {
  users: PAIRS,
  'first-user': FIRST_CALLEE,
  pieces: PAIRS,
  'contact-port': calleePort,
  outstanding: 20,
};
if (load === 'calls') await raw('registrations', server, callees);
const sample =
  load === 'calls'
    ? await raw('calls', server, { ...common, 'callee-port': calleePort, outstanding: 100 })
    : await raw('registrations', server, { ...common, users: USERS, outstanding: 200 });
await server.stop();

console.log(
  `${load}: ${sample.succeeded} in ${(sample.elapsedMs / 1000).toFixed(1)} s, ${microseconds(sample).toFixed(1)} µs of CPU each`,
);
console.log(
  `all threads, profiled; without the profiler it is less; refused ${JSON.stringify(sample.refusals)}, failed ${sample.timedOut}`,
);
// Worker threads write profiles of their own; the main thread's is the largest.
const files = readdirSync(folder).map((name) => join(folder, name));
const profiles = files.map((file) => ({ file, profile: JSON.parse(readFileSync(file, 'utf8')) as Profile }));
const [main] = profiles.sort((a, b) => b.profile.nodes.length - a.profile.nodes.length);
if (main === undefined)
  throw new Error(`the server wrote no profile into ${folder}: did it end by SIGTERM in its own time?`);
summarize(main.profile, sample.succeeded, Number(values.top));
if (values.keep !== undefined) {
  cpSync(main.file, values.keep);
  console.log(`\nkept as ${values.keep}; the Performance panel of Chrome's developer tools opens it`);
}
process.exit(0);
