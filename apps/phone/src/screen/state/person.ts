import { addressKey, plainAddress } from './address.ts';
import type { Contact } from './contact.ts';

/** One line of the list on the left: a contact, or a stranger who wrote. */
export interface Person extends Contact {
  readonly key: string;
  /** Strangers are in no file; adding them makes contacts of them. */
  readonly isContact: boolean;
  /** `gone`: no phone of his is there; `unknown`: nothing was told, or nothing is told us. */
  readonly presence: 'open' | 'closed' | 'gone' | 'unknown';
  /** In his own words, or why nothing is known. */
  readonly note: string | undefined;
  readonly unread: number;
}

/** Strangers can make as many lines as they have addresses: the oldest of more than these are forgotten. */
const MAX_STRANGERS = 20;

export const personOf = ({ name, address }: Contact, domain: string, isContact: boolean): Person => ({
  name,
  address,
  key: addressKey(address, domain),
  isContact,
  presence: 'unknown',
  note: undefined,
  unread: 0,
});

/** Contacts by their names, then strangers as they came. */
const sorted = (people: readonly Person[]): readonly Person[] => [
  ...people
    .filter(({ isContact }) => isContact)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
  ...people.filter(({ isContact }) => !isContact).slice(-MAX_STRANGERS),
];

/** Adds a contact, or gives one with this address its new name. */
export const withContact = (
  people: readonly Person[],
  contact: Contact,
  domain: string,
): readonly Person[] => {
  const key = addressKey(contact.address, domain);
  const known = people.find((person) => person.key === key);
  const person = { ...personOf(contact, domain, true), ...known, ...contact, isContact: true };
  return sorted([...people.filter((other) => other.key !== key), person]);
};

/** Makes sure that whoever writes has a line. */
export const withWriter = (people: readonly Person[], from: string, domain: string): readonly Person[] => {
  const key = addressKey(from, domain);
  if (people.some((person) => person.key === key)) return people;
  const address = plainAddress(from);
  return sorted([...people, personOf({ name: address, address }, domain, false)]);
};

export const changed = (
  people: readonly Person[],
  key: string,
  changes: Partial<Omit<Person, 'key'>>,
): readonly Person[] => people.map((person) => (person.key === key ? { ...person, ...changes } : person));

/** What goes into the file. */
export const contactsOf = (people: readonly Person[]): readonly Contact[] =>
  people.filter(({ isContact }) => isContact).map(({ name, address }) => ({ name, address }));
