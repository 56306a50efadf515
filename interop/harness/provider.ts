import type { RunningProcess } from './process.ts';

/** An address and port that a listener is bound to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export type ListenerName =
  | ('udp' | 'tcp' | 'tls' | 'ws' | 'wss' | 'http')
  | ('turn-udp' | 'turn-tcp' | 'turn-tls');

export interface ProviderOptions {
  /** Tells several servers of one suite apart; also their folders. */
  readonly name?: string;
  readonly domain?: string;
  /** Address to listen at. */
  readonly host?: string;
  /** Further ones. */
  readonly moreHosts?: readonly string[];
  /** What the world is told; `host` without it, and `false`: nothing, the server finds out. */
  readonly advertise?: string | false;
  /** Fixed SIP port; any free one by default. */
  readonly sipPort?: number;
  readonly sipsPort?: number;
  readonly turnPort?: number;
  readonly turnsPort?: number;
  readonly namespace?: string;
  /** Text of the configuration file. */
  readonly config?: string;
  /** How long a silent server may take to become ready. */
  readonly readyWithinMs?: number;
}

/** A SIP server under test, as an operator sees it: commands, listeners, a process. */
export interface Provider {
  readonly domain: string;
  /** Its state. */
  readonly home: string;
  /** Whether bindings survive a restart. */
  readonly durable: boolean;
  /** Throws when the server did not announce such a listener. */
  endpoint(name: ListenerName): Endpoint;
  addAccount(name: string, password: string): Promise<void>;
  addAccounts(
    accounts: ReadonlyArray<{
      readonly name: string;
      readonly password: string;
    }>,
  ): Promise<void>;
  /** The running server; after a restart another process. */
  readonly process: RunningProcess;
  /** True from `kill`, `stop` or `stopStarter` to `restart`: then, and only then, may its process have ended. */
  readonly isDown: boolean;
  /** PEM file of the certificate that its TLS listeners show. */
  certificate(): Promise<string>;
  /** Process ids of the server itself, without what started it. */
  serverPids(): readonly number[];
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Starts the server again with the same home and the same ports. */
  restart(): Promise<void>;
  /** SIGTERM to the server itself; resolves with its exit status. */
  stop(): Promise<number | null>;
  /** SIGTERM to what started the server, and to nothing else. */
  stopStarter(): void;
}

/** `127.0.0.1:5060` or `[::1]:5060`. */
export function hostPort(endpoint: Endpoint): string {
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}

/** Finds the listeners in the line that begins with `ready`. */
export function readListeners(line: string): ReadonlyMap<ListenerName, Endpoint> {
  const listeners = new Map<ListenerName, Endpoint>();
  const pattern =
    /(?<![\w-])(turn-udp|turn-tcp|turn-tls|udp|tcp|tls|wss|ws|https|http)[=: ]\s*(?:[a-z]+:\/\/)?(?:\[([0-9a-fA-F:.%]+)\]|([\w.-]+)):(\d+)/g;
  for (const [, name, ipv6, ipv4, port] of line.matchAll(pattern)) {
    const key = (name === 'https' ? 'wss' : name) as ListenerName;
    if (!listeners.has(key)) listeners.set(key, { host: ipv6 ?? ipv4 ?? '', port: Number(port) });
  }
  const web = listeners.get('ws') ?? listeners.get('http');
  if (web !== undefined) {
    if (!listeners.has('ws')) listeners.set('ws', web);
    if (!listeners.has('http')) listeners.set('http', web);
  }
  return listeners;
}
