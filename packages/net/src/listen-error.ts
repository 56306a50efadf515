import type { TransportName } from '@ringdown/sip';

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port: stop it, or choose another port',
  EACCES: 'this user may not have that port: choose one above 1023, or allow it',
  EADDRNOTAVAIL: 'no interface of this machine has that address: choose one of its own',
};

/** A socket could not be bound. The message names address, port and transport, and says what to do. */
export class ListenError extends Error {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;

  constructor(transport: TransportName, address: string, port: number, cause: unknown) {
    const code = codeOf(cause);
    const remedy = REMEDIES[code] ?? (cause instanceof Error ? cause.message : String(cause));
    const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    super(`Cannot listen at ${where} for ${transport.toUpperCase()}: ${remedy} (${code}).`, { cause });
    this.name = 'ListenError';
    this.transport = transport;
    this.address = address;
    this.port = port;
    this.code = code;
  }
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown error';
