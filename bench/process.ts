/** What /proc says about a server: the CPU time and the memory of a process with all its threads and descendants. */
import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks per second in /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** Fields of /proc/PID/stat after the command name, which is in parentheses and may contain anything. */
function stat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and all its descendants that live now. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(stat(pid)?.[1] ?? Number.NaN);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at += 1) tree.push(...(children.get(tree[at]!) ?? []));
  return tree;
}

/** utime + stime of the given processes, in ms (precise to 10 ms each). */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = stat(pid);
    if (fields !== undefined) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

/** The machine's cores since it started, in ms: to see how quiet it was during a measurement. */
export interface MachineTime {
  readonly busyMs: number;
  /** What the host of a virtual machine took away while there was work to do. */
  readonly stolenMs: number;
}

export function machineTime(): MachineTime {
  const fields = readFileSync('/proc/stat', 'latin1')
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = fields;
  return { busyMs: (user + nice + system + irq + softirq) * TICK_MS, stolenMs: stolen * TICK_MS };
}

export interface Memory {
  /** Sum of the proportional set sizes: shared pages are counted once. */
  readonly pssKb: number;
  /** Sum of the resident set sizes: shared pages are counted once per process. */
  readonly rssKb: number;
}

export function memoryOf(pids: readonly number[]): Memory {
  let pssKb = 0;
  let rssKb = 0;
  for (const pid of pids) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    } catch {
      continue;
    }
    pssKb += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    rssKb += Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return { pssKb, rssKb };
}
