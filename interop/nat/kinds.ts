import { NAT_DEFINITIONS } from '@ringdown/simulator';
import type { Device } from '../../conformance/nat/device.ts';
import type { Box } from '../../conformance/nat/theory.ts';
import type { NatType } from '../harness/namespaces.ts';

/** What a ruleset makes of a namespace: by definition, and what those say who look at it from inside. */
export interface KernelKind {
  readonly type: NatType;
  readonly behaviour: Omit<Box, 'name'>;
  /** What the questions of RFC 3489 §10.1 end in: they ask at another address, and never at another port of the same. */
  readonly classic: string;
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
    classic: 'symmetric',
  },
  { type: 'symmetric', behaviour: NAT_DEFINITIONS.symmetric, classic: 'symmetric' },
];

/** Streams out, and nothing else: relays are reached over TCP. */
export const NO_UDP = 'no-udp' satisfies NatType;

/** The same place for the theory and the simulator. @param name of the box, which is another one for each device */
export const deviceBehind = (type: NatType, name: string): Device => {
  if (type === NO_UDP)
    return { boxes: [{ name, ...NAT_DEFINITIONS['port-restricted'] }], firewall: { udp: false } };
  const kind = KERNEL_KINDS.find((one) => one.type === type);
  if (kind === undefined) throw new Error(`${type} is no kind of the kernel's`);
  return { boxes: [{ name, ...kind.behaviour }] };
};
