import type { Instant, SocketAddress } from '@ringdown/sans-io';
import { classifyDatagram } from '../first-byte.ts';
import { Malformed } from '../malformed.ts';
import { parseRtp, type RtpPacket } from '../packet/rtp-packet.ts';
import { parseRtcp } from '../rtcp/read-rtcp.ts';
import { ReportSchedule } from '../rtcp/report-schedule.ts';
import type { ReadRtcpPacket, RtcpPacket } from '../rtcp/rtcp-packet.ts';
import { writeRtcp } from '../rtcp/write-rtcp.ts';
import { Copies } from './copies.ts';
import { readReport } from './incoming-report.ts';
import { MergedStream } from './merged-stream.ts';
import {
  type Duplication,
  type PeerPolicy,
  type RtpSessionOptions,
  rtpSessionDefaults,
  type SessionPorts,
  type SessionSettings,
} from './options.ts';
import { compoundReport } from './outgoing-report.ts';
import type { PeerReport, SessionOutput } from './output.ts';
import { PeerLatch, type Standing, sameAddress } from './peer-latch.ts';
import { Prospects } from './prospects.ts';
import type { RemoteSource } from './remote-source.ts';
import { RemoteSources } from './remote-sources.ts';
import { type OutgoingFrame, SendingStream } from './sending-stream.ts';
import { WINDOW_PACKETS } from './sequence-window.ts';
import { noneDropped, type RtpStatistics } from './statistics.ts';

/** RFC 3550 Appendix A.1; copies that come late are older than that. */
const MAX_MISORDER = 100;
const RTCP_PART = 0.05;
/** Members are forgotten after so many intervals of silence (RFC 3550 §6.2.1). */
const SILENT_INTERVALS = 5;
/** Addresses from which our own SSRC came: to change it once for each is enough (RFC 3550 §8.2). */
const MOST_CONFLICTS = 4;

/**
 * One RTP session with one peer (RFC 3550): what it is given to send becomes packets, what comes is proved and told, and
 * reports go both ways by themselves.
 */
export class RtpSession {
  readonly #settings: SessionSettings;
  readonly #ports: SessionPorts;
  readonly #latch: PeerLatch;
  readonly #prospects: Prospects;
  readonly #sources: RemoteSources;
  readonly #schedule: ReportSchedule;
  readonly #cname: string;
  readonly #merged = new MergedStream();
  readonly #dropped = noneDropped();
  readonly #conflicts: SocketAddress[] = [];
  #stream: SendingStream;
  #copies: Copies | undefined = undefined;
  #remoteRtcp: SocketAddress | undefined;
  #sendingClockRateHz = 8_000;
  #reports = 0;
  #reportedAt: Instant;
  #peerReport: PeerReport | undefined = undefined;
  #roundTripMs: number | undefined = undefined;
  #delivering = false;
  #closed = false;

  constructor(options: RtpSessionOptions, ports: SessionPorts) {
    const settings = { ...rtpSessionDefaults, ...options };
    const { peers, relatchAfterMs, remote, maxSources, duplication, duplicateSsrcs } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.#latch = new PeerLatch(peers, relatchAfterMs, remote);
    this.#prospects = new Prospects(maxSources, duplicateSsrcs === undefined ? MAX_MISORDER : WINDOW_PACKETS);
    this.#sources = new RemoteSources(maxSources);
    this.#remoteRtcp = settings.remoteRtcp;
    this.#cname = settings.cname ?? ports.random.token(16);
    this.#stream = new SendingStream(settings.ssrc ?? this.#newSsrc(), ports.random);
    this.#duplicate(duplication);
    this.#merged.use(duplicateSsrcs ?? []);
    this.#reportedAt = ports.clock.now();
    this.#schedule = new ReportSchedule(
      {
        rtcpBytesPerSecond: (RTCP_PART * settings.bandwidthBitsPerSecond) / 8,
        minimumMs: settings.minimumReportIntervalMs,
      },
      ports,
      () => ({
        members: 1 + this.#sources.members,
        senders: this.#sources.senders + (this.#weSent ? 1 : 0),
        weSent: this.#weSent,
      }),
      () => this.#report(),
    );
    this.#schedule.start();
  }

  /** The own SSRC; a collision changes it. */
  get ssrc(): number {
    return this.#stream.ssrc;
  }

  /** Where packets go: what was signalled, or what was learned. */
  get remote(): SocketAddress | undefined {
    return this.#latch.destination;
  }

  get statistics(): RtpStatistics {
    return {
      sent: {
        ssrc: this.ssrc,
        packets: this.#stream.packets,
        octets: this.#stream.octets,
        reports: this.#reports,
      },
      received: this.#merged.statistics(this.#sources, this.#ports.clock.now()),
      peer: this.#peerReport,
      roundTripMs: this.#roundTripMs,
      dropped: { ...this.#dropped },
    };
  }

  /**
   * Sends one packet.
   *
   * @returns whether there was somewhere to send it to
   * @throws RangeError for a payload type that was not agreed upon
   */
  send(frame: OutgoingFrame): boolean {
    this.#enter();
    const format = this.#settings.payloadTypes[frame.payloadType];
    if (format === undefined)
      throw new RangeError(`payload type ${frame.payloadType}: not among those agreed upon`);
    const to = this.#latch.destination;
    if (to === undefined || this.#closed) return false;
    this.#sendingClockRateHz = format.clockRateHz;
    const bytes = this.#stream.write(frame, format.clockRateHz, this.#ports.clock.now());
    const copy = this.#copies === undefined ? undefined : bytes.slice();
    this.#tell({ kind: 'transmit', channel: 'rtp', bytes, to });
    if (copy !== undefined) this.#copies?.add(copy);
    return true;
  }

  /** From now on each packet is sent twice, or once again; what waits to be sent once more is not sent. */
  setDuplication(duplication: Duplication | undefined): void {
    this.#enter();
    this.#duplicate(duplication);
  }

  /** Which of the peer's sources carry the same from now on, the original first; none: each stands for itself. */
  setDuplicateSsrcs(ssrcs: readonly number[]): void {
    this.#enter();
    this.#merged.use(ssrcs);
  }

  /** Another way of knowing the peer: a session has given ICE up, or has begun it. */
  setPeers(peers: PeerPolicy): void {
    this.#enter();
    this.#latch.setPolicy(peers);
  }

  /** A new description: the peer is somewhere else now. */
  setRemote(remote: SocketAddress, remoteRtcp?: SocketAddress): void {
    this.#enter();
    if (!sameAddress(remote, this.#latch.destination)) this.#prospects.clear();
    this.#latch.setRemote(remote);
    this.#remoteRtcp = remoteRtcp;
  }

  /**
   * Takes a datagram; RTP and RTCP are told apart by themselves. The bytes must be left as they are while the packet that
   * comes of them is used.
   */
  received(bytes: Uint8Array, from: SocketAddress): void {
    this.#enter();
    if (this.#closed) return;
    const protocol = classifyDatagram(bytes);
    if (protocol === 'rtcp') this.#receivedRtcp(bytes, from);
    else if (protocol === 'rtp') this.#receivedRtp(bytes, from);
    else this.#dropped.malformed++;
  }

  /** Says goodbye and stops. @param reason a byte string */
  close(reason?: string): void {
    this.#enter();
    if (this.#closed) return;
    this.#closed = true;
    this.#schedule.stop();
    this.#copies?.close();
    // Who has sent nothing, reports included, leaves without a word (RFC 3550 §6.3.7).
    if (this.#stream.packets === 0 && this.#reports === 0) return;
    this.#sendReport([...this.#compound(), { kind: 'bye', ssrcs: this.#ownSsrcs, reason }]);
  }

  #receivedRtp(bytes: Uint8Array, from: SocketAddress): void {
    const packet = parseRtp(bytes);
    if (packet instanceof Malformed) {
      this.#dropped.malformed++;
      return;
    }
    const now = this.#ports.clock.now();
    const standing = this.#latch.standingOf(from, now);
    const { ssrc } = packet;
    const source = this.#sources.get(ssrc);
    if (standing === 'stranger' || (standing === 'moved' && source?.isContinuedBy(packet.sequence) !== true))
      this.#dropped.strangers++;
    else if (this.#settings.payloadTypes[packet.payloadType] === undefined) this.#dropped.unknownPayload++;
    else if (this.#isOwn(ssrc)) this.#collided(from);
    else if (this.#settings.pinnedSsrc !== undefined && !this.#isPinned(ssrc)) this.#dropped.otherSource++;
    else if (standing === 'peer' && source !== undefined) this.#take(packet, source, now);
    else this.#prove(packet, from, standing, now);
  }

  #isPinned(ssrc: number): boolean {
    return ssrc === this.#settings.pinnedSsrc || this.#merged.includes(ssrc);
  }

  #isOwn(ssrc: number): boolean {
    return ssrc === this.ssrc || ssrc === this.#copies?.ssrc;
  }

  /** A packet of somebody who is not known yet, or not from there. */
  #prove(packet: RtpPacket, from: SocketAddress, standing: Standing, now: Instant): void {
    const proved = this.#prospects.prove(packet, from);
    if (proved === undefined) return;
    if (standing !== 'peer') this.#prospects.clear();
    if (this.#latch.latch(from, now)) this.#tell({ kind: 'peer', address: this.#latch.destination! });
    const known = this.#sources.get(packet.ssrc);
    if (known !== undefined) {
      this.#take(proved.held, known, now);
      this.#take(packet, known, now);
      return;
    }
    const previous = this.#sources.active?.ssrc;
    const source = this.#sources.add(packet.ssrc, proved.sequence, now);
    source.remember(proved.held);
    source.remember(packet);
    if (!this.#merged.areTwins(packet.ssrc, previous)) {
      this.#merged.begin(proved.held.sequence);
      this.#tell({ kind: 'source', ssrc: packet.ssrc, previous });
    }
    this.#hand(proved.held, source, now);
    this.#hand(packet, source, now);
  }

  #take(packet: RtpPacket, source: RemoteSource, now: Instant): void {
    const verdict = source.accept(packet);
    if (verdict === 'jumped') this.#dropped.jumped++;
    else if (verdict === 'duplicate' || verdict === 'too old') this.#dropped.duplicates++;
    else {
      if (verdict === 'restarted' && !this.#merged.hasReached(packet)) {
        this.#merged.begin(packet.sequence);
        this.#tell({ kind: 'restarted', ssrc: source.ssrc });
      }
      this.#hand(packet, source, now);
    }
  }

  #hand(packet: RtpPacket, source: RemoteSource, now: Instant): void {
    const { clockRateHz } = this.#settings.payloadTypes[packet.payloadType]!;
    this.#latch.heard(now);
    source.count(packet, clockRateHz, now);
    if (this.#merged.includes(packet.ssrc) && !this.#merged.accept(packet, now)) return;
    this.#tell({ kind: 'packet', packet, ssrc: source.ssrc, at: now });
  }

  /** Our SSRC came from outside (RFC 3550 §8.2): another has drawn it, or our own packets come back. */
  #collided(from: SocketAddress): void {
    if (
      this.#conflicts.some((known) => sameAddress(known, from)) ||
      this.#conflicts.length >= MOST_CONFLICTS
    ) {
      this.#dropped.looped++;
      return;
    }
    this.#conflicts.push(from);
    const previous = this.ssrc;
    this.#sendReport([...this.#compound(), { kind: 'bye', ssrcs: this.#ownSsrcs, reason: 'SSRC collision' }]);
    // The peer knows the copies as those of the SSRC that is given up (RFC 7104 §3.2).
    this.#duplicate(undefined);
    this.#stream = new SendingStream(this.#newSsrc(), this.#ports.random);
    this.#tell({ kind: 'own ssrc', ssrc: this.ssrc, previous });
  }

  #receivedRtcp(bytes: Uint8Array, from: SocketAddress): void {
    const { rtcpMux, reducedSize } = this.#settings;
    if (!this.#latch.isPeerHost(from, rtcpMux)) {
      this.#dropped.strangers++;
      return;
    }
    const packets = parseRtcp(bytes, { reducedSize });
    if (packets instanceof Malformed) {
      this.#dropped.malformed++;
      return;
    }
    if (this.#comesBack(packets)) {
      this.#dropped.looped++;
      return;
    }
    if (!rtcpMux && this.#latch.policy === 'symmetric') this.#remoteRtcp = from;
    this.#schedule.passed(bytes.length);
    const reader = {
      clock: this.#ports.clock,
      sources: this.#sources,
      ownSsrc: this.ssrc,
      clockRateHz: this.#sendingClockRateHz,
      tell: (output: SessionOutput) => {
        if (output.kind === 'report') this.#peerReport = output.report;
        this.#tell(output);
      },
      roundTrip: (milliseconds: number) => {
        this.#roundTripMs = milliseconds;
      },
      left: () => this.#schedule.membersLeft(),
    };
    for (const packet of packets) {
      if (packet instanceof Malformed) this.#dropped.malformed++;
      else readReport(packet, reader);
    }
  }

  /** Whether a report is our own. */
  #comesBack(packets: readonly ReadRtcpPacket[]): boolean {
    const [first] = packets;
    return first !== undefined && 'ssrc' in first && this.#isOwn(first.ssrc);
  }

  #report(): void {
    const now = this.#ports.clock.now();
    const silentMs = SILENT_INTERVALS * this.#settings.minimumReportIntervalMs;
    for (const ssrc of this.#sources.removeSilent(silentMs, now))
      this.#tell({ kind: 'source ended', ssrc, why: 'silent', reason: undefined });
    this.#sendReport(this.#compound());
    this.#reportedAt = now;
  }

  #compound(): readonly RtcpPacket[] {
    return compoundReport({
      clock: this.#ports.clock,
      stream: this.#stream,
      copySsrc: this.#copies?.ssrc,
      cname: this.#cname,
      sources: this.#sources,
      since: this.#reportedAt,
      weSent: this.#weSent,
      referenceTimes: this.#settings.referenceTimes,
      voipMetrics: this.#settings.voipMetrics?.(),
    });
  }

  /** Whether anything was sent within the last two intervals (RFC 3550 §6.3.8). */
  get #weSent(): boolean {
    const at = this.#stream.sentAt;
    return at !== undefined && this.#ports.clock.now() - at <= 2 * this.#settings.minimumReportIntervalMs;
  }

  #sendReport(packets: readonly RtcpPacket[]): void {
    const rtp = this.#latch.destination;
    if (rtp === undefined) return;
    const to = this.#settings.rtcpMux
      ? rtp
      : (this.#remoteRtcp ?? { address: rtp.address, port: rtp.port + 1 });
    const bytes = writeRtcp(packets);
    this.#reports++;
    this.#schedule.passed(bytes.length);
    this.#tell({ kind: 'transmit', channel: 'rtcp', bytes, to });
  }

  #duplicate(duplication: Duplication | undefined): void {
    this.#copies?.close();
    if (duplication === undefined) {
      this.#copies = undefined;
      return;
    }
    const { ssrc = this.#newSsrc() } = duplication;
    this.#copies = new Copies({ ...duplication, ssrc }, this.#ports.timers, (bytes, elsewhere) => {
      const to = elsewhere ?? this.#latch.destination;
      if (to !== undefined) this.#tell({ kind: 'transmit', channel: 'rtp', bytes, to });
    });
  }

  get #ownSsrcs(): readonly number[] {
    const copy = this.#copies?.ssrc;
    return copy === undefined ? [this.ssrc] : [this.ssrc, copy];
  }

  #newSsrc(): number {
    return Math.floor(this.#ports.random.fraction() * 2 ** 32);
  }

  #tell(output: SessionOutput): void {
    this.#delivering = true;
    try {
      this.#ports.deliver(output);
    } finally {
      this.#delivering = false;
    }
  }

  #enter(): void {
    if (this.#delivering) throw new Error('deliver must not call the session: queue it');
  }
}
