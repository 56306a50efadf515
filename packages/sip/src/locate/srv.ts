import type { Random } from '@ringdown/sans-io';
import type { DnsSrvRecord } from './dns.ts';

/**
 * The order in which SRV records are tried (RFC 2782): by priority; among equals each next one is drawn with a probability
 * proportional to its weight, and those without weight have a very small chance to come before others.
 */
export const orderSrv = (records: readonly DnsSrvRecord[], random: Random): DnsSrvRecord[] => {
  const left = [...records].sort(
    (one, other) => one.priority - other.priority || Number(one.weight > 0) - Number(other.weight > 0),
  );
  const ordered: DnsSrvRecord[] = [];
  while (left.length > 0) {
    const [drawn] = left.splice(draw(left, random), 1);
    ordered.push(drawn!);
  }
  return ordered;
};

/** The index of the next record: the first whose running sum reaches a random number from 0 to the sum of the weights. */
const draw = (records: readonly DnsSrvRecord[], random: Random): number => {
  const priority = records[0]!.priority;
  let sum = 0;
  for (const record of records) if (record.priority === priority) sum += record.weight;
  const reach = Math.floor(random.fraction() * (sum + 1));
  let running = 0;
  for (let index = 0; index < records.length; index++) {
    running += records[index]!.weight;
    if (running >= reach) return index;
  }
  return 0;
};
