import type { Hashes } from '@ringdown/sans-io';
import { type StunMessage, Username } from '@ringdown/stun';
import { claimOf, isAuthentic } from './check-message.ts';
import type { RoleClaim } from './role.ts';
import { Priority, UseCandidate } from './stun-attributes.ts';

/**
 * What a check may bear: USERNAME, MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH, PRIORITY,
 * USE-CANDIDATE.
 */
const KNOWN: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x001c, 0x001d, 0x001e, 0x0024, 0x0025]);

/** A check that has proved to come from who knows our password. */
export interface IncomingCheck {
  readonly theirUfrag: string;
  readonly priority: number;
  readonly claim: RoleClaim | undefined;
  readonly nominates: boolean;
}

export type Verdict =
  | { readonly kind: 'accept'; readonly check: IncomingCheck }
  /** @property authentic whether the answer may bear integrity */
  | {
      readonly kind: 'refuse';
      readonly code: number;
      readonly authentic: boolean;
      readonly unknown: readonly number[];
    };

/** The part of a check's USERNAME that names the agent which it is meant for; undefined without a USERNAME of two parts. */
export const addressee = (request: StunMessage): string | undefined => {
  const username = request.get(Username);
  const colon = username?.indexOf(':') ?? -1;
  return colon < 0 ? undefined : username?.slice(0, colon);
};

/** Looks at a Binding request whose USERNAME names us (RFC 8445 §7.3, RFC 8489 §9.1.3). */
export const judgeCheck = (request: StunMessage, ufrag: string, key: Uint8Array, hashes: Hashes): Verdict => {
  const authentic = isAuthentic(request, key, hashes);
  if (authentic === undefined) return refuse(400, false);
  if (!authentic) return refuse(401, false);
  const unknown = request.unknown(KNOWN);
  if (unknown.length > 0) return refuse(420, true, unknown);
  const priority = request.get(Priority);
  if (priority === undefined || priority < 1) return refuse(400, true);
  return {
    kind: 'accept',
    check: {
      theirUfrag: (request.get(Username) ?? '').slice(ufrag.length + 1),
      priority,
      claim: claimOf(request),
      nominates: request.has(UseCandidate),
    },
  };
};

const refuse = (code: number, authentic: boolean, unknown: readonly number[] = []): Verdict => ({
  kind: 'refuse',
  code,
  authentic,
  unknown,
});
