import type { AgreedStream } from '@ringdown/sdp';
import type { MediaProfile, MediaReport } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';

/** What was agreed, for people. */
export const mediaReport = (
  agreed: AgreedStream,
  codec: CallCodec,
  packetMs: number,
  profile: MediaProfile,
  cipher: string | undefined,
): MediaReport => ({
  codec: codec.format.encodingName,
  rateHz: codec.format.sampleRateHz,
  channels: codec.format.channels,
  packetMs,
  bitsPerSecond: codec.bitsPerSecond,
  profile,
  security: agreed.security.kind,
  cipher,
  direction: agreed.direction,
});
