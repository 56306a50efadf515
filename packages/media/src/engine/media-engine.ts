import { defaultSuites } from '@ringdown/sdp';
import type {
  Levels,
  MediaAnswer,
  MediaEvent,
  MediaRequest,
  PairRow,
  PhoneMedia,
} from '@ringdown/user-agent';
import type { NodeSound } from '../audio/sound.ts';
import { codecFor } from '../codec/codec-for.ts';
import { loadOpus } from '../codec/opus.ts';
import { createDtls } from '../secure/create-dtls.ts';
import { makeDtlsIdentity } from '../secure/dtls-identity.ts';
import { makeSdesKeys, sdesGuard } from '../secure/sdes.ts';
import type { MakeCodec } from '../stream/formats.ts';
import { GivenSounds } from '../stream/given-sound.ts';
import {
  type DtlsPort,
  type MediaEngineOptions,
  type MediaEnginePorts,
  mediaEngineDefaults,
  type SdesPort,
} from './options.ts';
import type { EngineParts, Told } from './parts.ts';
import { Session, type SessionUser } from './session.ts';

/** Sound in Node: what the user agent asks of it, and what a phone does with its sessions. */
export interface NodeMediaEngine extends PhoneMedia<NodeSound> {
  /** Ends every session. Resolves when all sockets, timers and sounds are given back. */
  close(): Promise<void>;
}

/** A media engine over the sockets, timers and codecs that are handed in. */
export const createMediaEngine = (options: MediaEngineOptions, ports: MediaEnginePorts): NodeMediaEngine =>
  new Engine(options, ports);

class Engine implements NodeMediaEngine {
  readonly #ports: MediaEnginePorts;
  readonly #parts: Promise<EngineParts>;
  readonly #sessions = new Map<string, Session>();
  readonly #sounds = new GivenSounds();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: MediaEngineOptions, ports: MediaEnginePorts) {
    this.#ports = ports;
    this.#parts = partsOf(options, ports);
  }

  ask(request: MediaRequest): void {
    const { session: name } = request;
    switch (request.kind) {
      case 'close':
        this.#close(name);
        break;
      case 'fork': {
        const user = this.#userOf(name);
        const of = this.#sessions.get(request.of);
        this.#sessions.set(name, of?.fork(user) ?? new Session(this.#parts, user, this.#sounds));
        break;
      }
      default:
        this.#session(name).ask(request);
    }
  }

  mute(session: string, isMuted: boolean): void {
    this.#sessions.get(session)?.mute(isMuted);
  }

  sendDigits(session: string, digits: string): boolean {
    return this.#sessions.get(session)?.sendDigits(digits) ?? false;
  }

  levels(session: string): Levels | undefined {
    return this.#sessions.get(session)?.levels();
  }

  pairs(session: string): readonly PairRow[] {
    return this.#sessions.get(session)?.pairs() ?? [];
  }

  async close(): Promise<void> {
    for (const name of [...this.#sessions.keys()]) this.#close(name);
    await Promise.all(this.#closing);
  }

  #session(name: string): Session {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const opened = new Session(this.#parts, this.#userOf(name), this.#sounds);
    this.#sessions.set(name, opened);
    return opened;
  }

  #close(name: string): void {
    const session = this.#sessions.get(name);
    this.#sessions.delete(name);
    if (session === undefined) return;
    const closing = session
      .close()
      // A sink that could not be finished: whoever gave it is told by the sink itself.
      .catch(() => {})
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Nothing is told from within a call into the engine, nor of a session that is over. */
  #userOf(name: string): SessionUser {
    return {
      answered: (id: number, answer: MediaAnswer) => queueMicrotask(() => this.#ports.answered(id, answer)),
      told: (told: Told) => {
        const event = { ...told, session: name } as MediaEvent;
        queueMicrotask(() => {
          if (this.#sessions.has(name)) this.#ports.told(event);
        });
      },
    };
  }
}

const partsOf = async (options: MediaEngineOptions, ports: MediaEnginePorts): Promise<EngineParts> => {
  const { sdes = ownSdes(ports), dtls = await ownDtls(ports), codecs = await allCodecs() } = ports;
  return { settings: { ...mediaEngineDefaults, ...options }, ports: { ...ports, sdes, dtls }, codecs };
};

const ownDtls = async ({ timers, random }: MediaEnginePorts): Promise<DtlsPort> => ({
  identity: await makeDtlsIdentity(),
  open: (options, user) => createDtls(options, user, { timers, random }),
});

/** Those that all phones know; more of them would make descriptions long. */
const ownSdes = ({ random }: MediaEnginePorts): SdesPort => ({
  keys: () => Object.fromEntries(defaultSuites.map((suite) => [suite, makeSdesKeys(random, suite)])),
  guard: sdesGuard,
});

const allCodecs = async (): Promise<MakeCodec> => {
  const opus = await loadOpus();
  return (agreed, profile) => codecFor(agreed, opus, profile);
};
