import type { NodeSound } from '@ringdown/media';
import type { Phone, PhoneCall } from '@ringdown/user-agent';
import { clause, Refusal } from '../refusal.ts';

/** Begins a call. @throws Refusal where the target is nobody who can be called */
export const dial = (phone: Phone<NodeSound>, target: string, sound: NodeSound): PhoneCall => {
  try {
    return phone.dial(target, { sound });
  } catch (error) {
    if (error instanceof TypeError && /^sips:/i.test(target))
      throw new Refusal(`"${target}" cannot be called: ${clause(error.message)} (--transport tls)`);
    if (error instanceof TypeError)
      throw new Refusal(
        `"${target}" cannot be called (${clause(error.message)}): write USER@DOMAIN, a SIP URI, or a user of the own domain`,
      );
    throw error;
  }
};

/** Refuses before anything goes over the network what can be no target whatever the account is. @throws Refusal */
export const checkTarget = (target: string, what = 'the target'): void => {
  const [, scheme, rest = ''] = /^(?!sips?:)([a-z][a-z\d+.-]*):(.*)/i.exec(target) ?? [];
  if (scheme?.toLowerCase() === 'tel')
    throw new Refusal(
      `${what} "${target}" is a number, not a SIP address: write ${rest || 'NUMBER'} for one of the own domain, or ${rest || 'NUMBER'}@DOMAIN`,
    );
  if (scheme !== undefined)
    throw new Refusal(
      `${what} "${target}" is not reached by SIP: write USER@DOMAIN, a SIP URI, or a user of the own domain`,
    );
  if (!/^[^\s<>"]+$/.test(target))
    throw new Refusal(`${what} must be USER@DOMAIN, a SIP URI, or a user of the own domain, not "${target}"`);
};
