import { textAttribute } from './text-attribute.ts';

/** Who wrote the sender's software (RFC 8489 §14.14). Servers of ours do not say it: answers are no larger than need be. */
export const Software = textAttribute('SOFTWARE', 0x8022, 763);
