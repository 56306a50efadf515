import type { OpenMedia } from '../../packages/media/src/platform/open-media.ts';
import { MemoryMedia } from '../world/memory-media.ts';

/** A media engine without sound, for what is about signalling alone. */
export const silentMedia: OpenMedia = async (_, { answered }) => {
  const media = new MemoryMedia(answered);
  return Object.assign(media, {
    mute: () => undefined,
    sendDigits: () => false,
    levels: () => undefined,
    pairs: () => [],
    close: async () => undefined,
  });
};
