import { formatHost } from '@ringdown/sip';

const TURN_PORT = 3478;
const TURNS_PORT = 5349;

/** Where TURN is, by its port for each; 0 or nothing where it is not. */
export interface TurnPorts {
  readonly turn?: number | undefined;
  readonly turns?: number | undefined;
  readonly https?: number | undefined;
}

/**
 * The URIs of TURN at a host, as browsers take them (RFC 7065): UDP, TCP, TLS, and TLS on the port of HTTPS.
 *
 * @param secureHost the name that the certificate proves, where that is another
 */
export const turnUris = (
  host: string,
  { turn, turns, https }: TurnPorts,
  secureHost: string = host,
): readonly string[] => {
  const at = (name: string, port: number, usual: number): string =>
    port === usual ? formatHost(name) : `${formatHost(name)}:${port}`;
  const plain = (port: number): readonly string[] =>
    ['udp', 'tcp'].map((transport) => `turn:${at(host, port, TURN_PORT)}?transport=${transport}`);
  const secure = (port: number): string => `turns:${at(secureHost, port, TURNS_PORT)}?transport=tcp`;
  return [
    ...(turn ? plain(turn) : []),
    ...[turns, https].filter((port) => !!port).map((port) => secure(port!)),
  ];
};
