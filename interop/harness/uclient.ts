import { within } from './deadline.ts';
import type { Exit, RunningProcess } from './process.ts';
import type { Endpoint } from './provider.ts';
import type { Stage } from './suite.ts';

export interface UclientOptions {
  readonly server: Endpoint;
  /** The address to come from. */
  readonly from: string;
  readonly user: string;
  readonly password?: string;
  /** Datagrams of each of its flows. */
  readonly messages: number;
  /** Between two datagrams of one flow. */
  readonly everyMs?: number;
  /** Flags such as `-t`, `-S`, `-y`. */
  readonly flags?: readonly string[];
  /** The peer that echoes; without one its own relays talk to each other. */
  readonly peer?: Endpoint;
}

/** What it says of itself when it has ended. */
export interface UclientReport {
  readonly exit: Exit;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly output: string;
}

/** Starts coturn's test client. */
export function startUclient(stage: Stage, options: UclientOptions): RunningProcess {
  const { server, from, user, password, messages, everyMs = 5, flags = [], peer } = options;
  return stage.start({
    name: `turnutils_uclient ${flags.join(' ')} from ${from}`,
    command: 'turnutils_uclient',
    args: [
      ...flags,
      ...['-L', from, '-p', String(server.port), '-u', user, '-n', String(messages), '-z', String(everyMs)],
      ...(password === undefined ? [] : ['-w', password]),
      ...(peer === undefined ? ['-y'] : ['-e', peer.host, '-r', String(peer.port)]),
      server.host,
    ],
  });
}

/** Waits for its end and reads its own account of what was sent and what came back. */
export async function uclientReport(child: RunningProcess, withinMs: number): Promise<UclientReport> {
  const exit = await within(child.exited, withinMs, `${child.name} ends`);
  const { output } = child;
  const [, sent, received] = /start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/.exec(output) ?? [];
  const [, lost] = /Total lost packets (\d+)/.exec(output) ?? [];
  return { exit, sent: Number(sent), received: Number(received), lost: Number(lost), output };
}
