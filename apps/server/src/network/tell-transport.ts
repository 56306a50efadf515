import type { TransportEvent } from '@ringdown/net';
import { formatHost } from '@ringdown/sip';
import type { Log } from '../operations/log.ts';

/** Logs what is no message and yet of interest to an operator. */
export const tellTransport = (log: Log, event: TransportEvent): void => {
  switch (event.kind) {
    case 'refused': {
      const { transport, remote, why } = event;
      log.info({
        event: 'refused',
        source: `${transport}:${formatHost(remote.address)}:${remote.port}`,
        why,
      });
      break;
    }
    case 'listening':
    case 'not listening': {
      const { transport, address, port } = event.listener;
      log.info({ event: event.kind, listener: `${transport}:${address}:${port}` });
      break;
    }
    case 'cannot listen':
      log.error({ event: event.kind, why: event.error.message });
      break;
    case 'cannot accept':
      log.error({ event: event.kind, why: event.why });
      break;
  }
};
