/** A media engine that knows one codec and plain RTP, and leaves the packets to who measures them. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { node } from '@ringdown/media';
import type { MediaAnswer, MediaRequest, OpenPlatform, Platform } from '@ringdown/user-agent';
import type { BenchCodec } from './codecs.ts';

/** The packets of one session, from and to where its descriptions say. */
export interface ProbeSession {
  readonly socket: Socket;
  readonly remote: { readonly address: string; readonly port: number };
}

export interface ProbeOptions {
  readonly address: string;
  readonly codec: BenchCodec;
  readonly packetMs: number;
  /** The peer has answered; from here on the session is the user's until `closed` is told. */
  readonly opened: (session: ProbeSession) => void;
  readonly closed?: (session: ProbeSession) => void;
}

type PhoneMedia = OpenPlatform['media'];

/** This machine as a phone's platform, but for sound: there are the packets of the probe. It calls, and is not called. */
export const probePlatform = (options: ProbeOptions): Platform => {
  const own = node({ addresses: [options.address], servers: [] });
  return {
    transports: own.transports,
    open: async (request, user) => {
      const opened = await own.open(request, user);
      const media = new ProbeEngine(options, (id, answer) => user.mediaAnswered(id, answer));
      const close = async (): Promise<void> => {
        media.close();
        await opened.close();
      };
      return { ...opened, media, close };
    },
  };
};

class ProbeEngine implements PhoneMedia {
  readonly #options: ProbeOptions;
  readonly #answered: (id: number, answer: MediaAnswer) => void;
  readonly #sockets = new Map<string, Socket>();
  readonly #sessions = new Map<string, ProbeSession>();

  constructor(options: ProbeOptions, answered: (id: number, answer: MediaAnswer) => void) {
    this.#options = options;
    this.#answered = answered;
  }

  ask(request: MediaRequest): void {
    if (request.kind === 'close') this.#close(request.session);
    if (request.kind === 'fork') this.#fork(request.session, request.of);
    if (request.kind === 'offer') void this.#offer(request.id, request.session);
    if (request.kind === 'take answer') this.#takeAnswer(request.id, request.session, request.answer);
    if (request.kind === 'answer')
      this.#answer(request.id, { kind: 'failed', status: 488, why: 'the probe only calls' });
  }

  mute(): void {}

  sendDigits(): boolean {
    return false;
  }

  levels(): undefined {
    return undefined;
  }

  pairs(): readonly [] {
    return [];
  }

  close(): void {
    for (const session of [...this.#sockets.keys()]) this.#close(session);
  }

  async #offer(id: number, session: string): Promise<void> {
    let socket = this.#sockets.get(session);
    if (socket === undefined) {
      socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
      socket.on('error', () => {}); // a peer that has gone; who measures misses its packets
      this.#sockets.set(session, socket);
      socket.bind(0, this.#options.address);
      await once(socket, 'listening');
    }
    const { port } = socket.address();
    this.#answer(id, { kind: 'described', description: this.#description(port), peerHolds: false });
  }

  /** Whoever answers has a session of its own, with the socket that was offered. */
  #fork(session: string, of: string): void {
    const socket = this.#sockets.get(of);
    if (socket !== undefined) this.#sockets.set(session, socket);
  }

  #takeAnswer(id: number, session: string, answer: string): void {
    const socket = this.#sockets.get(session);
    const address = /^c=IN IP4 (\S+)/m.exec(answer)?.[1];
    const [, port, payloadType] = /^m=audio (\d+) \S+ (\d+)/m.exec(answer) ?? [];
    const isAgreed = Number(port) > 0 && Number(payloadType) === this.#options.codec.payloadType;
    if (socket === undefined || address === undefined || !isAgreed) {
      this.#answer(id, { kind: 'failed', status: 488, why: `the probe cannot use the answer ${answer}` });
      return;
    }
    if (!this.#sessions.has(session)) {
      const opened = { socket, remote: { address, port: Number(port) } };
      this.#sessions.set(session, opened);
      this.#options.opened(opened);
    }
    this.#answer(id, { kind: 'agreed', peerHolds: false });
  }

  #close(session: string): void {
    const known = this.#sessions.get(session);
    if (known !== undefined) this.#options.closed?.(known);
    const socket = this.#sockets.get(session);
    this.#sockets.delete(session);
    if (socket !== undefined && ![...this.#sockets.values()].includes(socket)) socket.close();
    this.#sessions.delete(session);
  }

  /** Never from within a call to the engine. */
  #answer(id: number, answer: MediaAnswer): void {
    queueMicrotask(() => this.#answered(id, answer));
  }

  #description(port: number): string {
    const { address, codec, packetMs } = this.#options;
    const { name, clockRateHz, channels, sendParameters } = codec.terms;
    const shape = channels === 1 ? '' : `/${channels}`;
    return [
      'v=0',
      `o=- 1 1 IN IP4 ${address}`,
      's=-',
      `c=IN IP4 ${address}`,
      't=0 0',
      `m=audio ${port} RTP/AVP ${codec.payloadType}`,
      `a=rtpmap:${codec.payloadType} ${name}/${clockRateHz}${shape}`,
      ...(sendParameters === '' ? [] : [`a=fmtp:${codec.payloadType} ${sendParameters}`]),
      `a=ptime:${packetMs}`,
      'a=sendrecv',
      '',
    ].join('\r\n');
  }
}

/** Of a second of L16 in stereo, and a good deal more. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
