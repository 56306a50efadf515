import { Authorization, ProxyAuthorization } from './fields.ts';
import type { SipRequest } from './message.ts';

/** Whether a request carries credentials, for whomever. */
export const hasCredentials = (request: SipRequest): boolean =>
  request.indexOf(ProxyAuthorization.header) >= 0 || request.indexOf(Authorization.header) >= 0;
