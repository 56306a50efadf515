import { CODEC_IMPAIRMENTS, type CodecImpairment, eModel } from '@ringdown/rtp';
import type { PairRow, PathEnd, PathReport, Quality } from '@ringdown/user-agent';

/** A member of a browser's statistics, of whichever kind. */
type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** Both sound cards, encoding and decoding. */
const END_SYSTEMS_MS = 40;

const number = (row: Row | undefined, key: string): number => {
  const value = row?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
};
const text = (row: Row | undefined, key: string): string => String(row?.[key] ?? '');

/** Nothing for so long is no pause between words: an encoder of Opus that says nothing sends a packet each 400 ms. */
const CUT_OFF_MS = 1_000;

/** What a browser's statistics (getStats) say of a call, each time they are asked for: once a second. */
export class StatsReader {
  #before: Readonly<Record<string, number>> | undefined;
  #at = 0;
  /** When something came last, or should have begun to. */
  #heardAt: number | undefined;

  /**
   * @param codec the name in SDP
   * @param isDue whether packets of the peer's should come
   */
  quality(report: RTCStatsReport, codec: string, now: number, isDue: boolean): Quality | undefined {
    const rows = rowsOf(report);
    const inbound = rows.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    const outbound = rows.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio');
    const remote = rows.find(({ type, kind }) => type === 'remote-inbound-rtp' && kind === 'audio');
    if (inbound === undefined && outbound === undefined) return undefined;
    const counts = countsOf(inbound, outbound);
    const before = this.#before ?? counts;
    const seconds = Math.max(0.001, (now - this.#at) / 1_000);
    this.#before = counts;
    this.#at = now;
    const grown = (key: keyof typeof counts): number => Math.max(0, counts[key] - (before[key] ?? 0));
    const expected = grown('received') + grown('lost');
    if (grown('received') > 0 || !isDue) this.#heardAt = now;
    this.#heardAt ??= now;
    const silentMs = now - this.#heardAt;
    const isCutOff = silentMs >= CUT_OFF_MS;
    const lossRatio = isCutOff ? 1 : share(grown('lost'), expected);
    const concealedRatio = share(grown('concealed'), grown('samples'));
    const bufferMs = share(grown('bufferDelay'), grown('buffered')) * 1_000;
    const pair = selectedPair(rows);
    const roundTripMs =
      pair?.currentRoundTripTime === undefined ? undefined : number(pair, 'currentRoundTripTime') * 1_000;
    const { mos } = eModel({
      codec: impairmentOf(codec),
      oneWayDelayMs: (roundTripMs ?? 0) / 2 + bufferMs + END_SYSTEMS_MS,
      lossRatio: concealedRatio,
    });
    return {
      mos: isCutOff ? 1 : mos,
      lossRatio,
      ...(isCutOff ? { silentMs } : {}),
      lost: counts.lost,
      received: counts.received,
      sent: counts.sent,
      jitterMs: number(inbound, 'jitter') * 1_000,
      roundTripMs,
      bufferMs,
      concealedRatio,
      driftPpm: undefined,
      sentBitsPerSecond: (grown('sentBytes') * 8) / seconds,
      receivedBitsPerSecond: (grown('receivedBytes') * 8) / seconds,
      peer:
        remote === undefined
          ? undefined
          : { lossRatio: number(remote, 'fractionLost'), jitterMs: number(remote, 'jitter') * 1_000 },
    };
  }
}

const share = (part: number, whole: number): number => (whole <= 0 ? 0 : part / whole);

const countsOf = (inbound: Row | undefined, outbound: Row | undefined) => ({
  received: number(inbound, 'packetsReceived'),
  lost: Math.max(0, number(inbound, 'packetsLost')),
  receivedBytes: number(inbound, 'bytesReceived') + number(inbound, 'headerBytesReceived'),
  concealed: number(inbound, 'concealedSamples') - number(inbound, 'silentConcealedSamples'),
  samples: number(inbound, 'totalSamplesReceived'),
  bufferDelay: number(inbound, 'jitterBufferDelay'),
  buffered: number(inbound, 'jitterBufferEmittedCount'),
  sent: number(outbound, 'packetsSent'),
  sentBytes: number(outbound, 'bytesSent') + number(outbound, 'headerBytesSent'),
});

const impairmentOf = (codec: string): CodecImpairment =>
  (CODEC_IMPAIRMENTS as Readonly<Record<string, CodecImpairment>>)[codec] ?? CODEC_IMPAIRMENTS.opus;

/** The way that packets go; undefined before one was found. */
export const pathOf = (report: RTCStatsReport): PathReport | undefined => {
  const rows = rowsOf(report);
  const pair = selectedPair(rows);
  if (pair === undefined) return undefined;
  const [local, remote] = endsOf(rows, pair);
  const isRelayed = local.type === 'relay' || remote.type === 'relay';
  return { kind: isRelayed ? 'relayed' : 'direct', local, remote, ice: true };
};

/** Every pair that the browser has tried. */
export const pairsOf = (report: RTCStatsReport): readonly PairRow[] => {
  const rows = rowsOf(report);
  const selected = selectedPair(rows);
  return rows
    .filter(({ type }) => type === 'candidate-pair')
    .map((pair): PairRow => {
      const [local, remote] = endsOf(rows, pair);
      return {
        local,
        remote,
        state: stateOf(text(pair, 'state')),
        selected: pair.id === selected?.id,
        why: whyFailed(pair),
        roundTripMs:
          pair.currentRoundTripTime === undefined ? undefined : number(pair, 'currentRoundTripTime') * 1_000,
      };
    })
    .toSorted((one, other) => Number(other.selected) - Number(one.selected));
};

/** Browsers count, and give no reasons (W3C webrtc-stats §8.18). */
const whyFailed = (pair: Row): string | undefined => {
  if (text(pair, 'state') !== 'failed') return undefined;
  const [asked, answered] = [number(pair, 'requestsSent'), number(pair, 'responsesReceived')];
  if (asked === 0) return 'the browser did not try it';
  return answered === 0 ? `nothing came back for ${asked} checks` : 'it answered at first, and then no more';
};

/** The protection profile, as OpenSSL or RFC 5764 names it. */
export const cipherOf = (report: RTCStatsReport): string | undefined => {
  const transport = rowsOf(report).find(({ type }) => type === 'transport');
  const cipher = text(transport, 'srtpCipher');
  return cipher === '' ? undefined : cipher;
};

const stateOf = (state: string): PairRow['state'] =>
  state === 'succeeded' || state === 'failed' || state === 'waiting' || state === 'in-progress'
    ? state
    : 'frozen';

const selectedPair = (rows: readonly Row[]): Row | undefined => {
  const transport = rows.find(
    ({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId !== undefined,
  );
  return rows.find(({ id }) => id === transport?.selectedCandidatePairId);
};

const endsOf = (rows: readonly Row[], pair: Row): readonly [PathEnd, PathEnd] => {
  const end = (key: string): PathEnd => {
    const candidate = rows.find(({ id }) => id === pair[key]);
    const type = text(candidate, 'candidateType');
    return {
      // Firefox and privacy settings hide addresses.
      address: text(candidate, 'address') || text(candidate, 'ip') || 'hidden',
      port: number(candidate, 'port'),
      type: type === 'srflx' || type === 'prflx' || type === 'relay' ? type : 'host',
    };
  };
  return [end('localCandidateId'), end('remoteCandidateId')];
};

const rowsOf = (report: RTCStatsReport): readonly Row[] => [...report.values()] as Row[];
