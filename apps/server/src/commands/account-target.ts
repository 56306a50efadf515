import { canonicalDomain, whyNoDomain, whyNoUsername } from '@ringdown/provider';
import { Refusal } from '../refusal.ts';

/** The account that a command line names. */
export interface AccountTarget {
  readonly username: string;
  /** In canonical form; undefined where none is named. */
  readonly domain: string | undefined;
}

/**
 * Reads NAME, which is `user` or `user@domain`, and --domain.
 *
 * @throws Refusal where it can be no account, or the two domains differ
 */
export const accountTarget = (name: string, domainOption: string | undefined): AccountTarget => {
  const at = name.lastIndexOf('@');
  const username = at < 0 ? name : name.slice(0, at);
  const why = whyNoUsername(username);
  if (why !== undefined) throw new Refusal(`"${username}" can be no user name: ${why}`);
  const named = domainOption === undefined ? undefined : readDomain(domainOption);
  if (at < 0) return { username, domain: named };
  const domain = readDomain(name.slice(at + 1));
  if (named !== undefined && named !== domain) {
    throw new Refusal(`"${name}" and --domain ${named} name different domains: leave one of them out`);
  }
  return { username, domain };
};

/** @throws Refusal where it can be no domain */
export const readDomain = (text: string): string => {
  const domain = canonicalDomain(text);
  const why = whyNoDomain(domain);
  if (why !== undefined) throw new Refusal(`"${text}" can be no domain: ${why}`);
  return domain;
};
