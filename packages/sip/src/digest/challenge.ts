import { isSpace, quote } from '../message/characters.ts';
import { Malformed } from '../message/malformed.ts';
import { AuthParamReader, behindDigest } from './auth-param.ts';

/** What WWW-Authenticate and Proxy-Authenticate carry (RFC 7616 §3.3), without quotes and escapes. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  /** As written; undefined means MD5. */
  readonly algorithm: string | undefined;
  /** The qualities of protection that the server takes, in lower case; empty for servers of RFC 2069. */
  readonly qop: readonly string[];
  readonly opaque: string | undefined;
  /** Whether the last credentials were right but for their nonce. */
  readonly stale: boolean;
  /** Whether the server takes a hash for the user name (RFC 7616 §3.4.4). */
  readonly userhash: boolean;
}

/** Reads one challenge. Undefined where it is of another scheme than Digest. */
export const parseChallenge = (text: string): DigestChallenge | Malformed | undefined => {
  const start = behindDigest(text);
  if (start < 0) return undefined;
  const reader = new AuthParamReader(text, start);
  const challenge = readChallenge(reader);
  if (!(challenge instanceof Malformed) && reader.index < text.length)
    return new Malformed('the challenge: a parameter has no value');
  return challenge;
};

/**
 * The Digest challenges of a response's header lines, in their order. Lines of other schemes and malformed ones are left
 * out: whatever can be answered should be. Several challenges in one line (RFC 7235 §4.1, not allowed in SIP) are read too.
 */
export const parseChallenges = (lines: readonly string[]): DigestChallenge[] => {
  const challenges: DigestChallenge[] = [];
  for (const line of lines) {
    for (let index = 0; index < line.length; ) {
      const start = behindDigest(line, index);
      const reader = new AuthParamReader(line, start >= 0 ? start : schemeEnd(line, index));
      const challenge = readChallenge(reader);
      if (start >= 0 && !(challenge instanceof Malformed)) challenges.push(challenge);
      index = Math.max(reader.index, index + 1);
    }
  }
  return challenges;
};

const schemeEnd = (line: string, index: number): number => {
  while (index < line.length && !isSpace(line.charCodeAt(index))) index++;
  return index;
};

const readChallenge = (reader: AuthParamReader): DigestChallenge | Malformed => {
  const written = new Map<string, string>();
  let twice: string | undefined;
  while (reader.next()) {
    const name = reader.name.toLowerCase();
    if (written.has(name)) twice = name;
    written.set(name, reader.value);
  }
  if (reader.defect !== undefined) return new Malformed(`the challenge: ${reader.defect}`);
  if (twice !== undefined) return new Malformed('the challenge has a parameter twice');
  const realm = written.get('realm');
  const nonce = written.get('nonce');
  if (realm === undefined || nonce === undefined)
    return new Malformed('the challenge has no realm or no nonce');
  return {
    realm,
    nonce,
    algorithm: written.get('algorithm'),
    qop: readQualities(written.get('qop')),
    opaque: written.get('opaque'),
    stale: written.get('stale')?.toLowerCase() === 'true',
    userhash: written.get('userhash')?.toLowerCase() === 'true',
  };
};

const readQualities = (text: string | undefined): string[] =>
  text === undefined
    ? []
    : text
        .split(',')
        .map((quality) => quality.trim().toLowerCase())
        .filter((quality) => quality !== '');

/** Writes a header value; algorithm, stale and userhash without quotes, as RFC 7616 §3.3 has them. */
export const formatChallenge = (challenge: DigestChallenge): string => {
  const { realm, nonce, algorithm, qop, opaque, stale, userhash } = challenge;
  let text = `Digest realm=${quote(realm)}, nonce=${quote(nonce)}`;
  if (opaque !== undefined) text += `, opaque=${quote(opaque)}`;
  if (algorithm !== undefined) text += `, algorithm=${algorithm}`;
  if (qop.length > 0) text += `, qop="${qop.join(',')}"`;
  if (stale) text += ', stale=true';
  return userhash ? `${text}, userhash=true` : text;
};
