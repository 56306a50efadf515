import {
  Allow,
  RetryAfter,
  Server,
  type SipResponse,
  Supported,
  UserAgent as UserAgentField,
} from '@ringdown/sip';
import { causeOfRefusal, causes } from '../cause.ts';
import type { Core } from '../core.ts';
import { sendOutside } from '../sending/outside.ts';
import type { Sending } from '../sending/sending.ts';

/**
 * Asks what somebody's phone can do (RFC 3261 §11).
 *
 * @returns what the answer is told by
 */
export const askOptions = (core: Core, uri: string): string => {
  const id = core.token();
  sendOutside(
    core,
    { method: 'OPTIONS', uri, callId: id, withContact: true, headers: [['Accept', 'application/sdp']] },
    {
      answered: (response, sending) => {
        if (response.status < 300) tell(core, id, response, sending);
        else {
          const cause = causeOfRefusal(response, response.get(RetryAfter));
          core.deliver({ kind: 'options failed', id, cause });
        }
      },
      failed: (failure) => {
        const cause = failure === 'silence' ? causes.silence : causes.noNetwork;
        core.deliver({ kind: 'options failed', id, cause });
      },
    },
  );
  return id;
};

const tell = (core: Core, id: string, response: SipResponse, sending: Sending): void =>
  core.deliver({
    kind: 'options answered',
    id,
    methods: response.texts(Allow),
    extensions: response.texts(Supported).filter((tag) => tag !== ''),
    product: response.get(Server) ?? response.get(UserAgentField),
    roundTripMs: core.ports.clock.now() - sending.sentAt,
  });
