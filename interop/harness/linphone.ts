import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningProcess } from './process.ts';
import { type Endpoint, hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';

export interface LinphoneOptions {
  readonly provider: Provider;
  readonly user: string;
  readonly address: string;
  /** Publishes its presence. */
  readonly publish?: boolean;
}

/** linphonec: commands go to its standard input; its log, which names every state, comes out with its answers. */
export class Linphone {
  readonly aor: string;
  readonly process: RunningProcess;
  readonly folder: string;

  private constructor(options: LinphoneOptions, child: RunningProcess, folder: string) {
    this.aor = `sip:${options.user}@${options.provider.domain}`;
    this.process = child;
    this.folder = folder;
  }

  /** Starts it and waits until it is registered. */
  static async start(stage: Stage, options: LinphoneOptions): Promise<Linphone> {
    const folder = join(stage.folder, `linphone-${options.user}`);
    // Without this folder it cannot make its database and does not start; it does not make it itself.
    mkdirSync(join(folder, '.local', 'share', 'linphone'), { recursive: true });
    mkdirSync(join(folder, '.config', 'linphone'), { recursive: true });
    const file = join(folder, 'linphonerc');
    writeFileSync(file, configuration(options, options.provider.endpoint('udp')));
    const child = stage.start({
      name: `linphonec ${options.user}`,
      command: 'linphonec',
      args: ['-c', file, '-d', '6', '-l', '/dev/stdout'],
      env: { HOME: folder },
    });
    const phone = new Linphone(options, child, folder);
    await child.waitFor(/to \[LinphoneRegistrationOk\]/, 15_000);
    // There is no sound card: silence goes out, what comes in can be recorded.
    phone.command('soundcard use files');
    return phone;
  }

  mark(): number {
    return this.process.mark();
  }

  command(line: string): void {
    this.process.write(line);
  }

  /** Waits until a call of it enters a state such as `Connected`, as its log names it. */
  async callState(state: string, withinMs = 8_000, from = 0): Promise<void> {
    await this.process.waitFor(new RegExp(`to LinphoneCall(?:State)?${state}\\b`), withinMs, from);
  }

  /** Ends it politely: it unregisters and withdraws its presence. */
  async quit(): Promise<void> {
    this.command('quit');
    await this.process.exited;
  }
}

function configuration(options: LinphoneOptions, server: Endpoint): string {
  const route = `<sip:${hostPort(server)};transport=udp>`;
  return `[sip]
bind_address=${options.address}
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
default_proxy=0
[rtp]
bind_address=${options.address}
audio_rtp_port=7078
[proxy_0]
reg_proxy=${route}
reg_route=${route}
reg_identity=sip:${options.user}@${options.provider.domain}
reg_expires=600
reg_sendregister=1
publish=${options.publish === true ? 1 : 0}
[auth_info_0]
username=${options.user}
passwd=${options.user}-secret
realm=*
`;
}
