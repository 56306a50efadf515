import {
  AUDIO_PROFILES,
  classifyDatagram,
  JitterBuffer,
  type OutgoingFrame,
  type PeerPolicy,
  RtpSession,
  type RtpStatistics,
  type SessionOutput,
} from '@ringdown/rtp';
import type { Clock, Instant, Random, SocketAddress, Timers } from '@ringdown/sans-io';
import { type AgreedStream, receives, sends } from '@ringdown/sdp';
import { type Levels, type MediaProfile, MOST_COPY_DELAY_MS, type Quality } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';
import type { PacketGuard } from '../secure/packet-guard.ts';
import { CallQuality, type Traffic } from './call-quality.ts';
import { clockRates, type MakeCodec, receiveFormats } from './formats.ts';
import type { OwnSource } from './own-source.ts';
import { packetTimeFor } from './packet-time.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { type CallSound, Loudness } from './sound-ends.ts';

export interface AudioStreamOptions {
  readonly profile: MediaProfile;
  readonly digitMs: number;
  readonly pauseMs: number;
}

export interface AudioStreamPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly codecs: MakeCodec;
}

export interface AudioStreamUser {
  /** Where the description says, or symmetric RTP has learned; ICE knows better. */
  transmit(bytes: Uint8Array, to: SocketAddress): void;
  /** Symmetric RTP has found the peer somewhere else than it said. */
  moved(peer: SocketAddress): void;
  /** Once: the peer is heard, and what is heard is no silence. */
  sound(): void;
  digit(digit: string): void;
  played(): void;
  /** Our SSRC is another from now on (RFC 3550 §8.2). */
  renamed(ssrc: number): void;
}

/** The audio of one session: what is said becomes packets, what comes becomes sound. It stays over re-offers. */
export class AudioStream {
  #options: AudioStreamOptions;
  readonly #ports: AudioStreamPorts;
  readonly #user: AudioStreamUser;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #loudness = new Loudness();
  readonly #quality: CallQuality;
  readonly #traffic: Traffic = { sentBytes: 0, receivedBytes: 0 };
  /** Its own, because the session goes on while the formats change. */
  readonly #payloadTypes: Record<number, { readonly clockRateHz: number }> = {};
  #agreed: AgreedStream | undefined = undefined;
  #source: OwnSource | undefined = undefined;
  /** What of copies the session of RTP was told last. */
  #copies = '';
  #rtp: RtpSession | undefined = undefined;
  #guard: PacketGuard | undefined = undefined;
  #codec: CallCodec | undefined = undefined;
  #codecKey = '';
  #sound: CallSound | undefined = undefined;
  #isWayUsable = false;
  /** `kept back`: it rings here. `early`: it rings there, and what comes is heard. */
  #stage: 'kept back' | 'early' | 'taken' = 'kept back';
  #isHolding = false;
  #heardAt: Instant | undefined = undefined;
  /** Since when sound of the peer's should come, or when it came last; undefined while none is to be expected. */
  #dueAt: Instant | undefined = undefined;
  #wasUsable = false;

  constructor(options: AudioStreamOptions, ports: AudioStreamPorts, user: AudioStreamUser) {
    this.#options = options;
    this.#ports = ports;
    this.#user = user;
    this.#quality = new CallQuality(ports.clock.now());
    this.#sender = new Sender(options, ports, {
      send: (frame) => this.#send(frame),
      heard: (sound) => this.#loudness.sent(sound),
      played: () => user.played(),
      wokenAt: () => this.#receiver.due,
    });
    this.#receiver = new Receiver(
      { profile: options.profile, buffer: AUDIO_PROFILES[options.profile].buffer },
      ports,
      {
        play: (sound, format) => {
          this.#loudness.received(sound, format);
          if (this.#stage === 'kept back') return;
          this.#sound?.recording?.write(sound, format);
          if (this.#loudness.isFirstHeard(sound)) user.sound();
        },
        digit: (key) => user.digit(key),
      },
    );
  }

  /** What is sent now; undefined before the first agreement. */
  get codec(): CallCodec | undefined {
    return this.#codec;
  }

  /** What a packet of ours holds. */
  get packetMs(): number {
    const [first] = this.#agreed?.codecs ?? [];
    if (this.#codec === undefined || first === undefined) return 0;
    return packetTimeFor(first.ptimeMs, this.#codec, this.#codec.bitsPerSecond);
  }

  /** How much later each packet is sent once more; undefined where it is sent once. */
  get duplicateMs(): number | undefined {
    const local = this.#agreed?.duplication?.local;
    // One that the peer does not know as ours would be another voice to it.
    return local?.ssrcs[0] === this.#source?.ssrc ? local?.delayMs : undefined;
  }

  get cipher(): string | undefined {
    return this.#guard?.cipher;
  }

  get statistics(): RtpStatistics | undefined {
    return this.#rtp?.statistics;
  }

  /** When RTP or RTCP of the peer's came last; undefined before the first. */
  get heardAt(): Instant | undefined {
    return this.#heardAt;
  }

  /** Whether sound of the peer's is to be expected now: whoever rings need not say anything. */
  get isListening(): boolean {
    const isOpen = this.#stage === 'taken' && this.#guard !== undefined;
    return isOpen && this.#agreed !== undefined && receives(this.#agreed.direction);
  }

  /** What the call is made for from the next agreement on: codecs and buffer are others. */
  adapt(profile: MediaProfile): void {
    if (profile === this.#options.profile) return;
    this.#options = { ...this.#options, profile };
    this.#codecKey = '';
    this.#receiver.adapt({ profile, buffer: AUDIO_PROFILES[profile].buffer });
  }

  /**
   * What was agreed, at first and each time after.
   *
   * @param isHolding we let the peer wait: nothing of ours is heard there
   * @param source what our descriptions call us
   * @throws RangeError for a codec that is not had here
   */
  agree(agreed: AgreedStream, isHolding: boolean, source: OwnSource): void {
    const before = this.#agreed?.remote;
    this.#agreed = agreed;
    this.#isHolding = isHolding;
    this.#source = source;
    for (const payloadType of Object.keys(this.#payloadTypes)) delete this.#payloadTypes[Number(payloadType)];
    Object.assign(this.#payloadTypes, clockRates(agreed));
    this.#receiver.use(receiveFormats(agreed));
    this.#useCodec(agreed);
    // What symmetric RTP has learned holds for as long as the peer says the same.
    if (JSON.stringify(before) !== JSON.stringify(agreed.remote))
      this.#rtp?.setRemote(agreed.remote.rtp, agreed.remote.rtcp);
    this.#receiver.expectCopies(Math.min(agreed.duplication?.remote.delayMs ?? 0, MOST_COPY_DELAY_MS));
    this.#duplicate();
    this.#settle();
  }

  /**
   * From now on packets go and come in the care of this guard.
   *
   * @param remote where the peer was found, if not where its description says
   */
  protect(guard: PacketGuard, peers: PeerPolicy, remote?: SocketAddress): void {
    const agreed = this.#agreed;
    this.#guard = guard;
    if (agreed !== undefined) this.#rtp ??= this.#open(agreed, peers, remote ?? agreed.remote.rtp);
    this.#duplicate();
    this.#settle();
  }

  /** ICE was given up, and packets have to prove themselves. */
  trust(peers: PeerPolicy): void {
    this.#rtp?.setPeers(peers);
  }

  /** Nothing is sent until the next guard is there. */
  unprotect(): void {
    this.#guard = undefined;
    this.#settle();
  }

  usable(isUsable: boolean): void {
    this.#isWayUsable = isUsable;
    this.#wasUsable ||= isUsable;
    this.#settle();
  }

  /** What comes is heard. Nothing of ours is lost while it rings: a caller sends silence, which opens NATs. */
  listen(): void {
    if (this.#stage === 'kept back') this.#stage = 'early';
    this.#settle();
  }

  /** The call is taken: both sides are heard. */
  establish(): void {
    this.#stage = 'taken';
    this.#connect();
    this.#settle();
  }

  /** What is played and recorded; undefined: that is another fork's now. */
  sound(sound: CallSound | undefined): void {
    this.#sound = sound;
    this.#connect();
  }

  mute(isMuted: boolean): void {
    this.#sender.mute(isMuted);
  }

  sendDigits(digits: string): boolean {
    return this.#sender.sendDigits(digits);
  }

  levels(): Levels {
    return this.#loudness.take();
  }

  quality(now: Instant): Quality | undefined {
    const [rtp, codec] = [this.#rtp, this.#codec];
    if (rtp === undefined || codec === undefined) return undefined;
    const buffer = this.#receiver.statistics ?? EMPTY_BUFFER;
    const { encodingName } = codec.format;
    const silentMs = this.#dueAt === undefined || this.#receiver.isSilenceTold ? 0 : now - this.#dueAt;
    return this.#quality.report(encodingName, rtp.statistics, buffer, this.#traffic, { now, silentMs });
  }

  /** RTP or RTCP, as it came. What is not the peer's is counted and left. */
  received(bytes: Uint8Array, from: SocketAddress): void {
    const [rtp, guard] = [this.#rtp, this.#guard];
    if (rtp === undefined || guard === undefined) return;
    const kind = classifyDatagram(bytes);
    if (kind !== 'rtp' && kind !== 'rtcp') return;
    const open = kind === 'rtp' ? guard.unprotectRtp(bytes) : guard.unprotectRtcp(bytes);
    if (open === undefined) return;
    this.#traffic.receivedBytes += bytes.length;
    if (kind === 'rtp') rtp.received(open, from);
    else this.#receivedRtcp(rtp, open, from);
  }

  /** Says goodbye. What is played and recorded is its owner's to close. */
  close(): void {
    this.#sender.stop();
    this.#receiver.close();
    this.#rtp?.close();
    this.#codec?.close();
  }

  #receivedRtcp(rtp: RtpSession, bytes: Uint8Array, from: SocketAddress): void {
    const { strangers, malformed, looped } = rtp.statistics.dropped;
    rtp.received(bytes, from);
    const { dropped } = rtp.statistics;
    const isTaken = strangers + malformed + looped === dropped.strangers + dropped.malformed + dropped.looped;
    if (isTaken) this.#heardAt = this.#ports.clock.now();
  }

  #useCodec(agreed: AgreedStream): void {
    const [first] = agreed.codecs;
    const key = JSON.stringify(first);
    if (first === undefined) return;
    if (this.#codec === undefined || key !== this.#codecKey) {
      const codec = this.#ports.codecs(first, this.#options.profile);
      if (codec === undefined) throw new RangeError(`${first.name} is not had here`);
      this.#codec?.close();
      this.#codec = codec;
      this.#codecKey = key;
    }
    const { clockRateHz } = first;
    this.#sender.use({
      codec: this.#codec,
      payloadType: first.sendPayloadType,
      packetMs: this.packetMs,
      eventPayloadType: agreed.dtmf?.sendPayloadType,
      noisePayloadType: agreed.comfortNoise.find((one) => one.clockRateHz === clockRateHz)?.sendPayloadType,
    });
    this.#connect();
  }

  #connect(): void {
    const isOurs = this.#stage === 'taken';
    if (this.#codec !== undefined)
      this.#sender.play(isOurs ? this.#sound?.playing?.as(this.#codec.format) : undefined);
  }

  #open(agreed: AgreedStream, peers: PeerPolicy, remote: SocketAddress): RtpSession {
    const { clock, timers, random } = this.#ports;
    const source = this.#source;
    return new RtpSession(
      {
        payloadTypes: this.#payloadTypes,
        remote,
        remoteRtcp: agreed.remote.rtcp,
        rtcpMux: agreed.rtcpMux,
        reducedSize: agreed.reducedSizeRtcp,
        peers,
        referenceTimes: true,
        ...(source === undefined ? {} : { ssrc: source.ssrc, cname: source.cname }),
      },
      { clock, timers, random, deliver: (output) => this.#told(output) },
    );
  }

  /** What is as it was goes on: copies that wait are sent. */
  #duplicate(): void {
    const [rtp, source, delayMs] = [this.#rtp, this.#source, this.duplicateMs];
    const ssrcs = this.#agreed?.duplication?.remote.ssrcs ?? [];
    const key = JSON.stringify([ssrcs, delayMs, source?.ssrc]);
    if (rtp === undefined || source === undefined || key === this.#copies) return;
    this.#copies = key;
    rtp.setDuplicateSsrcs(ssrcs);
    rtp.setDuplication(delayMs === undefined ? undefined : { delayMs, ssrc: source.copySsrc });
  }

  #told(output: SessionOutput): void {
    switch (output.kind) {
      case 'transmit':
        this.#transmit(output);
        break;
      case 'packet':
        this.#heardAt = output.at;
        if (this.#dueAt !== undefined) this.#dueAt = output.at;
        this.#receiver.packet(output.packet, output.at);
        break;
      case 'source':
      case 'restarted':
        this.#receiver.startOver();
        break;
      case 'peer':
        this.#user.moved(output.address);
        break;
      case 'report':
        this.#codec?.expectLoss(this.#lossBehind(output.report.lossRatio));
        break;
      case 'own ssrc':
        this.#source = undefined;
        this.#user.renamed(output.ssrc);
        break;
      case 'source ended':
      case 'feedback':
    }
  }

  /** What is told is the loss of the original (RFC 7198 §3); what is lost by chance is lost in its copy as often. */
  #lossBehind(lossRatio: number): number {
    return this.duplicateMs === undefined ? lossRatio : lossRatio * lossRatio;
  }

  #transmit({ channel, bytes, to }: Extract<SessionOutput, { kind: 'transmit' }>): void {
    const guard = this.#guard;
    if (guard === undefined || !this.#isWayUsable || (channel === 'rtcp' && this.#hasNoWayForReports)) return;
    const protectedBytes = channel === 'rtp' ? guard.protectRtp(bytes) : guard.protectRtcp(bytes);
    this.#traffic.sentBytes += protectedBytes.length;
    this.#user.transmit(protectedBytes, to);
  }

  /**
   * ICE looks for one component here, and a peer without rtcp-mux awaits RTCP at another: with one component there is RTP alone (RFC
   * 8445 §6.1.2.2), and what is RTCP would be taken for broken sound at its port.
   */
  get #hasNoWayForReports(): boolean {
    return this.#agreed?.ice !== undefined && !this.#agreed.rtcpMux;
  }

  #send(frame: OutgoingFrame): void {
    this.#rtp?.send(frame);
  }

  /** Whoever may not be heard is not sent, and what is not agreed is not listened to. */
  #settle(): void {
    const direction = this.#agreed?.direction ?? 'inactive';
    const isReady = this.#guard !== undefined && this.#isWayUsable && this.#stage !== 'kept back';
    if (isReady && sends(direction) && !this.#isHolding) this.#sender.start();
    else this.#sender.stop();
    this.#receiver.listen(receives(direction) && this.#guard !== undefined);
    // A way that was there and is not is an outage; before there is one, nothing can come. Who only sends may let us wait.
    const isDue = direction === 'sendrecv' && !this.#isHolding && this.isListening && this.#wasUsable;
    this.#dueAt = isDue ? (this.#dueAt ?? this.#ports.clock.now()) : undefined;
  }
}

const EMPTY_BUFFER = new JitterBuffer({ clockRateHz: 8_000 }).statistics;
