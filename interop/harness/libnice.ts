import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './deadline.ts';
import { agreement, IceProgram, type Way } from './ice-program.ts';
import { runCommand } from './process.ts';
import type { Stage } from './suite.ts';

const source = join(dirname(dirname(fileURLToPath(import.meta.url))), 'ice', 'libnice.c');

export interface LibniceOptions {
  readonly name: string;
  readonly controlling: boolean;
  readonly nomination?: 'regular' | 'aggressive';
  readonly addresses: readonly string[];
  /** Others of ../ice/libnice.c. */
  readonly more?: readonly string[];
  readonly namespace?: string;
}

/** Compiles ../ice/libnice.c against Debian's libnice. @returns what starts one */
export async function buildLibnice(stage: Stage): Promise<(options: LibniceOptions) => IceProgram> {
  const command = join(stage.folder, 'libnice');
  const flags = await runCommand({
    name: 'pkg-config nice (Debian: libnice-dev)',
    command: 'pkg-config',
    args: ['--cflags', '--libs', 'nice'],
  });
  await runCommand({
    name: 'gcc libnice.c',
    command: 'gcc',
    args: ['-Wall', '-O1', '-o', command, source, ...flags.trim().split(/\s+/)],
  });
  return ({ name, controlling, nomination = 'regular', addresses, more = [], namespace }) => {
    const child = stage.start({
      ...{ name, command },
      args: [
        ...[controlling ? 'controlling' : 'controlled', nomination],
        ...addresses.map((address) => `address=${address}`),
        ...more,
      ],
      ...(namespace === undefined ? {} : { namespace }),
    });
    const program = new IceProgram(name, (line) => child.write(line));
    child.onLine((line) => program.says(line));
    return program;
  };
}

export interface NicePair {
  readonly nice: IceProgram;
  readonly ours: IceProgram;
}

/** Both say that they are connected, over the same way. */
export async function connected(
  { nice, ours }: NicePair,
  fits?: (ours: Way, theirs: Way) => boolean,
): Promise<{ readonly ours: Way; readonly theirs: Way }> {
  await ours.reaches('completed', 15_000);
  await nice.reaches('ready', 15_000);
  return await agreement(
    () => ours.way,
    () => nice.way,
    fits,
  );
}

/** Datagrams each way, at once: not more than a socket holds while its busy reader sleeps. */
const datagrams = 50;

/** Data both ways; all of it arrives. */
export async function exchange({ nice, ours }: NicePair): Promise<void> {
  const before = { nice: nice.received, ours: ours.received };
  nice.tell(`send ${datagrams}`);
  ours.tell(`send ${datagrams}`);
  const arrived = (): true | undefined =>
    (nice.received === before.nice + datagrams && ours.received === before.ours + datagrams) || undefined;
  await eventually(arrived, 5_000, `${datagrams} datagrams each way`);
}
