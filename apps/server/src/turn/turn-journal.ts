import { formatHost } from '@ringdown/sip';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_BIND,
  CREATE_PERMISSION,
  REFRESH,
  type TurnEvent,
} from '@ringdown/turn';
import type { Log } from '../operations/log.ts';

/** What is counted of relays: plain numbers, read when somebody asks. Their number does not grow with users. */
export class TurnTally {
  /** By error code. */
  readonly refusals = new Map<number, number>();
  peersDenied = 0;
  allocations = 0;
  bytesToPeers = 0;
  bytesFromPeers = 0;
  packetsToPeers = 0;
  packetsFromPeers = 0;
  packetsLost = 0;
}

const METHODS: Readonly<Record<number, string>> = {
  [ALLOCATE]: 'Allocate',
  [REFRESH]: 'Refresh',
  [CREATE_PERMISSION]: 'CreatePermission',
  [CHANNEL_BIND]: 'ChannelBind',
  [CONNECT]: 'Connect',
  [CONNECTION_BIND]: 'ConnectionBind',
};

/** Tells what the TURN server does: one line for each relay that has ended, and for each refusal. */
export const turnJournal =
  (log: Log, tally: TurnTally) =>
  (event: TurnEvent): void => {
    switch (event.kind) {
      case 'allocation created':
        tally.allocations++;
        if (log.isVerbose) log.debug({ event: 'relay opened', ...relayOf(event) });
        return;
      case 'allocation ended': {
        const { why, livedMs, bytesToPeers, bytesFromPeers, packetsLost } = event;
        tally.bytesToPeers += bytesToPeers;
        tally.bytesFromPeers += bytesFromPeers;
        tally.packetsToPeers += event.packetsToPeers;
        tally.packetsFromPeers += event.packetsFromPeers;
        tally.packetsLost += packetsLost;
        log.info({
          event: 'relay',
          ...relayOf(event),
          seconds: Math.round(livedMs / 1000),
          bytesToPeers,
          bytesFromPeers,
          packetsLost,
          why,
        });
        return;
      }
      case 'refused': {
        const { method, code, why, client, user } = event;
        tally.refusals.set(code, (tally.refusals.get(code) ?? 0) + 1);
        log.info({
          event: 'refused',
          method: METHODS[method] ?? String(method),
          source: at(client),
          ...(user !== undefined && { user }),
          status: code,
          why,
        });
        return;
      }
      case 'peer denied': {
        const { method, peer, rule, client, user } = event;
        tally.peersDenied++;
        log.info({
          event: 'refused',
          method: METHODS[method] ?? String(method),
          source: at(client),
          user,
          status: 403,
          why: `the peer ${at(peer)} may not be reached (${rule}): turn.allow_peers opens networks`,
        });
        return;
      }
    }
  };

const relayOf = ({
  user,
  transport,
  client,
  relayed,
  protocol,
}:
  | Extract<TurnEvent, { readonly kind: 'allocation created' }>
  | Extract<TurnEvent, { readonly kind: 'allocation ended' }>) => ({
  user,
  client: `${transport}:${at(client)}`,
  relayed: relayed.map((address) => `${protocol}:${at(address)}`).join(' '),
});

const at = ({ address, port }: { readonly address: string; readonly port: number }): string =>
  `${formatHost(address)}:${port}`;
