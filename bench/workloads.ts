/** The work that every peer gets, one function per part of the bench; each starts its own server and stops it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ACCOUNTS, FIRST_CALLEE, PAIRS, USERS } from './accounts.ts';
import { microseconds, raw, type Sample, sipp, startCallee } from './load.ts';
import { type PeerName, type Server, start } from './peer.ts';
import { memoryOf, processTree } from './process.ts';
import type { Metric } from './statistics.ts';

export interface Scale {
  /** What is counted at the fixed load and in the closed loop, each, in ms. */
  readonly countMs: number;
  readonly warmUpMs: number;
  /** Registrations and calls that SIPp sends as fast as it can. */
  readonly sippRegistrations: number;
  readonly sippCalls: number;
  /** Until the memory is at rest: garbage is collected when a server is idle. */
  readonly settleMs: number;
  /** Numbers of registrations at which the memory is read, ascending. */
  readonly memorySteps: readonly number[];
}

export const REGISTRATIONS_PER_SECOND = 2_000;
export const CALLS_PER_SECOND = 500;
/** SIPp's closed loops; more at a time overflow the receive buffer of a server that is just starting. */
const SIPP_LIMIT = { registrations: 200, calls: 50 };
const RAW_LIMIT = { registrations: 200, calls: 100 };
const GET_AS_MANY_AS_POSSIBLE = 100_000;

const metric = (id: string, label: string, unit: string, digits: number): Metric => ({
  id,
  label,
  unit,
  digits,
});

export type Report = (metric: Metric, value: number, sample?: Sample) => void;
export type Part = (peer: PeerName, children: number, scale: Scale, report: Report) => Promise<void>;

async function withServer(
  peer: PeerName,
  children: number,
  accounts: number,
  work: (server: Server) => Promise<void>,
): Promise<void> {
  const server = await start(peer, { children, accounts });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

const rate = (sample: Sample): number => (sample.succeeded * 1000) / sample.elapsedMs;

/** A run that hardly succeeded has no cost per success worth a line. */
function reportCost(report: Report, cost: Metric, sample: Sample): void {
  if (sample.succeeded < sample.started / 2) {
    console.log(
      `  ${cost.label}: only ${sample.succeeded} of ${sample.started} succeeded, not counted ${JSON.stringify(sample)}`,
    );
  } else report(cost, microseconds(sample), sample);
}

const CPU = 'µs of CPU';

export const registrations: Part = (peer, children, scale, report) =>
  withServer(peer, children, ACCOUNTS, async (server) => {
    await raw('registrations', server, { users: USERS, outstanding: 50, 'count-ms': scale.warmUpMs });
    const scenario = 'register';
    const perSecond = REGISTRATIONS_PER_SECOND;
    const fixed = await sipp(server, { scenario, perSecond, count: (perSecond * scale.countMs) / 1000 });
    reportCost(
      report,
      metric('registration-fixed', `registration with digest, SIPp at ${perSecond}/s`, CPU, 1),
      fixed,
    );
    const most = await sipp(server, {
      scenario,
      perSecond: GET_AS_MANY_AS_POSSIBLE,
      limit: SIPP_LIMIT.registrations,
      count: scale.sippRegistrations,
    });
    reportCost(
      report,
      metric('registration-sipp', 'registration with digest, as many as SIPp sends', CPU, 1),
      most,
    );
    const saturated = await raw('registrations', server, {
      users: USERS,
      outstanding: RAW_LIMIT.registrations,
      'warm-up-ms': scale.warmUpMs,
      'count-ms': scale.countMs,
    });
    reportCost(
      report,
      metric('registration-saturated', 'registration with digest, server saturated', CPU, 1),
      saturated,
    );
    report(
      metric('registration-rate', 'registrations carried when saturated', 'per second', 0),
      rate(saturated),
      saturated,
    );
  });

/** Registers the callees with one contact each, at the port where the phones answer. */
async function registerCallees(server: Server, contactPort: number): Promise<void> {
  const done = await raw('registrations', server, {
    ...{ users: PAIRS, 'first-user': FIRST_CALLEE, pieces: PAIRS },
    ...{ outstanding: 20, 'contact-port': contactPort },
  });
  if (done.succeeded !== PAIRS)
    throw new Error(`only ${done.succeeded} of ${PAIRS} callees could register: ${JSON.stringify(done)}`);
}

export const calls: Part = (peer, children, scale, report) =>
  withServer(peer, children, ACCOUNTS, async (server) => {
    const calleePort = server.port + 1;
    await registerCallees(server, calleePort);
    const own = { 'callee-port': calleePort, 'count-ms': scale.countMs };
    const saturated = await raw('calls', server, {
      ...own,
      outstanding: RAW_LIMIT.calls,
      'warm-up-ms': scale.warmUpMs,
    });
    const perSecond = CALLS_PER_SECOND;
    const paced = await raw('calls', server, { ...own, 'per-second': perSecond, 'warm-up-ms': 1000 });
    const callee = await startCallee(calleePort);
    try {
      const common = { scenario: 'caller', helpers: [callee.pid!] } as const;
      const fixed = await sipp(server, { ...common, perSecond, count: (perSecond * scale.countMs) / 1000 });
      reportCost(report, metric('call-fixed', `call with digest, SIPp at ${perSecond}/s`, CPU, 0), fixed);
      if (typeof fixed.setUpP99Ms === 'number')
        report(
          metric('set-up-sipp', `p99 of call set-up, SIPp at ${perSecond}/s (clock of 4 ms)`, 'ms', 0),
          fixed.setUpP99Ms,
        );
      const most = await sipp(server, {
        ...common,
        perSecond: GET_AS_MANY_AS_POSSIBLE,
        limit: SIPP_LIMIT.calls,
        count: scale.sippCalls,
      });
      reportCost(report, metric('call-sipp', 'call with digest, as many as SIPp sends', CPU, 0), most);
    } finally {
      callee.kill('SIGKILL');
    }
    reportCost(report, metric('call-saturated', 'call with digest, server saturated', CPU, 0), saturated);
    report(metric('call-rate', 'calls carried when saturated', 'per second', 0), rate(saturated), saturated);
    if (typeof paced.setUpP99Ms === 'number' && typeof paced.setUpP50Ms === 'number') {
      report(metric('set-up-p50', `p50 of call set-up at ${perSecond}/s`, 'ms', 2), paced.setUpP50Ms, paced);
      report(metric('set-up-p99', `p99 of call set-up at ${perSecond}/s`, 'ms', 2), paced.setUpP99Ms, paced);
    }
  });

/** The share of a server's best that comes regardless of what is carried, to see what is left without overload. */
const NEARLY_ALL = 0.95;
/** How often twice the best is offered: the machine's speed changes by a tenth within seconds, and so does what one of them carries. */
const OVERLOADS = 3;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/**
 * What a server carries changes while it runs, and with the machine's other work: its caches fill, transactions end only after
 * half a minute. So its best is measured before, between and after what is held against it. That best is of calls that wait for each
 * other; those of overload come regardless, so it is also measured what is carried when nearly as many come so.
 */
export const overload: Part = (peer, children, scale, report) =>
  withServer(peer, children, ACCOUNTS, async (server) => {
    const calleePort = server.port + 1;
    await registerCallees(server, calleePort);
    const common = { 'callee-port': calleePort, 'count-ms': scale.countMs, 'warm-up-ms': scale.warmUpMs };
    const offer = (perSecond: number): Promise<Sample> =>
      raw('calls', server, { ...common, 'per-second': Math.round(perSecond) });
    const saturate = (): Promise<Sample> => raw('calls', server, { ...common, outstanding: RAW_LIMIT.calls });
    const saturated = [await saturate()];
    const regardless = await offer(NEARLY_ALL * rate(saturated[0]!));
    const twice: Sample[] = [];
    while (twice.length < OVERLOADS) {
      twice.push(await offer(2 * rate(saturated.at(-1)!)));
      saturated.push(await saturate());
    }
    const best = mean(saturated.map(rate));
    const goodput = mean(twice.map(rate));
    const last = twice.at(-1)!;
    const started = sum(twice.map((sample) => sample.started));
    const share = (count: number): number => (100 * count) / started;
    const polite = sum(twice.map(({ refusals }) => refusals['503 with Retry-After'] ?? 0));
    report(
      metric('goodput-best', `best goodput, mean of ${saturated.length}`, 'calls per second', 0),
      best,
      saturated.at(-1)!,
    );
    for (const sample of twice)
      console.log(
        `  twice that: ${rate(sample).toFixed(0)} calls per second of ${((sample.started * 1000) / sample.elapsedMs).toFixed(0)}, ${((100 * rate(sample)) / best).toFixed(0)} % of the best`,
      );
    const offered = mean(twice.map((sample) => (sample.started * 1000) / sample.elapsedMs));
    report(metric('overload-offered', 'offered in overload', 'calls per second', 0), offered, last);
    report(
      metric('overload-goodput', `goodput at twice that, mean of ${OVERLOADS}`, '% of the best', 0),
      (100 * goodput) / best,
      last,
    );
    report(
      metric(
        'goodput-regardless',
        'goodput of calls that come regardless, 95 % of the best',
        'calls per second',
        0,
      ),
      rate(regardless),
      regardless,
    );
    report(
      metric('overload-goodput-regardless', 'goodput at twice the best', '% of that', 0),
      (100 * goodput) / rate(regardless),
    );
    report(
      metric('overload-refused', 'refused with 503 and Retry-After', '% of the offered', 0),
      share(polite),
    );
    const lost = Math.max(0, started - sum(twice.map(({ succeeded }) => succeeded)) - polite);
    report(metric('overload-lost', 'neither carried nor so refused', '% of the offered', 0), share(lost));
    const set = twice.map(({ setUpP99Ms }) => setUpP99Ms).filter((ms) => typeof ms === 'number');
    if (set.length > 0) report(metric('overload-p99', 'p99 of call set-up in overload', 'ms', 0), mean(set));
  });

export const memory: Part = (peer, children, scale, report) =>
  withServer(peer, children, scale.memorySteps.at(-1)!, async (server) => {
    // Code, pools and caches are warm before the first reading: one user registers and registers again.
    await raw('registrations', server, { users: 1, pieces: 5_000, outstanding: 1 });
    await sleep(scale.settleMs);
    const read = () => ({ ...memoryOf(processTree(server.pid)), shared: server.sharedMemoryUsed() });
    const before = read();
    let registered = 1;
    for (const step of scale.memorySteps) {
      const pieces = step - registered;
      const done = await raw('registrations', server, {
        users: step,
        'first-user': registered,
        pieces,
        outstanding: 100,
      });
      if (done.succeeded !== pieces)
        console.log(`  only ${done.succeeded} of ${pieces} registered: ${JSON.stringify(done.refusals)}`);
      registered = step;
      await sleep(scale.settleMs);
      const after = read();
      const of = `at ${step.toLocaleString('en')} registrations`;
      const perOne = (bytes: number): number => bytes / step;
      report(
        metric(`memory-pss-${step}`, `memory ${of} (PSS)`, 'bytes each', 0),
        perOne((after.pssKb - before.pssKb) * 1024),
        done,
      );
      report(metric(`memory-rss-${step}`, `whole server ${of} (PSS)`, 'MiB', 0), after.pssKb / 1024);
      if (after.shared !== undefined && before.shared !== undefined)
        report(
          metric(`memory-shm-${step}`, `shared memory used ${of}`, 'bytes each', 0),
          perOne(after.shared - before.shared),
        );
    }
  });

/**
 * The number of Kamailio's workers that costs least per call when saturated. Several workers can overtake each other: a BYE before its
 * ACK is a failed call for SIPp, so a number that fails calls at the fixed load is out.
 */
export async function bestChildren(
  peer: PeerName,
  candidates: readonly number[],
  countMs: number,
): Promise<number> {
  let best = candidates[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const children of candidates) {
    await withServer(peer, children, ACCOUNTS, async (server) => {
      const calleePort = server.port + 1;
      const registered = await raw('registrations', server, {
        users: USERS,
        outstanding: 200,
        'count-ms': countMs,
      });
      await registerCallees(server, calleePort);
      const closed = { 'callee-port': calleePort, outstanding: RAW_LIMIT.calls };
      const called = await raw('calls', server, { ...closed, 'warm-up-ms': 1000, 'count-ms': countMs });
      const callee = await startCallee(calleePort);
      const count = (CALLS_PER_SECOND * countMs) / 1000;
      const fixed = await sipp(server, {
        scenario: 'caller',
        perSecond: CALLS_PER_SECOND,
        count,
        helpers: [callee.pid!],
      });
      callee.kill('SIGKILL');
      console.log(
        `  ${peer} with ${children} worker(s): ${microseconds(registered).toFixed(1)} µs per registration, ` +
          `${microseconds(called).toFixed(0)} µs per call, ${rate(called).toFixed(0)} calls/s; SIPp at ${CALLS_PER_SECOND}/s: ` +
          `${microseconds(fixed).toFixed(0)} µs per call, ${fixed.timedOut} of ${count} failed`,
      );
      if (fixed.timedOut <= count / 200 && microseconds(called) < least) {
        least = microseconds(called);
        best = children;
      }
    });
  }
  return best;
}
