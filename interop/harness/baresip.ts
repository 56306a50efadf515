import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { eventually, within } from './deadline.ts';
import { RunningProcess } from './process.ts';
import { type Endpoint, hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';
import { type Recording, readWav } from './tone.ts';

export interface BaresipOptions {
  readonly provider: Provider;
  readonly user: string;
  readonly password?: string;
  /** Address it binds and shows in Via, Contact and SDP. */
  readonly address: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Where requests go first; by default the provider's listener of the transport. */
  readonly outbound?: Endpoint;
  readonly answer?: 'auto' | 'manual';
  /** Frequency of what it says. */
  readonly toneHz?: number;
  /** Further account parameters. */
  readonly parameters?: string;
  /** Codecs as its account has them: `opus/48000/2`, `G722/16000/1`, `L16/48000/2`, `PCMA`. By default PCMU. */
  readonly codecs?: string;
  /** What its Opus is made for: both channels at a bit rate that leaves tones alone, or speech, as `opus/48000/1`. */
  readonly opus?: keyof typeof opusLines;
  /** How packets are kept from others' eyes. */
  readonly security?: 'dtls_srtp' | 'srtp' | 'srtp-mand';
  /** Whether it speaks ICE. */
  readonly ice?: boolean;
  /** Whether RTCP has a port of its own. By default it has. */
  readonly rtcpMux?: boolean;
  /** A WAV file that it says instead of a tone. */
  readonly says?: string;
  /** It says what it hears: what its loudspeaker gets goes to its microphone in the same moment. */
  readonly echoes?: boolean;
  /** Calls at once. By default 4. */
  readonly maxCalls?: number;
  /** Whether it records what it says and hears. By default it does. */
  readonly records?: boolean;
  /** Rate and channels of what it says and of what it records. By default G.711's. */
  readonly sound?: { readonly sampleRateHz: number; readonly channels: number };
  readonly extraModules?: readonly string[];
  /** Lines of its contacts file. */
  readonly contacts?: readonly string[];
  readonly namespace?: string;
  readonly registerWithinMs?: number;
}

interface BaresipEvent {
  readonly event?: boolean;
  readonly type?: string;
  readonly response?: boolean;
  readonly ok?: boolean;
  readonly data?: string;
  readonly token?: string;
  readonly [other: string]: unknown;
}

const modulePath = '/usr/lib/baresip/modules';

/** A baresip without devices: it sends a sine tone, records what arrives and is told what to do over TCP. */
export class Baresip {
  readonly user: string;
  readonly aor: string;
  readonly process: RunningProcess;
  readonly folder: string;
  #write: (netstring: string) => void;
  #events: BaresipEvent[] = [];
  #watchers = new Set<() => void>();
  #pending = '';
  #token = 0;

  private constructor(options: BaresipOptions, child: RunningProcess, folder: string) {
    this.user = options.user;
    this.aor = `sip:${options.user}@${options.provider.domain}`;
    this.process = child;
    this.folder = folder;
    this.#write = () => {};
  }

  /** Starts it and waits until it is registered. */
  static async start(stage: Stage, options: BaresipOptions): Promise<Baresip> {
    const phone = await Baresip.launch(stage, options);
    await phone.registered(options.registerWithinMs ?? 10_000);
    return phone;
  }

  /** Starts it and waits until it takes commands. */
  static async launch(stage: Stage, options: BaresipOptions): Promise<Baresip> {
    const folder = join(stage.folder, `baresip-${options.user}-${options.address}`);
    mkdirSync(folder, { recursive: true });
    const control = options.namespace === undefined ? options.address : '127.0.0.1';
    writeFileSync(join(folder, 'config'), configuration(options, folder, control));
    writeFileSync(join(folder, 'accounts'), accountLine(options));
    writeFileSync(join(folder, 'contacts'), `${(options.contacts ?? []).join('\n')}\n`);
    const child = stage.start({
      name: `baresip ${options.user}`,
      command: 'baresip',
      args: ['-4', '-v', '-f', folder],
      env: { HOME: folder },
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    await child.waitFor(/baresip is ready/, 10_000);
    const phone = new Baresip(options, child, folder);
    if (options.namespace === undefined) await phone.#connect(stage, control);
    else phone.#connectInside(stage, options.namespace, control);
    await phone.command('reginfo'); // an answer says that its events arrive too
    return phone;
  }

  /** After its events up to now; pass it to `event` to wait for a later one. */
  mark(): number {
    return this.#events.length;
  }

  async registered(withinMs = 10_000): Promise<void> {
    // The events of before the control connection are lost, so its log counts too.
    await this.process.waitFor(/\} 200 OK .*\[\d+ binding/, withinMs);
  }

  /** Waits for an event of a type such as `CALL_ESTABLISHED`. */
  async event(type: string, withinMs = 8_000, from = 0): Promise<BaresipEvent> {
    return this.#find((event) => event.event === true && event.type === type, withinMs, type, from);
  }

  has(type: string, from = 0): boolean {
    return this.events(type, from).length > 0;
  }

  /** All that it has told of a type. */
  events(type: string, from = 0): readonly BaresipEvent[] {
    return this.#events.slice(from).filter((event) => event.event === true && event.type === type);
  }

  /** Runs a command of its menu, such as `dial`, and gives its answer. */
  async command(name: string, params = ''): Promise<string> {
    this.#token += 1;
    const token = String(this.#token);
    const body = JSON.stringify({ command: name, params, token });
    this.#write(`${Buffer.byteLength(body)}:${body},`);
    const answer = await this.#find((event) => event.token === token, 5_000, `an answer to ${name}`, 0);
    if (answer.ok === false) throw new Error(`baresip ${this.user}: ${name} ${params}: ${answer.data}`);
    return answer.data ?? '';
  }

  async dial(uri: string): Promise<void> {
    await this.command('dial', uri);
  }

  async accept(): Promise<void> {
    await this.command('accept');
  }

  async hangUp(): Promise<void> {
    await this.command('hangup');
  }

  /** Waits until its list of contacts says so of a user; its log is silent about what it learns first. */
  async shows(user: string, status: 'Online' | 'Offline'): Promise<void> {
    let list = '';
    await eventually(
      async () => {
        list = stripVTControlCharacters(await this.command('contacts'));
        const line = list.split('\n').find((text) => text.includes(`sip:${user}@`));
        return line?.includes(status) ? true : undefined;
      },
      15_000,
      `${this.aor} shows ${user} as ${status}`,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; its contacts:\n${list}`);
    });
  }

  /** Ends it politely: it unregisters. */
  async quit(): Promise<void> {
    await this.process.stop();
  }

  /** Removes what earlier calls recorded. */
  forgetSound(): void {
    for (const name of recordings(this.folder)) rmSync(join(this.folder, name));
  }

  /** What arrived in its last call: waits until at least that much sound is recorded. */
  async heard(milliseconds: number, withinMs = 8_000): Promise<Recording> {
    return eventually(
      () => {
        const last = recordings(this.folder).at(-1);
        if (last === undefined) return undefined;
        const recording = tryReadWav(join(this.folder, last));
        return recording !== undefined &&
          recording.samples.length >= (recording.sampleRateHz * milliseconds) / 1_000
          ? recording
          : undefined;
      },
      withinMs,
      `baresip ${this.user} records ${milliseconds} ms of sound`,
    );
  }

  /** The file of what arrived in its last call. */
  recording(withinMs = 5_000): Promise<string> {
    const newest = (): string | undefined => {
      const name = recordings(this.folder).at(-1);
      return name === undefined ? undefined : join(this.folder, name);
    };
    return eventually(newest, withinMs, `baresip ${this.user} records sound`);
  }

  #find(
    matches: (event: BaresipEvent) => boolean,
    withinMs: number,
    what: string,
    from: number,
  ): Promise<BaresipEvent> {
    const found = new Promise<BaresipEvent>((resolve, reject) => {
      const look = (): void => {
        const event = this.#events.slice(from).find(matches);
        if (event === undefined && this.process.exit === undefined) return;
        this.#watchers.delete(look);
        if (event !== undefined) resolve(event);
        else reject(new Error(`baresip ${this.user} ended before: ${what}`));
      };
      this.#watchers.add(look);
      void this.process.exited.then(look);
      look();
    });
    const seen = (): string =>
      this.#events
        .slice(from)
        .flatMap((event) => event.type ?? [])
        .join(' ') || 'nothing';
    return within(found, withinMs, what).catch((error: Error) => {
      throw new Error(`baresip ${this.user}: ${error.message} (it told: ${seen()})`);
    });
  }

  async #connect(stage: Stage, control: string): Promise<void> {
    const socket: Socket = createConnection({
      host: control,
      port: controlPort,
    });
    socket.on('error', () => {}); // its end is reported by the process
    socket.setEncoding('latin1').on('data', (text) => this.#take(String(text)));
    stage.defer(() => void socket.destroy());
    await within(new Promise((resolve) => socket.once('connect', resolve)), 3_000, 'control connection');
    this.#write = (netstring) => void socket.write(netstring);
  }

  /** A socket of another network namespace is reached by a process in it. */
  #connectInside(stage: Stage, namespace: string, control: string): void {
    const bridge = new RunningProcess({
      name: `control of baresip ${this.user}`,
      command: 'bash',
      args: ['-c', `exec 3<>/dev/tcp/${control}/${controlPort}; cat <&3 & exec cat >&3`],
      namespace,
    });
    stage.defer(() => bridge.kill());
    let read = 0;
    const take = async (): Promise<void> => {
      for (;;) {
        await bridge.waitFor(/[\s\S]/, 600_000, read);
        const text = bridge.output.slice(read);
        read += text.length;
        this.#take(text);
      }
    };
    take().catch(() => {}); // ends with the bridge
    this.#write = (netstring) => bridge.writeRaw(netstring);
  }

  /** Takes netstrings apart; each holds one JSON object. */
  #take(text: string): void {
    this.#pending += text;
    for (;;) {
      const colon = this.#pending.indexOf(':');
      if (colon < 0) break;
      const length = Number(this.#pending.slice(0, colon));
      const end = colon + 1 + length;
      if (this.#pending.length <= end) break;
      this.#events.push(JSON.parse(this.#pending.slice(colon + 1, end)) as BaresipEvent);
      this.#pending = this.#pending.slice(end + 1);
    }
    for (const look of [...this.#watchers]) look();
  }
}

const controlPort = 4_444;

function configuration(options: BaresipOptions, folder: string, control: string): string {
  const modules = [
    'g711',
    'ausine',
    'aubridge',
    ...(options.records === false ? [] : ['sndfile']),
    ...mediaModules(options),
    ...(options.extraModules ?? []),
  ];
  const { sampleRateHz, channels } = options.sound ?? { sampleRateHz: 8_000, channels: 1 };
  const isSine = options.says === undefined && options.echoes !== true;
  const source =
    options.says !== undefined
      ? `aufile,${options.says}`
      : options.echoes === true
        ? // Two ends of one bridge: the player's.
          'aubridge,nowhere'
        : `ausine,${options.toneHz ?? 440}`;
  const applications = ['account', 'contact', 'menu', 'ctrl_tcp'];
  if (options.contacts !== undefined) applications.push('presence');
  return [
    'poll_method epoll',
    `sip_listen ${options.address}:5060`,
    `net_interface ${options.address}`,
    'call_local_timeout 120',
    `call_max_calls ${options.maxCalls ?? 4}`,
    'audio_player aubridge,nowhere',
    `audio_source ${source}`,
    'audio_alert aubridge,nowhere',
    // The sine source has this form only; G.711 is resampled from it.
    `ausrc_srate ${isSine ? 48_000 : sampleRateHz}`,
    `ausrc_channels ${isSine ? 2 : channels}`,
    `auplay_srate ${sampleRateHz}`,
    `auplay_channels ${channels}`,
    `rtcp_mux ${options.rtcpMux === true ? 'yes' : 'no'}`,
    ...(options.codecs?.startsWith('opus') === true ? opusLines[options.opus ?? 'studio'] : []),
    'ringback_disabled yes',
    // Two of them for each call, and it tries them by chance.
    `rtp_ports 20000-${20_200 + 4 * (options.maxCalls ?? 0)}`,
    `module_path ${modulePath}`,
    ...modules.map((name) => `module ${name}.so`),
    ...applications.map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen ${control}:${controlPort}`,
    `snd_path ${folder}`,
    '',
  ].join('\n');
}

const opusLines = {
  studio: ['opus_stereo yes', 'opus_sprop_stereo yes', 'opus_bitrate 128000', 'opus_inbandfec yes'],
  /** As our profile `voice`: redundancy is there from the first word on. */
  speech: [
    ...['opus_stereo no', 'opus_sprop_stereo no', 'opus_bitrate 32000'],
    ...['opus_inbandfec yes', 'opus_packet_loss 10', 'opus_application voip'],
  ],
} as const;

function mediaModules({ codecs = '', security, ice, says }: BaresipOptions): readonly string[] {
  const named = ['opus', 'g722', 'l16'].filter((name) => codecs.toLowerCase().includes(name));
  return [
    ...named,
    ...(security === undefined ? [] : [security === 'dtls_srtp' ? 'dtls_srtp' : 'srtp']),
    ...(ice === true ? ['ice'] : []),
    ...(says === undefined ? [] : ['aufile']),
  ];
}

function accountLine(options: BaresipOptions): string {
  const transport = options.transport ?? 'udp';
  const { provider, user } = options;
  const outbound = options.outbound ?? provider.endpoint(transport);
  const parameters = [
    `auth_pass=${options.password ?? `${user}-secret`}`,
    `outbound="sip:${hostPort(outbound)};transport=${transport}"`,
    'regint=600',
    `audio_codecs=${options.codecs ?? 'PCMU'}`,
    ...(options.security === undefined ? [] : [`mediaenc=${options.security}`]),
    ...(options.ice === true ? ['medianat=ice'] : []),
    `answermode=${options.answer ?? 'auto'}`,
    ...(options.parameters === undefined ? [] : [options.parameters]),
  ];
  return `<sip:${user}@${provider.domain}>;${parameters.join(';')}\n`;
}

function recordings(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /^dump-.*-dec\.wav$/.test(name))
    .sort();
}

function tryReadWav(path: string): Recording | undefined {
  try {
    return readWav(path);
  } catch {
    return undefined; // its header is not written yet
  }
}
