import { Accept, type SipResponse, Warning } from '@ringdown/sip';
import { type Cause, causeOfRefusal } from '../cause.ts';

/** What a refusal says of the reason by codes of Warning (RFC 3261 §20.43). */
const warningsOf = (response: SipResponse): readonly number[] =>
  response
    .texts(Warning)
    .flatMap((text) => [...text.matchAll(/(?:^|,)\s*(\d{3})\s+[^\s"]+\s+"(?:[^"\\]|\\.)*"/g)])
    .map(([, code]) => Number(code));

/** Networks, addresses, bandwidth, codecs, multicast: to protect packets otherwise mends none of them. */
const OTHER_REASONS: ReadonlySet<number> = new Set([300, 301, 303, 305, 330, 331, 370]);

/**
 * Whether the same call may be taken where its packets are protected otherwise: what was offered is refused (488, 606), and not
 * for another reason; or its description is (415), and not the way it is written.
 */
export const refusesProtection = (response: SipResponse): boolean => {
  const { status } = response;
  if (status === 415) {
    const accepted = response.texts(Accept);
    return (
      accepted.length === 0 || accepted.some((type) => /^(?:application\/(?:sdp|\*)|\*\/\*)/i.test(type))
    );
  }
  if (status !== 488 && status !== 606) return false;
  const warnings = warningsOf(response);
  return warnings.length === 0 || warnings.some((code) => !OTHER_REASONS.has(code));
};

/** A refusal of an INVITE in words; Warning makes some of them more exact. */
export const refusalOf = (response: SipResponse, retryAfterSeconds: number | undefined): Cause => {
  const { status } = response;
  const cause = causeOfRefusal(response, retryAfterSeconds);
  if (status !== 488 && status !== 606) return cause;
  const [said] = warningsOf(response).flatMap((code) => words.get(code) ?? []);
  return { ...cause, ...said };
};

const words: ReadonlyMap<number, Pick<Cause, 'what' | 'next'>> = new Map([
  [
    302,
    {
      what: 'The other side takes no sound that is protected in this way.',
      next: 'Allow another protection on one side.',
    },
  ],
  [304, { what: 'The other side takes no calls with sound.', next: 'Send a text instead.' }],
  [305, { what: 'Both sides have no codec in common.', next: 'Allow more of them on one side.' }],
  [
    370,
    { what: 'The other side has not enough bandwidth.', next: 'Call with a profile that needs less of it.' },
  ],
]);
