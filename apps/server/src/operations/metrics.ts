import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TurnTally } from '../turn/turn-journal.ts';

/** What is counted as it happens: plain numbers, read when somebody asks. */
export class Tally {
  readonly answers = new Map<string, number>();
  readonly relays = new Map<string, number>();
  readonly setupSeconds: Histogram;
  drops = 0;

  constructor(registry: Registry) {
    this.setupSeconds = new Histogram({
      name: 'ringdown_call_setup_seconds',
      help: 'From INVITE to its final answer.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 180],
      registers: [registry],
    });
  }

  answered(method: string, status: number): void {
    count(this.answers, method, status);
  }

  relayed(method: string, status: number, elapsedMs: number): void {
    count(this.relays, method, status);
    if (method === 'INVITE') this.setupSeconds.observe(elapsedMs / 1000);
  }

  dropped(): void {
    this.drops++;
  }
}

/** Methods have a line each only where they are known: strangers choose names, and a series for each would never end. */
const METHODS: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'PUBLISH',
  'SUBSCRIBE',
  'NOTIFY',
  'MESSAGE',
  'REFER',
  'INFO',
  'UPDATE',
  'PRACK',
]);

const count = (counts: Map<string, number>, method: string, status: number): void => {
  const series = `${METHODS.has(method) ? method : 'other'} ${status}`;
  counts.set(series, (counts.get(series) ?? 0) + 1);
};

/** What is read from the parts when somebody asks. */
export interface Gauges {
  readonly bindings: () => number;
  readonly transactions: () => { readonly servers: number; readonly clients: number };
  readonly accounts: () => number;
  readonly presence: () => { readonly publications: number; readonly subscriptions: number };
  readonly storeBacklog: () => number;
  readonly connections: () => number;
  readonly serviceCalls: () => number;
}

/** One number of a counter, with its labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What the TURN server counts, as {@link TurnTally} does. */
export interface TurnNumbers {
  readonly allocations: number;
  readonly connections: number;
  readonly tally: TurnTally;
}

export interface Metrics {
  readonly tally: Tally;
  readonly contentType: string;
  /** Makes the gauges known: the parts that they read are there now. */
  watch(gauges: Gauges): void;
  /** The same for STUN and TURN. */
  watchTurn(turn: TurnNumbers): void;
  /** The Prometheus text format. */
  text(): Promise<string>;
}

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const tally = new Tally(registry);
  if (process.versions.bun === undefined) collectDefaultMetrics({ register: registry });

  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<Sample>,
  ): void => {
    const made: Counter = new Counter({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        made.reset();
        for (const [labels, value] of read()) made.inc(labels, value);
      },
    });
  };
  const byMethod = function* (counts: ReadonlyMap<string, number>): Iterable<Sample> {
    for (const [key, value] of counts) {
      const [method = '', status = ''] = key.split(' ');
      yield [{ method, status }, value];
    }
  };
  counter('ringdown_answers_total', 'Requests answered by the server itself.', ['method', 'status'], () =>
    byMethod(tally.answers),
  );
  counter(
    'ringdown_relayed_total',
    'Requests relayed, by the status that their sender got.',
    ['method', 'status'],
    () => byMethod(tally.relays),
  );
  counter('ringdown_dropped_total', 'Messages thrown away without an answer.', [], () => [[{}, tally.drops]]);

  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) });
  };
  return {
    tally,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    watch: (gauges) => {
      gauge('ringdown_bindings', 'Devices that are registered.', gauges.bindings);
      gauge('ringdown_accounts', 'Accounts of all domains.', gauges.accounts);
      gauge(
        'ringdown_server_transactions',
        'Requests of others under way.',
        () => gauges.transactions().servers,
      );
      gauge(
        'ringdown_client_transactions',
        'Requests of ours under way.',
        () => gauges.transactions().clients,
      );
      gauge('ringdown_publications', 'Presence publications.', () => gauges.presence().publications);
      gauge('ringdown_subscriptions', 'Presence subscriptions.', () => gauges.presence().subscriptions);
      gauge(
        'ringdown_binding_store_backlog',
        'Changes of bindings that are not durable yet.',
        gauges.storeBacklog,
      );
      gauge('ringdown_connections', 'Open TCP, TLS and WebSocket connections.', gauges.connections);
      gauge('ringdown_service_calls', 'Calls that echo and tone answer.', gauges.serviceCalls);
    },
    watchTurn: (turn) => {
      const { tally } = turn;
      gauge('ringdown_turn_allocations', 'Relays that are there.', () => turn.allocations);
      gauge('ringdown_turn_connections', 'Open connections of TURN clients.', () => turn.connections);
      counter('ringdown_turn_allocations_total', 'Relays that were given.', [], () => [
        [{}, tally.allocations],
      ]);
      counter('ringdown_turn_refused_total', 'TURN requests refused.', ['code'], function* () {
        for (const [code, count] of tally.refusals) yield [{ code: String(code) }, count];
      });
      counter('ringdown_turn_denied_peers_total', 'Peers that may not be reached.', [], () => [
        [{}, tally.peersDenied],
      ]);
      counter('ringdown_turn_bytes_total', 'What relays that have ended carried.', ['to'], () => [
        [{ to: 'peer' }, tally.bytesToPeers],
        [{ to: 'client' }, tally.bytesFromPeers],
      ]);
      counter('ringdown_turn_packets_total', 'The same in packets.', ['to'], () => [
        [{ to: 'peer' }, tally.packetsToPeers],
        [{ to: 'client' }, tally.packetsFromPeers],
        [{ to: 'nobody' }, tally.packetsLost],
      ]);
    },
  };
};
