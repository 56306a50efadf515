import type { PresenceState } from './composition.ts';
import type { Subscription } from './subscription.ts';

const NOBODY: ReadonlySet<Subscription> = new Set();

/** A presentity that somebody watches. */
interface Watched {
  readonly subscriptions: Set<Subscription>;
  /** What its watchers are to know; the same object while it says the same. */
  state: PresenceState;
}

/** Which live subscriptions there are, found by their dialog, by who is watched and by who watches. */
export class SubscriptionTable {
  private readonly byDialog = new Map<string, Subscription>();
  private readonly byPresentity = new Map<string, Watched>();
  private readonly byWatcher = new Map<string, Set<Subscription>>();

  add(subscription: Subscription, state: PresenceState): void {
    const { dialog, presentity, watcher } = subscription;
    this.byDialog.set(dialog.id, subscription);
    const watched = this.byPresentity.get(presentity) ?? { subscriptions: new Set(), state };
    watched.subscriptions.add(subscription);
    this.byPresentity.set(presentity, watched);
    this.byWatcher.set(watcher, (this.byWatcher.get(watcher) ?? new Set()).add(subscription));
  }

  remove(subscription: Subscription): void {
    const { dialog, presentity, watcher } = subscription;
    this.byDialog.delete(dialog.id);
    const watched = this.byPresentity.get(presentity);
    watched?.subscriptions.delete(subscription);
    if (watched?.subscriptions.size === 0) this.byPresentity.delete(presentity);
    const own = this.byWatcher.get(watcher);
    own?.delete(subscription);
    if (own?.size === 0) this.byWatcher.delete(watcher);
  }

  ofDialog(id: string): Subscription | undefined {
    return this.byDialog.get(id);
  }

  watchersOf(presentity: string): ReadonlySet<Subscription> {
    return this.byPresentity.get(presentity)?.subscriptions ?? NOBODY;
  }

  ofWatcher(watcher: string): ReadonlySet<Subscription> {
    return this.byWatcher.get(watcher) ?? NOBODY;
  }

  /** What the watchers of a presentity are to know; undefined where nobody watches it. */
  stateOf(presentity: string): PresenceState | undefined {
    return this.byPresentity.get(presentity)?.state;
  }

  /** @returns whether that is another state than before, to somebody who watches. */
  setState(presentity: string, state: PresenceState): boolean {
    const watched = this.byPresentity.get(presentity);
    if (watched === undefined || isSame(watched.state, state)) return false;
    watched.state = state;
    return true;
  }
}

const isSame = (left: PresenceState, right: PresenceState): boolean =>
  left === right || (left.length === right.length && left.every((piece, index) => piece === right[index]));
