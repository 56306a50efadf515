import { MEDIA_PROFILES, MEDIA_SECURITY, type MediaWishes, MOST_COPY_DELAY_MS } from '../media/wishes.ts';

/**
 * Looks at what a program may have written wrong, before a call is made of it.
 *
 * @throws TypeError that names it, and what may stand there
 */
export const checkWishes = ({ profile, security, duplicate }: MediaWishes): void => {
  if (profile !== undefined && !MEDIA_PROFILES.includes(profile))
    throw new TypeError(`the profile "${profile}" is none: take one of ${MEDIA_PROFILES.join(', ')}`);
  if (security !== undefined) {
    const strange = Array.isArray(security)
      ? security.find((one) => !MEDIA_SECURITY.includes(one))
      : security;
    if (strange !== undefined || security.length === 0)
      throw new TypeError(
        `the security ${JSON.stringify(security)} is none: give a list of ${MEDIA_SECURITY.join(', ')}, the best first`,
      );
  }
  if (duplicate === undefined || duplicate === false) return;
  const { delayMs } = Object(duplicate);
  if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > MOST_COPY_DELAY_MS)
    throw new TypeError(
      `duplicate ${JSON.stringify(duplicate)} is none: give { delayMs } of 0 to ${MOST_COPY_DELAY_MS} whole milliseconds, or false`,
    );
};
