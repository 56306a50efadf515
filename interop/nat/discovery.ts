import type { NatReport } from '@ringdown/stun';
import { runCommand } from '../harness/process.ts';
import type { Endpoint } from '../harness/provider.ts';
import { runRingdown } from '../harness/ringdown.ts';

/** How a NAT maps and filters, in the words of RFC 4787. */
export interface Seen {
  readonly mapping: string;
  readonly filtering: string;
}

export interface Found extends Seen {
  readonly hairpinning: boolean | undefined;
  readonly classic: string | undefined;
}

/** `ringdown nat`, from a namespace. */
export const askRingdown = async (server: Endpoint, home: string, namespace: string): Promise<Found> => {
  const text = await runRingdown(
    ['nat', '--server', `${server.host}:${server.port}`, '--home', home, '--json'],
    namespace,
  );
  const [report] = JSON.parse(text) as NatReport[];
  if (report === undefined) throw new Error(`no report: ${text}`);
  const { mapping, filtering, hairpinning, classic } = report;
  return {
    ...{ mapping, filtering },
    ...{ hairpinning: hairpinning ?? undefined, classic: classic ?? undefined },
  };
};

/** coturn's client of RFC 5780, from a namespace: the same server asked by somebody else. */
export const askCoturn = async (server: Endpoint, namespace: string): Promise<Seen> => {
  const text = await runCommand(
    {
      name: 'turnutils_natdiscovery',
      command: 'turnutils_natdiscovery',
      args: ['-m', '-f', '-p', String(server.port), server.host],
      namespace,
    },
    60_000,
  );
  return { mapping: dependenceIn(text, 'Mapping'), filtering: dependenceIn(text, 'Filtering') };
};

/** `NAT with Address and Port Dependent Filtering!` */
const dependenceIn = (text: string, what: 'Mapping' | 'Filtering'): string => {
  const found = new RegExp(`NAT with (.*?) ${what}!`).exec(text)?.[1];
  if (found === undefined) throw new Error(`coturn does not say how the NAT does its ${what}:\n${text}`);
  return found.toLowerCase().replaceAll(' ', '-');
};
