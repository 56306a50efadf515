import { NAT_DEFINITIONS } from '@ringdown/simulator';
import type { Box } from '../../conformance/nat/theory.ts';
import type { NatType } from '../harness/namespaces.ts';

/** What a ruleset makes of a namespace: by definition, and what those say who look at it from inside. */
export interface KernelKind {
  readonly type: NatType;
  readonly behaviour: Omit<Box, 'name'>;
  /** RFC 3489's name; undefined where it has none. */
  readonly classic: string | undefined;
}

export const KERNEL_KINDS: readonly KernelKind[] = [
  { type: 'full-cone', behaviour: NAT_DEFINITIONS['full-cone'], classic: 'full cone' },
  {
    type: 'full-cone-without-port-preservation',
    behaviour: NAT_DEFINITIONS['full-cone'],
    classic: 'full cone',
  },
  {
    type: 'address-restricted',
    behaviour: NAT_DEFINITIONS['address-restricted'],
    classic: 'restricted cone',
  },
  { type: 'port-restricted', behaviour: NAT_DEFINITIONS['port-restricted'], classic: 'port-restricted cone' },
  {
    type: 'hairpin',
    behaviour: { ...NAT_DEFINITIONS['port-restricted'], hairpinning: true },
    classic: 'port-restricted cone',
  },
  {
    type: 'address-dependent-mapping',
    behaviour: { ...NAT_DEFINITIONS.symmetric, mapping: 'address-dependent' },
    classic: undefined,
  },
  { type: 'symmetric', behaviour: NAT_DEFINITIONS.symmetric, classic: 'symmetric' },
];
