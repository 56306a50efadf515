import { Event, Require, type SipRequest, To, tagOf, type Uri, unescapeUri } from '@ringdown/sip';
import type { Account, Accounts } from '../accounts/account.ts';
import { type Authenticated, refuse, type Verdict } from '../incoming.ts';
import type { StoredBinding } from '../location/binding-store.ts';
import type { PresenceHandlers } from '../pipelines.ts';
import { compose, type PresenceState } from './composition.ts';
import { type PublicationLimits, type PublicationPorts, Publications } from './publications.ts';
import { type SubscriptionLimits, type SubscriptionPorts, Subscriptions } from './subscriptions.ts';

export interface PresenceOptions extends PublicationLimits, SubscriptionLimits {
  /** Where the publications of one user make a longer document, in characters, the oldest are left out of it. */
  readonly maxNotifyLength: number;
}

export const defaultPresenceOptions: PresenceOptions = Object.freeze({
  minExpiresSeconds: 30,
  maxExpiresSeconds: 7_200,
  defaultExpiresSeconds: 3_600,
  maxDocumentBytes: 16_384,
  maxPublications: 100_000,
  maxPublicationsPerUser: 10,
  maxSubscriptions: 500_000,
  maxSubscriptionsPerUser: 1_000,
  notifyIntervalMs: 5_000,
  notifyBurst: 5,
  maxNotifyLength: 32_768,
});

export interface PresencePorts extends PublicationPorts, SubscriptionPorts {
  readonly accounts: Pick<Accounts, 'byAddress'>;
  /** Whether an address is the account's own; see `Authenticator`. */
  readonly owns: (account: Account, uri: Uri) => boolean;
  /** The phones that are registered for an address-of-record (`user@domain`). */
  readonly bindings: (aor: string) => readonly Pick<StoredBinding, 'key' | 'flow'>[];
  /** Whether a flow leads anywhere: after a restart bindings are there whose connections are not. */
  readonly isOpen: (flow: string) => boolean;
}

/** Who is there: publications and subscriptions of the package presence for the users of our domains. */
export interface Presence extends PresenceHandlers {
  /** A phone of an address-of-record registered, or its binding ended; costs little where nothing changed by it. */
  registrationChanged(aor: string): void;
  /**
   * An account was removed or has another password, and the accounts know it already: what it published and whom it
   * watched is over. The watchers of a removed user are told that there is no such user.
   */
  forget(aor: string): void;
  /** For metrics. */
  readonly counts: { readonly publications: number; readonly subscriptions: number };
}

const PACKAGE = 'presence';
const ALLOWED = [['Allow-Events', PACKAGE]] as const;

/**
 * Puts presence together: RFC 3903 (PUBLISH), RFC 6665 (SUBSCRIBE, NOTIFY), RFC 3856 (the package), RFC 3863 (PIDF).
 *
 * Everybody may watch every user of the domains, and is told 404 where there is none: only users of ours come here. All
 * state is soft: after a restart, phones are told 412 and 481 and begin again.
 *
 * @example
 * const presence = createPresence(defaultPresenceOptions, {
 *   timers, random, text, accounts, request,
 *   owns: (account, uri) => authenticator.owns(account, uri),
 *   bindings: (aor) => location.find(aor, clock.wallTime()),
 *   isOpen: (flow) => transport.flowOf(flow)?.open === true,
 * });
 */
export const createPresence = (options: PresenceOptions, ports: PresencePorts): Presence => {
  const publications = new Publications(options, ports, (aor) => subscriptions.changed(aor));
  const subscriptions = new Subscriptions(options, ports, (aor) => stateOf(aor, phonesOf(aor)));
  /** Who is reached along a Path has no flow. */
  const phonesOf = (aor: string) =>
    ports.bindings(aor).filter(({ flow }) => flow === '' || ports.isOpen(flow));
  const stateOf = (aor: string, phones: ReturnType<PresencePorts['bindings']>): PresenceState =>
    compose(
      publications.of(aor, phones),
      phones.length > 0 && !publications.hasWithdrawn(aor),
      options.maxNotifyLength,
    );
  const exists = (aor: string): boolean => {
    const at = aor.lastIndexOf('@');
    return ports.accounts.byAddress(aor.slice(0, at), aor.slice(at + 1)) !== undefined;
  };
  return {
    publish(incoming) {
      const { request, account, target } = incoming;
      if (!ports.owns(account, target))
        return refuse(403, `${aorOf(account)} may not publish for ${target.text}`);
      const aor = aorOf(account);
      return unfit(request) ?? publications.publish(aor, incoming, phonesOf(aor));
    },
    subscribe(incoming) {
      const { request, account } = incoming;
      const known = subscriptions.find(request);
      if (known !== undefined)
        return unfit(request) ?? subscriptions.refresh(known, incoming, aorOf(account));
      if (incoming.targetDomain === undefined || !isOfPresence(request)) return undefined;
      if (tagOf(request.get(To)) !== undefined) return refuse(481, 'there is no such subscription');
      return begin(incoming);
    },
    registrationChanged(aor) {
      publications.registrationChanged(aor, phonesOf(aor));
      subscriptions.changed(aor);
    },
    forget(aor) {
      publications.forget(aor);
      const stays = exists(aor);
      subscriptions.endThoseOf(aor, stays ? 'deactivated' : 'rejected');
      if (stays) subscriptions.changed(aor);
      else subscriptions.endWatchersOf(aor, 'noresource');
    },
    get counts() {
      return { publications: publications.size, subscriptions: subscriptions.size };
    },
  };

  function begin(incoming: Authenticated): Verdict {
    const { request, account, target, targetDomain } = incoming;
    const user = target.user === undefined ? undefined : unescapeUri(target.user);
    const presentity =
      user === undefined ? undefined : ports.accounts.byAddress(user, targetDomain?.name ?? '');
    if (presentity === undefined) return refuse(404, `there is no account ${target.text}`);
    return unfit(request) ?? subscriptions.begin(incoming, aorOf(account), aorOf(presentity));
  }
};

const aorOf = ({ username, domain }: Account): string => `${username}@${domain}`;

/** Whether a request is about presence, or a template over it such as `presence.winfo` (RFC 3857), which is refused. */
const isOfPresence = (request: SipRequest): boolean => {
  const event = request.get(Event)?.value;
  return event === PACKAGE || event?.startsWith(`${PACKAGE}.`) === true;
};

/** What a request asks for that is not done here: extensions (RFC 3261 §8.2.2.3), other packages (RFC 6665 §4.2.1.1). */
const unfit = (request: SipRequest): Verdict | undefined => {
  const required = request.texts(Require);
  if (required.length > 0)
    return refuse(420, `requires ${required.join(', ')}`, [['Unsupported', required.join(', ')]]);
  // Case matters (RFC 6665 §7.2.1).
  if (request.get(Event)?.value === PACKAGE) return undefined;
  return refuse(489, `the event package is ${request.get(Event)?.value ?? 'not named'}`, ALLOWED);
};
