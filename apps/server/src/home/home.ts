import { chmodSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Refusal, systemWords } from '../refusal.ts';

/** The folder where everything that outlives the process is kept. */
export interface Home {
  /** Its absolute path. */
  readonly directory: string;
  /** Accounts and domains. */
  readonly accountsFile: string;
  /** Bindings. */
  readonly bindingsFile: string;
  /** The database that the running server holds locked. */
  readonly lockFile: string;
  /** What the running server tells other commands. */
  readonly runningFile: string;
  /** Random keys, one file each. */
  readonly keysDirectory: string;
  /** The self-signed certificate and its key. */
  readonly tlsDirectory: string;
  /** The configuration that is read where none is named. */
  readonly configurationFile: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the home is: as named, else RINGDOWN_HOME, else the platform's convention. */
export const homeDirectory = (
  named: string | undefined,
  environment: Environment = process.env,
  platform: string = process.platform,
  userDirectory: string = homedir(),
): string => {
  if (named !== undefined && named !== '') return resolve(named);
  if (environment.RINGDOWN_HOME) return resolve(environment.RINGDOWN_HOME);
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(userDirectory, 'AppData', 'Local'), 'Ringdown');
  }
  if (platform === 'darwin') return join(userDirectory, 'Library', 'Application Support', 'Ringdown');
  return join(environment.XDG_DATA_HOME || join(userDirectory, '.local', 'share'), 'ringdown');
};

/** The files of a home, whether it is there or not. */
export const homeAt = (directory: string): Home => ({
  directory,
  accountsFile: join(directory, 'accounts.db'),
  bindingsFile: join(directory, 'bindings.db'),
  lockFile: join(directory, 'serve.lock'),
  runningFile: join(directory, 'running.json'),
  keysDirectory: join(directory, 'keys'),
  tlsDirectory: join(directory, 'tls'),
  configurationFile: join(directory, 'ringdown.toml'),
});

/**
 * Makes the home if it is not there, for its owner alone (0700), with its folders.
 *
 * @throws Refusal where the folder cannot be made or used
 */
export const openHome = (directory: string): Home => {
  const home = homeAt(directory);
  try {
    makeFolder(directory);
  } catch (error) {
    throw new Refusal(
      `the home ${directory} cannot be made (${systemWords(error)}): choose another with --home`,
    );
  }
  ownerOnly(home);
  for (const folder of [home.keysDirectory, home.tlsDirectory]) {
    try {
      makeFolder(folder);
    } catch (error) {
      throw new Refusal(
        `the home ${directory} cannot be written to (${systemWords(error)}): give its owner the right to, or choose another with --home`,
      );
    }
  }
  return home;
};

/**
 * Makes a folder and those above it. One after the other: where the system says ENOENT to a folder whose parent is there, as
 * /proc does, Node's own recursive mkdir never returns.
 */
const makeFolder = (path: string): void => {
  const above = dirname(path);
  if (above !== path && !isThere(above)) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
};

/** Takes others' rights away from a folder that is ours to change: an empty one, or a home already. */
const ownerOnly = (home: Home): void => {
  if (process.platform === 'win32') return;
  const { directory } = home;
  let state: Stats;
  let entries: readonly string[];
  try {
    state = statSync(directory);
    entries = readdirSync(directory);
  } catch (error) {
    throw new Refusal(
      `the home ${directory} cannot be read (${systemWords(error)}): choose another with --home`,
    );
  }
  if ((state.mode & 0o077) === 0) return;
  if (entries.length > 0 && !isThere(home.accountsFile) && !isThere(home.keysDirectory)) {
    throw new Refusal(
      `the folder ${directory} is open to other users and holds other things: name an empty folder with --home, or take their rights away (chmod 700)`,
    );
  }
  try {
    chmodSync(directory, 0o700);
  } catch (error) {
    throw new Refusal(
      `the home ${directory} is open to other users and cannot be closed to them (${systemWords(error)}): let its owner run chmod 700 on it`,
    );
  }
};

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
