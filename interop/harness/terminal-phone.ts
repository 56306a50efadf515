import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonEvent } from '@ringdown/phone';
import { eventually, within } from './deadline.ts';
import type { RunningProcess } from './process.ts';
import { hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface TerminalPhoneOptions {
  readonly provider: Pick<Provider, 'domain' | 'home' | 'endpoint'>;
  readonly user: string;
  readonly password?: string;
  /** Address of this machine that it uses. */
  readonly address: string;
  /** `call TARGET`, `answer --auto` … */
  readonly command: readonly string[];
  readonly transport?: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly options?: readonly string[];
  readonly namespace?: string;
  /** Where it goes first; the provider's listener without it. */
  readonly server?: string;
}

type Kind = JsonEvent['event'];
type Of<Name extends Kind> = Extract<JsonEvent, { readonly event: Name }>;

let phones = 0;

/** `ringdown call`, `answer` and friends with --json, in a process of its own. */
export class TerminalPhone {
  readonly process: RunningProcess;
  readonly aor: string;
  /** Of its own: recordings go there. */
  readonly folder: string;
  readonly events: JsonEvent[] = [];

  private constructor(process: RunningProcess, aor: string, folder: string) {
    this.process = process;
    this.aor = aor;
    this.folder = folder;
    process.onLine((line) => this.events.push(JSON.parse(line) as JsonEvent));
  }

  static start(stage: Stage, options: TerminalPhoneOptions): TerminalPhone {
    const { provider, user, transport = 'udp', namespace } = options;
    phones += 1;
    const folder = join(stage.folder, `phone-${user}-${phones}`);
    mkdirSync(folder, { recursive: true });
    const aor = `sip:${user}@${provider.domain}`;
    const process_ = stage.start({
      name: `ringdown ${options.command.join(' ')} as ${user}`,
      command: process.execPath,
      cwd: folder,
      args: [
        join(top, 'apps/cli/bin/ringdown.js'),
        ...options.command,
        ...['--as', aor, '--password', options.password ?? `${user}-secret`],
        ...['--server', options.server ?? hostPort(provider.endpoint(transport)), '--transport', transport],
        ...['--host', options.address, '--home', join(folder, 'home'), '--json'],
        ...(transport === 'tls' || transport === 'wss' ? ['--tls-ca', join(provider.home, 'tls')] : []),
        ...(options.options ?? []),
      ],
      ...(namespace === undefined ? {} : { namespace }),
    });
    return new TerminalPhone(process_, aor, folder);
  }

  /** Starts one that waits for calls, and waits until it does. */
  static async answering(
    stage: Stage,
    options: Omit<TerminalPhoneOptions, 'command'>,
  ): Promise<TerminalPhone> {
    const phone = TerminalPhone.start(stage, { ...options, command: ['answer', '--auto'] });
    await phone.event('registered', 15_000);
    return phone;
  }

  /** After its events up to now; pass it to `event` to wait for a later one. */
  mark(): number {
    return this.events.length;
  }

  /** The first event of a name, behind a mark where one is given. */
  event<Name extends Kind>(name: Name, withinMs = 10_000, from = 0): Promise<Of<Name>> {
    return this.eventThat(name, () => true, withinMs, from);
  }

  eventThat<Name extends Kind>(
    name: Name,
    matches: (event: Of<Name>) => boolean,
    withinMs = 10_000,
    from = 0,
  ): Promise<Of<Name>> {
    return eventually(
      () => {
        const isWanted = (event: JsonEvent): event is Of<Name> =>
          event.event === name && matches(event as Of<Name>);
        const found = this.events.slice(from).find(isWanted);
        if (found === undefined && this.process.exit !== undefined && this.process.exit.code !== 0)
          throw new Error(`${this.process.name} ended before it told ${name}`);
        return found;
      },
      withinMs,
      () =>
        `${this.process.name} tells ${name} (it told: ${this.events.map(({ event }) => event).join(' ')})`,
    );
  }

  all<Name extends Kind>(name: Name): readonly Of<Name>[] {
    return this.events.filter((event): event is Of<Name> => event.event === name);
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    process.kill(this.process.pid, 'SIGINT');
  }

  /** Its exit status, when it has ended by itself. */
  async status(withinMs = 15_000): Promise<number | null> {
    return (await within(this.process.exited, withinMs, `${this.process.name} ends`)).code;
  }
}
