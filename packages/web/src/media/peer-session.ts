import type {
  ChannelLevel,
  Levels,
  MediaEvent,
  MediaProfile,
  MediaReport,
  MediaWishes,
  PairRow,
} from '@ringdown/user-agent';
import type { BrowserSound } from './browser-sound.ts';
import { readFragment, writeFragment } from './fragment.ts';
import { createLevelReader, type LevelReader } from './level-reader.ts';
import { type Microphone, openMicrophone } from './microphone.ts';
import { profiled } from './profile-lines.ts';
import { singleStream } from './single-stream.ts';
import { cipherOf, pairsOf, pathOf, StatsReader } from './stats.ts';

/** Whoever waits longer for candidates than this tells the others later. */
const GATHER_MS = 500;
const QUALITY_MS = 1_000;
/** A way that is gone for so long does not come back by itself (RFC 7675 takes 30 s; networks change faster). */
const GONE_MS = 3_000;
/** A new way is looked for so long. */
const HOPELESS_MS = 30_000;

type Told = (event: Parts) => void;
/** Events without the session, which is the engine's to know. */
type Parts = MediaEvent extends infer One ? (One extends MediaEvent ? Omit<One, 'session'> : never) : never;

/** One call's peer connection. */
export class PeerSession {
  readonly #connection: RTCPeerConnection;
  #profile: MediaProfile;
  /** What it was before an offer that may yet come to nothing. */
  #profileBefore: MediaProfile;
  readonly #told: Told;
  readonly #stats = new StatsReader();
  readonly #pollTimer: ReturnType<typeof setInterval>;
  #sound: BrowserSound;
  #microphone: Microphone | undefined;
  #transceiver: RTCRtpTransceiver | undefined;
  #held = false;
  #closed = false;
  #muted = false;
  #waits = false;
  /** Before it a caller sends silence, so that nobody hears us where it only rings. */
  #isTaken = false;
  #described = false;
  #later: string[] = [];
  #goneAt: number | undefined;
  #heard = false;
  #wayTold = '';
  #isWayLost = false;
  #mediaTold = '';
  #pairs: readonly PairRow[] = [];
  #context: AudioContext | undefined;
  #meters: { sent?: LevelReader; received?: LevelReader } = {};

  constructor(configuration: RTCConfiguration, wishes: MediaWishes, told: Told) {
    this.#profile = wishes.profile ?? 'voice';
    this.#profileBefore = this.#profile;
    this.#sound = (wishes.sound ?? {}) as BrowserSound;
    this.#told = told;
    this.#connection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      ...configuration,
      ...(wishes.relayOnly === true ? { iceTransportPolicy: 'relay' as const } : {}),
    });
    this.#connection.onicecandidate = ({ candidate }) => this.#found(candidate?.candidate ?? '');
    this.#connection.ontrack = ({ track }) => this.#play(track);
    this.#pollTimer = setInterval(() => void this.#poll(), QUALITY_MS);
  }

  /** Our session description. `profile`: what the call is made for from here on. */
  async offer(hold: boolean, restart: boolean, profile = this.#profile): Promise<string> {
    this.#profileBefore = this.#profile;
    this.#profile = profile;
    await this.#openMicrophone();
    this.#held = hold;
    this.#direct();
    const offer = await this.#connection.createOffer({ iceRestart: restart });
    return this.#describe('offer', offer.sdp ?? '');
  }

  /** Our answer to the peer's. `early`: nobody has taken the call, and the microphone stays closed. */
  async answer(offer: string, early: boolean): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: singleStream(offer) });
    this.#waits = early;
    this.#transceiver ??= this.#connection
      .getTransceivers()
      .find(({ receiver }) => receiver.track.kind === 'audio');
    if (this.#transceiver === undefined) throw new Error('the offer has no sound');
    if (!early) await this.#openMicrophone();
    this.#direct();
    const answer = await this.#connection.createAnswer();
    const description = await this.#describe('answer', answer.sdp ?? '');
    void this.#agreed();
    return description;
  }

  async takeAnswer(answer: string): Promise<void> {
    this.#profileBefore = this.#profile;
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: singleStream(answer) });
    void this.#agreed();
  }

  async takeFragment(text: string): Promise<void> {
    const { ufrag, mid, candidates } = readFragment(text);
    for (const candidate of candidates)
      await this.#connection.addIceCandidate({
        candidate,
        sdpMid: mid,
        ...(ufrag === undefined ? {} : { usernameFragment: ufrag }),
      });
  }

  /** The call is taken: from here on we are heard. */
  async establish(wishes: MediaWishes | undefined): Promise<void> {
    if (wishes?.sound !== undefined) this.#sound = wishes.sound as BrowserSound;
    this.#isTaken = true;
    this.#direct();
    if (!this.#waits) return;
    this.#waits = false;
    await this.#openMicrophone();
    this.#play(this.#transceiver?.receiver.track);
  }

  async rollBack(): Promise<void> {
    this.#profile = this.#profileBefore;
    if (this.#connection.signalingState === 'have-local-offer')
      await this.#connection.setLocalDescription({ type: 'rollback' });
    else if (this.#connection.signalingState === 'have-remote-offer')
      await this.#connection.setRemoteDescription({ type: 'rollback' });
  }

  /** Whether the peer lets nothing of ours through. */
  get peerHolds(): boolean {
    const current = this.#transceiver?.currentDirection;
    return !this.#held && (current === 'recvonly' || current === 'inactive');
  }

  mute(isMuted: boolean): void {
    this.#muted = isMuted;
    this.#direct();
  }

  /** @returns false where the peer takes none in the stream of sound */
  sendDigits(digits: string): boolean {
    const sender = this.#transceiver?.sender.dtmf;
    if (sender?.canInsertDTMF !== true) return false;
    sender.insertDTMF(`${sender.toneBuffer}${digits}`);
    return true;
  }

  get pairs(): readonly PairRow[] {
    return this.#pairs;
  }

  levels(): Levels {
    this.#context ??= new AudioContext();
    const read = (
      side: 'sent' | 'received',
      track: MediaStreamTrack | undefined,
    ): readonly ChannelLevel[] => {
      if (track === undefined || track.readyState === 'ended') return [];
      this.#meters[side] ??= createLevelReader(this.#context!, track);
      return this.#meters[side].read();
    };
    return {
      sent: read('sent', this.#microphone?.track),
      received: read('received', this.#transceiver?.receiver.track),
    };
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#pollTimer);
    this.#meters.sent?.close();
    this.#meters.received?.close();
    void this.#context?.close();
    this.#microphone?.close();
    this.#connection.close();
  }

  async #openMicrophone(): Promise<void> {
    if (this.#microphone === undefined) {
      this.#microphone = await openMicrophone(this.#sound.microphone, this.#profile);
      // The call may have ended while its user was asked.
      if (this.#closed) this.#microphone.close();
    }
    const { track } = this.#microphone;
    if (this.#transceiver === undefined)
      this.#transceiver = this.#connection.addTransceiver(track, { direction: 'sendrecv' });
    else await this.#transceiver.sender.replaceTrack(track);
    this.#direct();
  }

  #direct(): void {
    if (this.#transceiver !== undefined && this.#transceiver.direction !== 'stopped')
      this.#transceiver.direction = this.#held ? 'sendonly' : 'sendrecv';
    // Who is held hears nothing of us either, unless something is played to him.
    const isHeard = this.#isTaken && !this.#muted && !this.#held;
    if (this.#microphone !== undefined) this.#microphone.track.enabled = isHeard;
  }

  /** Takes a description of ours, and waits for candidates, though not for all of them. */
  async #describe(role: 'offer' | 'answer', sdp: string): Promise<string> {
    this.#described = false;
    this.#later = [];
    await this.#connection.setLocalDescription({ type: role, sdp: profiled(sdp, this.#profile, role) });
    await this.#gathered();
    this.#described = true;
    const description = this.#connection.localDescription?.sdp ?? '';
    this.#later = this.#later.filter((candidate) => candidate === '' || !description.includes(candidate));
    this.#tellLater();
    return description;
  }

  #gathered(): Promise<void> {
    const connection = this.#connection;
    if (connection.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        if (connection.iceGatheringState !== 'complete') return;
        clearTimeout(timer);
        connection.removeEventListener('icegatheringstatechange', done);
        resolve();
      };
      const timer = setTimeout(() => {
        connection.removeEventListener('icegatheringstatechange', done);
        resolve();
      }, GATHER_MS);
      connection.addEventListener('icegatheringstatechange', done);
    });
  }

  #found(candidate: string): void {
    this.#later.push(candidate);
    if (this.#described) this.#tellLater();
  }

  #tellLater(): void {
    if (this.#later.length === 0) return;
    const fragment = writeFragment(this.#connection.localDescription?.sdp ?? '', this.#later.splice(0));
    this.#told({ kind: 'fragment', fragment });
  }

  #play(track: MediaStreamTrack | undefined): void {
    const { play } = this.#sound;
    if (track === undefined || play === undefined || this.#waits) return;
    const stream = new MediaStream([track]);
    if (typeof play === 'function') play(stream);
    else {
      play.srcObject = stream;
      // Where the page may not play by itself, its user has to press a key first: the element shows that.
      play.play().catch(() => {});
    }
  }

  async #agreed(): Promise<void> {
    const [codec] = this.#transceiver?.sender.getParameters().codecs ?? [];
    if (codec === undefined) return;
    const name = codec.mimeType.split('/')[1] ?? codec.mimeType;
    const parameters = codec.sdpFmtpLine ?? '';
    const isOpus = name.toLowerCase() === 'opus';
    const media: MediaReport = {
      codec: name,
      rateHz: name.toUpperCase() === 'G722' ? 16_000 : codec.clockRate,
      channels: isOpus ? (/(?:^|;)\s*stereo=1/.test(parameters) ? 2 : 1) : (codec.channels ?? 1),
      packetMs: 20,
      bitsPerSecond: isOpus
        ? Number(/maxaveragebitrate=(\d+)/.exec(parameters)?.[1] ?? 0) || undefined
        : undefined,
      profile: this.#profile,
      security: 'dtls-srtp',
      cipher: cipherOf(await this.#connection.getStats()),
      direction: directionOf(this.#transceiver?.currentDirection),
    };
    const text = JSON.stringify(media);
    if (text === this.#mediaTold) return;
    this.#mediaTold = text;
    this.#told({ kind: 'media', media });
  }

  /** Browsers tell little by themselves, so they are asked. */
  async #poll(): Promise<void> {
    const report = await this.#connection.getStats();
    if (this.#closed) return;
    this.#pairs = pairsOf(report);
    const path = pathOf(report);
    const way = JSON.stringify(path);
    if (path !== undefined && way !== this.#wayTold) {
      this.#wayTold = way;
      this.#told({ kind: 'path', path });
      await this.#agreed();
    }
    const codec = this.#transceiver?.sender.getParameters().codecs[0]?.mimeType.split('/')[1] ?? 'opus';
    const quality = this.#stats.quality(report, codec, performance.now(), this.#isDue(codec));
    if (quality !== undefined && path !== undefined) {
      if (!this.#heard && quality.received > 0) {
        this.#heard = true;
        this.#told({ kind: 'sound' });
      }
      this.#told({ kind: 'quality', quality });
    }
    this.#watchWay();
  }

  /** Whether packets of the peer's should come: neither side holds, and it did not agree on saying once that it is silent (RFC 3389). */
  #isDue(codec: string): boolean {
    const codecs = this.#transceiver?.sender.getParameters().codecs ?? [];
    const mayBeSilent =
      codec.toLowerCase() !== 'opus' && codecs.some(({ mimeType }) => /\/cn$/i.test(mimeType));
    return this.#transceiver?.currentDirection === 'sendrecv' && !this.#waits && !mayBeSilent;
  }

  #watchWay(): void {
    const state = this.#connection.iceConnectionState;
    if (state !== 'disconnected' && state !== 'failed') {
      this.#goneAt = undefined;
      // The way that comes back is told of, though it be the same.
      if (this.#isWayLost) this.#wayTold = '';
      this.#isWayLost = false;
      return;
    }
    const now = performance.now();
    this.#goneAt ??= now;
    const goneMs = now - this.#goneAt;
    if (goneMs > HOPELESS_MS)
      this.#told({
        kind: 'failed',
        why: 'The way to the other side was lost, and none was found again.',
        next: 'Check the network and call again.',
      });
    else if (state === 'failed' || goneMs > GONE_MS) {
      const why = 'the way to the other side is gone';
      if (!this.#isWayLost) this.#told({ kind: 'way lost', why });
      this.#isWayLost = true;
      this.#told({ kind: 'restart wanted', why });
    }
  }
}

const directionOf = (direction: RTCRtpTransceiverDirection | null | undefined): MediaReport['direction'] =>
  direction === 'sendonly' || direction === 'recvonly' || direction === 'inactive' ? direction : 'sendrecv';
