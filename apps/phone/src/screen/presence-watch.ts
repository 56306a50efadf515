import type { Phone, WatchedStatus } from '@ringdown/user-agent';
import type { ScreenEvent } from './state/screen-event.ts';

/** Follows how people are. */
export interface PresenceWatch {
  begin(key: string, address: string): void;
  end(key: string): void;
  close(): void;
}

/** A watch that was refused or broke is tried again: the server may have been away, or the contact is new. */
const AGAIN_MS = 120_000;

interface Watched {
  statuses: AsyncIterator<WatchedStatus> | undefined;
  again: NodeJS.Timeout | undefined;
}

export const presenceWatch = (
  phone: Pick<Phone, 'presence'>,
  tell: (event: ScreenEvent) => void,
): PresenceWatch => {
  const watched = new Map<string, Watched>();

  const follow = async (key: string, address: string, one: Watched): Promise<void> => {
    const isCurrent = (): boolean => watched.get(key) === one;
    try {
      const statuses = phone.presence(address);
      one.statuses = statuses;
      for await (const status of statuses) {
        if (!isCurrent()) return;
        tell({ kind: 'presence', key, status });
      }
    } catch (why) {
      if (!isCurrent()) return;
      tell({
        kind: 'presence',
        key,
        status: undefined,
        why: why instanceof Error ? why.message : String(why),
      });
    }
    if (!isCurrent()) return;
    one.again = setTimeout(() => follow(key, address, one), AGAIN_MS);
    one.again.unref();
  };

  const end = (key: string): void => {
    const one = watched.get(key);
    watched.delete(key);
    clearTimeout(one?.again);
    // That a subscription does not end well changes nothing here.
    one?.statuses?.return?.().then(undefined, () => {});
  };

  return {
    begin(key, address) {
      end(key);
      const one: Watched = { statuses: undefined, again: undefined };
      watched.set(key, one);
      void follow(key, address, one);
    },
    end,
    close() {
      for (const key of [...watched.keys()]) end(key);
    },
  };
};
