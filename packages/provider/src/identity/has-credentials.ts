import { Authorization, ProxyAuthorization, type SipRequest } from '@ringdown/sip';

/** Whether a request carries credentials, for whomever. */
export const hasCredentials = (request: SipRequest): boolean =>
  request.indexOf(ProxyAuthorization.header) >= 0 || request.indexOf(Authorization.header) >= 0;
