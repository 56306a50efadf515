import type { AgreedStream } from '@ringdown/sdp';
import type { MediaProfile, MediaReport } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';

/** What was agreed, for people. */
export const mediaReport = (
  agreed: AgreedStream,
  codec: CallCodec,
  profile: MediaProfile,
  cipher: string | undefined,
): MediaReport => ({
  codec: codec.format.encodingName,
  rateHz: codec.format.sampleRateHz,
  channels: codec.format.channels,
  packetMs: agreed.codecs[0]!.ptimeMs,
  bitsPerSecond: codec.bitsPerSecond,
  profile,
  security: agreed.security.kind,
  cipher,
  direction: agreed.direction,
});
