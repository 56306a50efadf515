import type { Levels, MediaReport, PairRow, PathReport, Quality } from '@ringdown/user-agent';

/** What a good interview in stereo agrees upon. */
export const stereoOpus: MediaReport = {
  codec: 'opus',
  rateHz: 48_000,
  channels: 2,
  packetMs: 20,
  bitsPerSecond: 128_000,
  profile: 'interview',
  security: 'dtls-srtp',
  cipher: 'AEAD_AES_128_GCM',
  direction: 'sendrecv',
};

export const directPath: PathReport = {
  kind: 'direct',
  local: { address: '192.168.1.23', port: 50_120, type: 'host' },
  remote: { address: '203.0.113.40', port: 40_002, type: 'srflx' },
  ice: true,
};

export const threePairs: readonly PairRow[] = [
  {
    local: directPath.local,
    remote: directPath.remote,
    state: 'succeeded',
    selected: true,
    why: undefined,
    roundTripMs: 31.4,
  },
  {
    local: { address: '198.51.100.7', port: 51_777, type: 'relay' },
    remote: directPath.remote,
    state: 'succeeded',
    selected: false,
    why: undefined,
    roundTripMs: 48.9,
  },
  {
    local: { address: '2001:db8:85a3::8a2e:370:7334', port: 50_121, type: 'host' },
    remote: { address: '2001:db8:1:2:aaaa:bbbb:cccc:dddd', port: 40_003, type: 'host' },
    state: 'failed',
    selected: false,
    why: 'no answer to 7 checks',
    roundTripMs: undefined,
  },
];

/** Second so and so of a call: mostly fine, worse for ten seconds of each minute. */
export const qualityAt = (second: number): Quality => {
  const isBad = second % 60 > 40 && second % 60 < 51;
  const wave = Math.sin(second / 3);
  return {
    mos: isBad ? 3.2 + wave * 0.2 : 4.3 + wave * 0.05,
    lossRatio: isBad ? 0.03 + wave * 0.01 : 0,
    lost: Math.floor(second / 60) * 15 + (isBad ? (second % 60) - 40 : 0),
    received: second * 50,
    sent: second * 50,
    jitterMs: isBad ? 18 + wave * 4 : 2.5 + wave,
    roundTripMs: 42 + wave * 3,
    bufferMs: isBad ? 90 + wave * 10 : 42 + wave * 2,
    concealedRatio: isBad ? 0.02 : 0,
    driftPpm: 3.2,
    sentBitsPerSecond: 141_000 + wave * 3000,
    receivedBitsPerSecond: 139_000 + wave * 3000,
    peer: { lossRatio: 0.001, jitterMs: 3 },
  };
};

/** How loud it is after so many milliseconds: speech that comes and goes, and clips now and then. */
export const levelsAt = (ms: number): Levels => {
  const channel = (phase: number, isLoud: boolean) => {
    const swing = Math.abs(Math.sin(ms / 700 + phase)) * Math.abs(Math.sin(ms / 170 + phase));
    const rmsDbfs = -48 + swing * 34;
    const peakDbfs = isLoud ? Math.min(0, rmsDbfs + 15) : Math.min(-1, rmsDbfs + 10);
    return { rmsDbfs, peakDbfs, clipped: peakDbfs > -0.2 };
  };
  return {
    sent: [channel(0, true), channel(0.2, false)],
    received: [channel(2, false), channel(2.3, false)],
  };
};
