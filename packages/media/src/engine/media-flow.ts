import { classifyDatagram, type PeerPolicy } from '@ringdown/rtp';
import type { SocketAddress, Timer, TimerTarget } from '@ringdown/sans-io';
import type { AgreedStream } from '@ringdown/sdp';
import type { Levels, PairRow, PathReport } from '@ringdown/user-agent';
import { AudioStream } from '../stream/audio-stream.ts';
import { drawSource, type OwnSource } from '../stream/own-source.ts';
import type { CallSound } from '../stream/sound-ends.ts';
import type { SharedWay } from '../way/shared-way.ts';
import type { RemoteIce, Way, WayUser } from '../way/way.ts';
import { HandshakePeer } from './handshake-peer.ts';
import { mediaReport } from './media-report.ts';
import type { EngineParts, Told } from './parts.ts';
import { Protection } from './protection.ts';
import type { SessionTerms } from './terms.ts';

/** What the forks of a call begin with together. */
export interface FlowParts {
  readonly way: SharedWay<Way>;
  readonly sound: CallSound;
  readonly source: OwnSource;
}

/**
 * What flows in one session: a way, its protection and the audio on it. What is agreed is put in, and what becomes of it is
 * told.
 */
export class MediaFlow implements TimerTarget {
  #terms: SessionTerms;
  readonly #parts: EngineParts;
  readonly #tell: (told: Told) => void;
  readonly #sound: CallSound;
  readonly #audio: AudioStream;
  readonly #protection: Protection;
  readonly #wayUser: WayUser;
  #way: SharedWay<Way>;
  #source: OwnSource;
  #agreed: AgreedStream | undefined = undefined;
  #isHolding = false;
  /** Where a handshake came from, without ICE. */
  #shaking = new HandshakePeer();
  #reported = '';
  #path = '';
  #timer: Timer | undefined = undefined;
  /** Ways that were ours before. */
  readonly #left: Promise<void>[] = [];
  #isOver = false;

  constructor(
    terms: SessionTerms,
    parts: EngineParts,
    { way, sound, source }: FlowParts,
    tell: (told: Told) => void,
  ) {
    const { settings, ports, codecs } = parts;
    this.#terms = terms;
    this.#parts = parts;
    this.#tell = tell;
    this.#sound = sound;
    this.#way = way;
    this.#source = source;
    this.#wayUser = this.#asWayUser();
    way.hold(this.#wayUser);
    this.#audio = new AudioStream(
      { profile: terms.profile, digitMs: settings.digitMs, pauseMs: settings.pauseMs },
      { ...ports, codecs },
      {
        transmit: (bytes, to) => this.#way.send(this.#wayUser, bytes, to),
        moved: (peer) => this.#tellSignalledPath(peer),
        sound: () => tell({ kind: 'sound' }),
        digit: (digit) => tell({ kind: 'digit', digit }),
        played: () => tell({ kind: 'played' }),
        renamed: (ssrc) => {
          this.#source = { ...drawSource(ports.random), cname: this.#source.cname, ssrc };
        },
      },
    );
    this.#protection = new Protection(ports, {
      protect: (guard) => {
        this.#audio.protect(guard, this.#peers, this.#shaking.address);
        this.#report();
      },
      unprotect: () => this.#audio.unprotect(),
      transmit: (bytes) => {
        const to = this.#shaking.address ?? this.#agreed?.remote.rtp;
        if (to !== undefined) this.#way.send(this.#wayUser, bytes, to);
      },
      failed: (why) =>
        this.#fail(
          `The sound could not be encrypted: ${why}.`,
          'Call again; if it stays, allow another protection, or none.',
        ),
    });
  }

  get way(): SharedWay<Way> {
    return this.#way;
  }

  /** What descriptions call our packets. */
  get source(): OwnSource {
    return this.#source;
  }

  /** What the call is made for from the next agreement on. */
  adapt(terms: SessionTerms): void {
    this.#terms = terms;
    this.#audio.adapt(terms.profile);
  }

  /** What was agreed, at first and each time after. @throws RangeError for a codec that is not had here */
  agree(agreed: AgreedStream, isHolding: boolean): void {
    // The forks of a call may have one key: under one SSRC they would use it twice (RFC 3711 §9.1).
    const isLate = this.#way.wasTaken && !this.#way.isOwnedBy(this.#wayUser);
    if (this.#agreed === undefined && isLate) this.#source = drawSource(this.#parts.ports.random);
    // What was found holds for as long as the peer says the same.
    const before = this.#agreed?.remote.rtp;
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(agreed.remote.rtp))
      this.#shaking = new HandshakePeer();
    this.#agreed = agreed;
    this.#isHolding = isHolding;
    this.#audio.agree(agreed, isHolding, this.#source);
    if (!this.#way.wasTaken) this.#take();
    if (this.#way.isOwnedBy(this.#wayUser))
      this.#way.way.setRemote(agreed.ice && { ...agreed.ice, mid: agreed.mid });
    this.#audio.trust(this.#peers);
    this.#protection.agree(agreed.security);
    this.#report();
    this.#tellSignalledPath(agreed.remote.rtp);
    this.#timer ??= this.#parts.ports.timers.start(this, 'second', this.#parts.settings.qualityEveryMs);
  }

  /** What the peer's offer says of ICE, before it is answered: a restart is answered with another description. */
  expect(ice: RemoteIce): void {
    if (this.#way.isOwnedBy(this.#wayUser) || !this.#way.wasTaken) this.#way.way.setRemote(ice);
  }

  /** What comes is heard; ours waits until the call is established. */
  listen(): void {
    this.#audio.listen();
  }

  /** The call is this one's, whoever of its forks had the way until now. */
  establish(): void {
    if (!this.#way.isOwnedBy(this.#wayUser)) this.#inherit();
    this.#sound.claim(true);
    this.#audio.sound(this.#sound);
    this.#audio.establish();
  }

  /** One that begins where this one stands, with the same way and the same sound. */
  fork(tell: (told: Told) => void): MediaFlow {
    const shared = { way: this.#way, sound: this.#sound, source: this.#source };
    return new MediaFlow(this.#terms, this.#parts, shared, tell);
  }

  takeFragment(fragment: string): void {
    if (this.#way.isOwnedBy(this.#wayUser)) this.#way.way.takeFragment(fragment);
  }

  /** @param open a way of our own, where the one that we began with is another fork's */
  restart(open: () => SharedWay<Way>): void {
    if (this.#way.isOwnedBy(this.#wayUser) || !this.#way.wasTaken) {
      this.#way.way.restart();
      return;
    }
    this.#left.push(this.#way.release(this.#wayUser));
    this.#way = open();
    this.#way.hold(this.#wayUser);
  }

  mute(isMuted: boolean): void {
    this.#audio.mute(isMuted);
  }

  sendDigits(digits: string): boolean {
    return this.#audio.sendDigits(digits);
  }

  levels(): Levels {
    return this.#audio.levels();
  }

  pairs(): readonly PairRow[] {
    return this.#way.isOwnedBy(this.#wayUser) ? this.#way.way.pairs() : [];
  }

  timerFired(): void {
    const { clock, timers } = this.#parts.ports;
    const { qualityEveryMs, silenceMs } = this.#parts.settings;
    this.#timer = timers.start(this, 'second', qualityEveryMs);
    const now = clock.now();
    const quality = this.#audio.quality(now);
    if (quality !== undefined) this.#tell({ kind: 'quality', quality });
    const { heardAt } = this.#audio;
    const isExpected = this.#agreed?.direction === 'sendrecv' && !this.#isHolding && this.#audio.isListening;
    // With ICE the peer's consent tells (RFC 7675).
    if (!isExpected || heardAt === undefined || this.#way.way.speaksIce || now - heardAt < silenceMs) return;
    this.#fail(
      `Nothing has come from the peer for ${Math.floor((now - heardAt) / 1_000)} seconds.`,
      'Call again: its network is gone, or the device is.',
    );
  }

  /** Says goodbye. Resolves when everything is given back. */
  async close(): Promise<void> {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#parts.ports.timers.stop(this.#timer);
    this.#audio.close();
    this.#protection.close();
    await Promise.all([...this.#left, this.#way.release(this.#wayUser), this.#sound.release()]);
  }

  /** What comes over ICE has proved where it comes from. */
  get #peers(): PeerPolicy {
    return this.#way.way.speaksIce ? 'any' : 'symmetric';
  }

  #take(): void {
    this.#way.take(this.#wayUser);
    this.#sound.claim(false);
    this.#audio.sound(this.#sound);
  }

  /** The call is this fork's, and another had the way. */
  #inherit(): void {
    if (this.#agreed === undefined) return;
    if (this.#way.way.speaksIce) {
      this.#tell({ kind: 'restart wanted', why: 'another fork of the call has the way that was offered' });
      return;
    }
    this.#take();
    this.#tellSignalledPath(this.#agreed.remote.rtp);
  }

  #asWayUser(): WayUser {
    return {
      received: (bytes, from) => this.#received(bytes, from),
      usable: (isUsable) => {
        this.#audio.usable(isUsable);
        this.#protection.usable(isUsable);
      },
      lost: () => {
        this.#audio.usable(false);
        this.#audio.sound(undefined);
      },
      broken: (why) => {
        // The way that comes back is told of, though it be the same.
        this.#path = '';
        this.#tell({ kind: 'way lost', why });
      },
      path: (path) => this.#tellPath(path),
      fragment: (fragment) => this.#tell({ kind: 'fragment', fragment }),
      restartWanted: (why) => this.#tell({ kind: 'restart wanted', why }),
      failed: (why, next) => this.#fail(why, next),
    };
  }

  #received(bytes: Uint8Array, from: SocketAddress): void {
    if (this.#isOver) return;
    if (classifyDatagram(bytes) !== 'dtls') {
      this.#audio.received(bytes, from);
      return;
    }
    if (!this.#way.way.speaksIce && !this.#isHandshakeOfSound(from)) return;
    this.#protection.received(bytes);
  }

  #isHandshakeOfSound(from: SocketAddress): boolean {
    if (this.#audio.cipher !== undefined) return true;
    const standing = this.#shaking.standingOf(from, this.#agreed?.remote, this.#parts.ports.clock.now());
    if (standing === 'another') this.#protection.startOver();
    return standing !== 'stranger';
  }

  #report(): void {
    const [agreed, codec] = [this.#agreed, this.#audio.codec];
    if (agreed === undefined || codec === undefined) return;
    const media = mediaReport(agreed, codec, {
      packetMs: this.#audio.packetMs,
      duplicateMs: this.#audio.duplicateMs,
      profile: this.#terms.profile,
      cipher: this.#audio.cipher,
    });
    const text = JSON.stringify(media);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#tell({ kind: 'media', media });
  }

  /** Without ICE: what the descriptions say, or symmetric RTP has learned. */
  #tellSignalledPath({ address, port }: SocketAddress): void {
    if (this.#way.way.speaksIce || !this.#way.isOwnedBy(this.#wayUser)) return;
    const local = this.#way.way.describe();
    this.#tellPath({
      kind: 'direct',
      local: { address: local.address, port: local.port, type: 'signalled' },
      remote: { address, port, type: 'signalled' },
      ice: false,
    });
  }

  #tellPath(path: PathReport): void {
    const text = JSON.stringify(path);
    if (text === this.#path) return;
    this.#path = text;
    this.#tell({ kind: 'path', path });
  }

  #fail(why: string, next: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#audio.usable(false);
    if (this.#timer !== undefined) this.#parts.ports.timers.stop(this.#timer);
    this.#tell({ kind: 'failed', why, next });
  }
}
