import { expect, test } from 'vitest';
import { mappingOf } from './mapping.ts';

const [a1, a2, b1, b2] = [
  { address: '192.0.2.1', port: 1 },
  { address: '192.0.2.1', port: 2 },
  { address: '192.0.2.2', port: 1 },
  { address: '192.0.2.2', port: 2 },
];

test.each([
  ['one has seen it', [[a1, 10]], 'unknown'],
  [
    'one address has seen the same on two ports',
    [
      [a1, 10],
      [a2, 10],
    ],
    'unknown',
  ],
  [
    'one address has seen two',
    [
      [a1, 10],
      [a2, 11],
    ],
    'address-and-port-dependent',
  ],
  [
    'two addresses have seen the same',
    [
      [a1, 10],
      [b1, 10],
    ],
    'endpoint-independent',
  ],
  [
    'two addresses have seen two',
    [
      [a1, 10],
      [b2, 11],
    ],
    'dependent',
  ],
  [
    'two addresses, the same on each',
    [
      [a1, 10],
      [a2, 10],
      [b1, 11],
      [b2, 11],
    ],
    'address-dependent',
  ],
  [
    'another one for each',
    [
      [a1, 10],
      [b1, 11],
      [b2, 12],
    ],
    'address-and-port-dependent',
  ],
  [
    'all four the same',
    [
      [a1, 10],
      [a2, 10],
      [b1, 10],
      [b2, 10],
    ],
    'endpoint-independent',
  ],
] as const)('%s: %o is %s', (_, seen, mapping) => {
  const observations = seen.map(([server, port]) => ({
    server: server!,
    mapped: { address: '203.0.113.1', port },
  }));
  expect(mappingOf(observations)).toBe(mapping);
});
