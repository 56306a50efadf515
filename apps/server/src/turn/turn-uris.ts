import { formatHost } from '@ringdown/sip';

const TURN_PORT = 3478;
const TURNS_PORT = 5349;

/** The URIs of TURN at a host, as browsers take them (RFC 7065): UDP, TCP, TLS, and TLS on the port of HTTPS. */
export const turnUris = (
  host: string,
  { turn, turns, https }: { readonly turn: number; readonly turns: number; readonly https: number },
): readonly string[] => {
  const at = (port: number, usual: number): string =>
    port === usual ? formatHost(host) : `${formatHost(host)}:${port}`;
  return [
    `turn:${at(turn, TURN_PORT)}?transport=udp`,
    `turn:${at(turn, TURN_PORT)}?transport=tcp`,
    `turns:${at(turns, TURNS_PORT)}?transport=tcp`,
    `turns:${at(https, TURNS_PORT)}?transport=tcp`,
  ];
};
