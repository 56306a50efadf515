import { ResponsePort } from '../behaviour-attributes.ts';
import { newTransactionId } from '../client-transaction.ts';
import { byteString } from '../text-attribute.ts';
import type { TransportAddress } from '../transport-address.ts';
import { type MappingLifetime, sameAddress } from './nat-report.ts';
import { type ProbeAnswer, type ProbeSocket, pause } from './probe-socket.ts';
import type { Prober } from './prober.ts';

export interface LifetimeOptions {
  /** The longest idle time that is tried. */
  readonly maxMs: number;
  /** How near the two bounds have to come. */
  readonly resolutionMs: number;
}

/** RFC 4787 REQ-5 asks for 2 minutes at least, and recommends 5. */
export const lifetimeDefaults: LifetimeOptions = Object.freeze({ maxMs: 300_000, resolutionMs: 5_000 });

/** Idle times that are tried first, all at once, as parts of the longest. */
const LADDER = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1];
/** Later ones cut what is left into so many parts: with sockets side by side that is quicker than halves. */
const PARTS = 5;
const MOST_ROUNDS = 3;

type Fate = 'alive' | 'expired' | 'unknown';
type Measure = (idleMs: number) => Promise<Fate>;

/**
 * How long an idle mapping lives (RFC 5780 §4.6): by RESPONSE-PORT where the server does that, else by whether a socket that
 * kept silence is given another port. Takes about three times as long as the mapping lives, and no longer than three times `maxMs`.
 *
 * @returns undefined where the server and the NAT cannot show it
 */
export const lifetimeOf = async (
  prober: Prober,
  server: TransportAddress,
  options: LifetimeOptions,
  progress: (sentence: string) => void,
): Promise<MappingLifetime | undefined> => {
  const witness = await prober.open(server);
  if (witness === undefined) return undefined;
  try {
    const byWitness: Measure = (idleMs) => measureByWitness(prober, server, witness, idleMs);
    const method = (await byWitness(0)) === 'alive' ? 'RESPONSE-PORT' : 'own probes';
    const measure = method === 'RESPONSE-PORT' ? byWitness : byOwnProbes(prober, server);
    const bounds = await search(measure, options, progress);
    // Who never saw a port change cannot know that it would have.
    if (bounds === undefined || (method === 'own probes' && bounds.lessThanMs === undefined))
      return undefined;
    return { ...bounds, method };
  } finally {
    witness.close();
  }
};

const search = async (
  measure: Measure,
  { maxMs, resolutionMs }: LifetimeOptions,
  progress: (sentence: string) => void,
): Promise<Omit<MappingLifetime, 'method'> | undefined> => {
  let idle = LADDER.map((part) => Math.round(part * maxMs));
  let [atLeastMs, lessThanMs]: [number, number | undefined] = [0, undefined];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    progress(`Waiting up to ${seconds(idle.at(-1)!)} s to see when an idle way closes.`);
    const fates = await untilExpired(idle, measure);
    if (fates.every((fate) => fate === 'unknown')) return round === 0 ? undefined : { atLeastMs, lessThanMs };
    // The longest that lived counts: an answer may be lost, but none is made up.
    atLeastMs = Math.max(atLeastMs, ...idle.filter((_, index) => fates[index] === 'alive'));
    const gone = idle.filter((one, index) => fates[index] === 'expired' && one > atLeastMs);
    lessThanMs = Math.min(lessThanMs ?? Number.POSITIVE_INFINITY, ...gone);
    if (!Number.isFinite(lessThanMs)) return { atLeastMs, lessThanMs: undefined };
    const gap = lessThanMs - atLeastMs;
    if (gap <= resolutionMs) break;
    const from = atLeastMs;
    idle = Array.from({ length: PARTS - 1 }, (_, index) => Math.round(from + (gap * (index + 1)) / PARTS));
  }
  return { atLeastMs, lessThanMs };
};

/** All at once, but only as long as something lives: sockets that wait longer are left to the prober to close. */
const untilExpired = async (idle: readonly number[], measure: Measure): Promise<readonly Fate[]> => {
  const fates: Fate[] = [];
  for (const pending of idle.map(measure)) {
    const fate = await pending;
    fates.push(fate);
    if (fate === 'expired') break;
  }
  return fates;
};

/** Asks for an answer to the idle socket from another one, which must not wake it (RFC 5780 §4.6). */
const measureByWitness = async (
  prober: Prober,
  server: TransportAddress,
  witness: ProbeSocket,
  idleMs: number,
): Promise<Fate> => {
  const idle = await prober.openAsking(server);
  if (idle === undefined) return 'unknown';
  const { socket, answer } = idle;
  try {
    if (answer.kind !== 'mapped') return 'unknown';
    await pause(prober.ports.timers, idleMs);
    const transactionId = newTransactionId(prober.ports.random);
    const arrived = new Promise<'arrived'>((resolve) => {
      socket.strayed = (message) => {
        if (byteString(message.transactionId) === byteString(transactionId)) resolve('arrived');
      };
    });
    const asked = prober.ask(witness, server, {
      transactionId,
      write: (request) => request.add(ResponsePort, answer.mapped.port),
    });
    return fateOf(await Promise.race([arrived, asked]));
  } finally {
    socket.close();
  }
};

const fateOf = (heard: 'arrived' | ProbeAnswer): Fate => {
  if (heard === 'arrived') return 'alive';
  // The witness itself was given the port that was free again, or nobody has it.
  return heard.kind === 'error' ? 'unknown' : 'expired';
};

/** A NAT that gives another port after the silence has forgotten the first one; one that keeps ports never tells. */
const byOwnProbes =
  (prober: Prober, server: TransportAddress): Measure =>
  async (idleMs) => {
    const idle = await prober.openAsking(server);
    if (idle === undefined) return 'unknown';
    const { socket, answer } = idle;
    try {
      if (answer.kind !== 'mapped' || answer.mapped.port === socket.local.port) return 'unknown';
      await pause(prober.ports.timers, idleMs);
      const later = await prober.ask(socket, server);
      if (later.kind !== 'mapped') return 'unknown';
      return sameAddress(later.mapped, answer.mapped) ? 'alive' : 'expired';
    } finally {
      socket.close();
    }
  };

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
