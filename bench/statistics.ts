/** What was measured: values per metric, peer and round; medians, spread and ratios within a round. */

export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
}

export interface Measured {
  add(metric: Metric, peer: string, round: number, value: number): void;
  metrics(): readonly Metric[];
  /** One value per round in which it was measured. */
  values(metric: Metric, peer: string): ReadonlyMap<number, number>;
}

export function createMeasured(): Measured {
  const metrics = new Map<string, Metric>();
  const all = new Map<string, Map<number, number>>();
  return {
    add: (metric, peer, round, value) => {
      metrics.set(metric.id, metric);
      const key = `${metric.id} ${peer}`;
      const values = all.get(key) ?? new Map<number, number>();
      all.set(key, values.set(round, value));
    },
    metrics: () => [...metrics.values()],
    values: (metric, peer) => all.get(`${metric.id} ${peer}`) ?? new Map(),
  };
}

export function median(values: Iterable<number>): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of value / reference over the rounds that have both; undefined without any. */
export function ratio(
  values: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): number | undefined {
  const ratios: number[] = [];
  for (const [round, value] of values) {
    const other = reference.get(round);
    if (other !== undefined && other !== 0) ratios.push(value / other);
  }
  return ratios.length === 0 ? undefined : median(ratios);
}
