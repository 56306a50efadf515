/** How SIP is carried (RFC 3261 §18, RFC 7118). */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface SocketAddress {
  /** An IPv4 or IPv6 address without brackets. */
  readonly address: string;
  readonly port: number;
}

/**
 * The way between this process and one peer (RFC 5626 §1.2): a UDP socket of ours and the peer's address, or a connection.
 * Flows are compared by identity where they are connections, and by {@link flowKey} where they are UDP.
 */
export interface Flow {
  readonly transport: TransportName;
  /**
   * Tells a connection from every other that has had its two ends, also before a restart: letters and digits. Empty over UDP,
   * where the two ends are the flow.
   */
  readonly connection: string;
  /** Where we are on this flow. */
  readonly local: SocketAddress;
  /** Where the peer is, as we see it: behind a NAT, the NAT's side. */
  readonly remote: SocketAddress;
  /** What the peer reaches us at: sent-by of our Via, host of our Record-Route. Local in its own network, else advertised. */
  readonly advertised: SocketAddress;
  /** Whether something sent now has a chance; a connection that closed never becomes open again. */
  readonly open: boolean;
  /** Names that the peer's certificate proves, lower case, after the handshake (RFC 5922); empty elsewhere. */
  readonly peerNames: readonly string[];
}

/** Where a new flow leads to, chosen by RFC 3263. */
export interface Destination extends SocketAddress {
  readonly transport: TransportName;
  /**
   * The name that a TLS certificate must prove (RFC 5922 §4), and that a WebSocket's handshake asks for: the domain asked
   * for, not what DNS answered.
   */
  readonly serverName?: string;
}

/**
 * The same text for the same flow: also after a restart, where the flow is UDP. What a connection was registered over never
 * names another: its ends may be somebody else's by then.
 */
export const flowKey = ({
  transport,
  connection,
  local,
  remote,
}: Pick<Flow, 'transport' | 'connection' | 'local' | 'remote'>): string =>
  `${transport}${connection === '' ? '' : `.${connection}`} ${local.address} ${local.port} ${remote.address} ${remote.port}`;

export const isReliable = (transport: TransportName): boolean => transport !== 'udp';
export const isSecure = (transport: TransportName): boolean => transport === 'tls' || transport === 'wss';

/** The transport as a Via writes it. */
export const viaTransport = (transport: TransportName): string => transport.toUpperCase();

const transports: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);
/** Reads the `transport` parameter of a URI or a Via's transport, whatever its case. */
export const readTransport = (text: string): TransportName | undefined => {
  const name = text.toLowerCase();
  return transports.has(name) ? (name as TransportName) : undefined;
};
