import { nodeClock, nodeHashes } from '@ringdown/net/ports';
import type { Account } from '@ringdown/provider';
import { ExpiringCredentials } from '@ringdown/turn';
import type { Home } from '../home/home.ts';
import { keyFile } from '../home/key-file.ts';

/**
 * The expiring credentials of a home: its key makes them and checks them, so a command can give them out while a server runs.
 * They name an account by its address (`user@domain`), and end with it.
 */
export const expiringCredentials = (
  home: Home,
  realm: string,
  accounts: { byAddress(username: string, domain: string): Account | undefined },
): ExpiringCredentials =>
  new ExpiringCredentials(
    {
      realm,
      secret: keyFile(home, 'turn'),
      hasAccount: (address) => {
        const at = address.lastIndexOf('@');
        return at > 0 && accounts.byAddress(address.slice(0, at), address.slice(at + 1)) !== undefined;
      },
    },
    { hashes: nodeHashes, clock: nodeClock },
  );
