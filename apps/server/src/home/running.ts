import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Home } from './home.ts';
import { isServing } from './serve-lock.ts';

/** What the server that runs on a home tells the other commands of it. */
export interface Running {
  /** The URIs of its TURN (RFC 7065), best first. */
  readonly turnUris: readonly string[];
}

/** Tells it until the end. @returns what ends it */
export const tellRunning = (home: Home, running: Running): (() => void) => {
  writeFileSync(home.runningFile, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  return () => rmSync(home.runningFile, { force: true });
};

/** What the server that runs on a home right now has told; undefined where none does. */
export const readRunning = (home: Home): Running | undefined => {
  // The file stays behind where a server was killed.
  if (!isServing(home)) return undefined;
  try {
    const { turnUris } = JSON.parse(readFileSync(home.runningFile, 'utf8'));
    return Array.isArray(turnUris) ? { turnUris: turnUris.map(String) } : undefined;
  } catch {
    return undefined;
  }
};
