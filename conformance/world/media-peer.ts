import {
  codecFor,
  createMediaEngine,
  loadOpus,
  loadResampler,
  type MakeCodec,
  type MediaEngineOptions,
  type MediaEnginePorts,
  type NodeMediaEngine,
  type SoundFormat,
  type SoundSink,
  toneSource,
} from '@ringdown/media';
import { nodeHashes } from '@ringdown/net/ports';
import { classifyDatagram, type Pcm, parseRtp, RtpPacket } from '@ringdown/rtp';
import { type SocketAddress, type Sockets, seededRandom } from '@ringdown/sans-io';
import type { Host, World } from '@ringdown/simulator';
import type { MediaAnswer, MediaEvent, MediaRequest, MediaWishes } from '@ringdown/user-agent';

// What is loaded takes real time, of which a world knows nothing.
const opus = await loadOpus();
await loadResampler();

/** A device that has them all. */
export const anyCodec: MakeCodec = (agreed, profile) => codecFor(agreed, opus, profile);

/** A device that has but one codec. */
export const only =
  (codec: string): MakeCodec =>
  (agreed, profile) =>
    agreed.name === codec ? codecFor(agreed, opus, profile) : undefined;

/** Keeps what it is given. */
export class MemorySink implements SoundSink {
  readonly format: SoundFormat;
  readonly #pieces: Pcm[] = [];
  isClosed = false;

  constructor(format: SoundFormat) {
    this.format = format;
  }

  write(sound: Pcm): void {
    this.#pieces.push(sound);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  get ms(): number {
    const samples = this.#pieces.reduce((sum, piece) => sum + piece[0]!.length, 0);
    return (1_000 * samples) / this.format.sampleRateHz;
  }

  /** The last milliseconds of one channel. */
  last(ms: number, channel = 0): Int16Array {
    const all = this.#pieces.flatMap((piece) => [...piece[channel]!]);
    return Int16Array.from(all.slice(-Math.round((ms * this.format.sampleRateHz) / 1_000)));
  }
}

/** How loud one frequency is, in dB under a full-scale sine: the correlation with it. */
export const toneDbfs = (samples: Int16Array, frequencyHz: number, sampleRateHz: number): number => {
  let [real, imaginary] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    const phase = (2 * Math.PI * frequencyHz * at) / sampleRateHz;
    // Hann's window: what lies beside the frequency does not count.
    const window = 1 - Math.cos((2 * Math.PI * (at + 0.5)) / samples.length);
    real += window * sample * Math.cos(phase);
    imaginary += window * sample * Math.sin(phase);
  }
  return 20 * Math.log10((2 * Math.hypot(real, imaginary)) / samples.length / 32_767 + 1e-9);
};

/** RMS, in dB under a full-scale sine. */
export const loudnessDbfs = (samples: Int16Array): number => {
  const squares = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return 20 * Math.log10(Math.sqrt((2 * squares) / samples.length) / 32_767 + 1e-9);
};

type Asked<Request = MediaRequest> = Request extends { readonly id: number } ? Omit<Request, 'id'> : never;

/** A media engine on a simulated host, and all that it has said. */
export class MediaPeer {
  readonly host: Host;
  readonly engine: NodeMediaEngine;
  readonly events: MediaEvent[] = [];
  /** What its sockets have sent. */
  readonly sent: { readonly bytes: Uint8Array; readonly to: SocketAddress; readonly at: number }[] = [];
  readonly #waiting = new Map<number, (answer: MediaAnswer) => void>();
  #requests = 0;
  onEvent: (event: MediaEvent) => void = () => {};
  /** From where it hears nothing. */
  ignores: (from: SocketAddress) => boolean = () => false;

  constructor(
    world: World,
    host: Host,
    options: MediaEngineOptions = {},
    ports: Partial<MediaEnginePorts> = {},
  ) {
    this.host = host;
    this.engine = createMediaEngine(options, {
      sockets: this.#watched(world),
      clock: world.clock,
      timers: world.timers,
      random: seededRandom(host.name.length + 100 * host.name.charCodeAt(0)),
      hashes: nodeHashes,
      codecs: anyCodec,
      resolve: (name, type, answered) => host.resolve(name, type, answered),
      answered: (id, answer) => {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        waiting?.(answer);
      },
      told: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      ...ports,
    });
  }

  ask(request: Asked): Promise<MediaAnswer> {
    const id = ++this.#requests;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.engine.ask({ ...request, id });
    });
  }

  /** RTP of ours, as it stood on the wire. */
  get rtp(): readonly RtpPacket[] {
    return this.sent.flatMap(({ bytes }) => {
      const packet = classifyDatagram(bytes) === 'rtp' ? parseRtp(bytes) : undefined;
      return packet instanceof RtpPacket ? [packet] : [];
    });
  }

  #watched({ clock }: World): Sockets {
    const { sockets } = this.host;
    return {
      addresses: () => sockets.addresses(),
      connect: (options, user) => sockets.connect(options, user),
      openUdp: (options, user) =>
        sockets.openUdp(options, {
          failed: (why) => user.failed(why),
          received: (bytes, from) => {
            if (!this.ignores(from)) user.received(bytes, from);
          },
          opened: (socket) =>
            user.opened({
              local: socket.local,
              close: () => socket.close(),
              send: (bytes, to) => {
                this.sent.push({ bytes: bytes.slice(), to, at: clock.now() });
                socket.send(bytes, to);
              },
            }),
        }),
    };
  }

  async offer(session: string, wishes?: MediaWishes, more: { hold?: boolean; restart?: boolean } = {}) {
    const request = { kind: 'offer', session, hold: false, restart: false, ...more } as const;
    return described(await this.ask(wishes === undefined ? request : { ...request, wishes }));
  }

  async answer(session: string, offer: string, wishes?: MediaWishes, early = false) {
    const request = { kind: 'answer', session, offer, early } as const;
    return described(await this.ask(wishes === undefined ? request : { ...request, wishes }));
  }

  async takeAnswer(session: string, answer: string): Promise<void> {
    const taken = await this.ask({ kind: 'take answer', session, answer });
    if (taken.kind !== 'agreed') throw new Error(`not agreed: ${JSON.stringify(taken)}`);
  }

  of<Kind extends MediaEvent['kind']>(kind: Kind): readonly Extract<MediaEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { kind: Kind }> => event.kind === kind);
  }
}

const described = (answer: MediaAnswer): string => {
  if (answer.kind !== 'described') throw new Error(`not described: ${JSON.stringify(answer)}`);
  return answer.description;
};

/** Runs the world until a promise is settled. */
export const settled = async <Value>(world: World, promise: Promise<Value>): Promise<Value> => {
  let isSettled = false;
  const done = promise.finally(() => {
    isSettled = true;
  });
  done.catch(() => {});
  await world.run({ until: () => isSettled, what: 'the engine answers' });
  return done;
};

/** What one side of a call plays and keeps. */
export const soundOf = (
  frequenciesHz: readonly number[],
  sampleRateHz: number,
  levelDbfs = -12,
  durationMs = Number.POSITIVE_INFINITY,
): { readonly sound: MediaWishes['sound']; readonly sink: () => MemorySink } => {
  let sink: MemorySink | undefined;
  return {
    sound: {
      play: toneSource({ frequenciesHz, levelDbfs, sampleRateHz, durationMs }),
      record: (format: SoundFormat) => {
        sink = new MemorySink(format);
        return sink;
      },
    },
    sink: () => {
      if (sink === undefined) throw new Error('nothing was recorded');
      return sink;
    },
  };
};

/** Calls: an offer, its answer, and the call is established on both sides. */
export const connect = async (
  world: World,
  [caller, callerWishes]: readonly [MediaPeer, MediaWishes],
  [callee, calleeWishes]: readonly [MediaPeer, MediaWishes],
  session = 'call',
): Promise<{ readonly offer: string; readonly answer: string }> => {
  const offer = await settled(world, caller.offer(session, callerWishes));
  const answer = await settled(world, callee.answer(session, offer, calleeWishes));
  callee.engine.ask({ kind: 'establish', session });
  await settled(world, caller.takeAnswer(session, answer));
  caller.engine.ask({ kind: 'establish', session });
  return { offer, answer };
};
