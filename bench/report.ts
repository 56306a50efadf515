/** The table of what was measured, in Markdown, and its place in docs/bench.md. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { BUN, LABELS, NODE, type PeerName, ROOT } from './peer.ts';
import { type Measured, type Metric, median, ratio } from './statistics.ts';

const REFERENCES: readonly PeerName[] = ['kamailio', 'kamailio-fm'];

function cell(metric: Metric, values: ReadonlyMap<number, number>): string {
  if (values.size === 0) return '–';
  const show = (value: number): string => value.toFixed(metric.digits);
  const all = [...values.values()];
  const middle = show(median(all));
  return all.length === 1 ? middle : `${middle} (${show(Math.min(...all))}–${show(Math.max(...all))})`;
}

/** One section per metric: a line per peer with median, minimum–maximum and the ratios to the references of the same round. */
export function table<Peer extends string = PeerName>(
  measured: Measured,
  peers: readonly Peer[],
  labels: Readonly<Record<string, string>> = LABELS,
  compareTo: readonly string[] = REFERENCES,
): string {
  const references = peers.filter((name) => compareTo.includes(name));
  const head = ['', 'server', 'median (min–max)', ...references.map((name) => `ratio to ${labels[name]}`)];
  const lines = [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`];
  for (const metric of measured.metrics()) {
    let title = `${metric.label}, ${metric.unit}`;
    for (const peer of peers) {
      const values = measured.values(metric, peer);
      if (values.size === 0) continue;
      const ratios = references.map((name) => {
        const found = name === peer ? undefined : ratio(values, measured.values(metric, name));
        return found === undefined ? '' : found.toFixed(2);
      });
      lines.push(`| ${[title, labels[peer], cell(metric, values), ...ratios].join(' | ')} |`);
      title = '';
    }
  }
  return lines.join('\n');
}

export function version(command: string, ...flags: string[]): string {
  try {
    return execFileSync(command, flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch (error) {
    // SIPp ends with an error status after it told its version.
    const { stdout } = error as { readonly stdout?: string };
    return stdout?.trim() ?? '';
  }
}

/** The machine and the versions, one sentence. */
export function circumstances(): string {
  const kamailio = /kamailio ([\d.]+)/.exec(version('kamailio', '-V'))?.[1] ?? 'absent';
  const sipp = /SIPp (v[\w.]+)/.exec(version('sipp', '-v'))?.[1] ?? 'absent';
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${memory} GiB, Linux ${release()}; Kamailio ${kamailio}, ` +
    `Node ${version(NODE, '--version')}, Bun ${version(BUN, '--version')}, SIPp ${sipp}`
  );
}

/** Each set of parts has its own section, so that a run of one leaves the tables of the others. */
const begin = (parts: string): string => `<!-- bench ${parts}: written by npm run bench -- --write-docs -->`;
const end = (parts: string): string => `<!-- end of bench ${parts} -->`;

/** Puts the text between the markers of these parts in docs/bench.md, and the markers at its end where they are missing. */
export function writeDocs(parts: string, text: string): string {
  const file = join(ROOT, 'docs/bench.md');
  const title = existsSync(file) ? readFileSync(file, 'utf8') : '# Bench\n';
  const [first, last] = [begin(parts), end(parts)];
  const page = title.includes(first) ? title : `${title.trimEnd()}\n\n${first}\n${last}\n`;
  const from = page.indexOf(first) + first.length;
  const to = page.indexOf(last);
  if (to < from) throw new Error(`${file} has "${first}" without "${last}" behind it`);
  writeFileSync(file, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`);
  return file;
}
