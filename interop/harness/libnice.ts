import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IceProgram } from './ice-program.ts';
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
  return ({ name, controlling, nomination = 'regular', addresses, more = [], namespace }) =>
    new IceProgram(stage, {
      ...{ name, command },
      args: [
        ...[controlling ? 'controlling' : 'controlled', nomination],
        ...addresses.map((address) => `address=${address}`),
        ...more,
      ],
      ...(namespace === undefined ? {} : { namespace }),
    });
}
