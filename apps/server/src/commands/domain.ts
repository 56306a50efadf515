import { type AccountStore, DEFAULT_DOMAIN, type Domain, realmFor } from '@ringdown/provider';
import type { Random } from '@ringdown/sans-io';
import { Refusal } from '../refusal.ts';

export interface EstablishedDomain {
  readonly domain: Domain;
  /** Whether this call made it. */
  readonly isNew: boolean;
  /** The domain that was first before; undefined where this one is. */
  readonly first: Domain | undefined;
}

/**
 * The domain that a command means, made if it is not there: the one that is named, else the home's first, else
 * {@link DEFAULT_DOMAIN}. Its realm is made with it, and never again.
 */
export const establishDomain = (
  store: AccountStore,
  named: string | undefined,
  random: Random,
): EstablishedDomain => {
  const first = store.domains()[0];
  const name = named ?? first?.name ?? DEFAULT_DOMAIN;
  const known = store.domain(name);
  if (known !== undefined) {
    return { domain: known, isNew: false, first: first?.name === name ? undefined : first };
  }
  const domain = store.addDomain({ name, realm: realmFor(name, random), algorithms: ['MD5'] });
  return { domain, isNew: true, first };
};

/** What a person should know about a domain that has just been made beside others. */
export const newDomainNote = ({ domain, isNew, first }: EstablishedDomain): string | undefined =>
  isNew && first !== undefined
    ? `${domain.name} is now a domain of this home too; accounts of ${first.name}, its first domain, stay where they are`
    : undefined;

/**
 * The domain that a command means, where it must be there.
 *
 * @throws Refusal where it is not
 */
export const knownDomain = (store: AccountStore, named: string | undefined): Domain | undefined => {
  const domains = store.domains();
  if (named === undefined) return domains[0];
  const domain = domains.find(({ name }) => name === named);
  if (domain !== undefined) return domain;
  const known =
    domains.length === 0 ? 'it has none yet' : `it has ${domains.map(({ name }) => name).join(', ')}`;
  throw new Refusal(
    `this home has no domain ${named} (${known}): name one of its own, or another home with --home`,
  );
};
