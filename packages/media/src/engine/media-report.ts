import type { AgreedStream } from '@ringdown/sdp';
import type { MediaProfile, MediaReport } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';

export interface ReportedFlow {
  readonly packetMs: number;
  readonly duplicateMs: number | undefined;
  readonly profile: MediaProfile;
  readonly cipher: string | undefined;
}

/** What was agreed, for people. */
export const mediaReport = (
  agreed: AgreedStream,
  codec: CallCodec,
  { packetMs, duplicateMs, profile, cipher }: ReportedFlow,
): MediaReport => ({
  codec: codec.format.encodingName,
  rateHz: codec.format.sampleRateHz,
  channels: codec.format.channels,
  sentChannels: Math.min(codec.sentChannels ?? Infinity, codec.format.channels),
  packetMs,
  ...(duplicateMs === undefined ? {} : { duplicateMs }),
  bitsPerSecond: codec.bitsPerSecond,
  profile,
  security: agreed.security.kind,
  cipher,
  direction: agreed.direction,
});
