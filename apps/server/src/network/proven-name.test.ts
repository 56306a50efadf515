import { makeSelfSignedCertificate } from '@ringdown/net';
import { expect, it } from 'vitest';
import { provenName } from './proven-name.ts';

const tls = { certificate: 'chain.pem', key: 'key.pem', ca: [] };
const certificate = await makeSelfSignedCertificate(['radio.example', 'sip.radio.example', '192.0.2.1']);

it.each([
  [
    'the advertised name first',
    { advertise: 'radio.example', names: ['sip.radio.example'] },
    'radio.example',
  ],
  [
    'else one of the other names',
    { advertise: '192.0.2.1', names: ['a.example', 'sip.radio.example'] },
    'sip.radio.example',
  ],
  [
    'none that the certificate does not prove',
    { advertise: 'pbx.radio.example', names: ['a.example'] },
    undefined,
  ],
  ['no address', { advertise: '192.0.2.1', names: ['192.0.2.1'] }, undefined],
  ['none where the operator named none', { advertise: undefined, names: [] }, undefined],
])('servers come back by %s', (_, told, expected) => {
  expect(provenName({ ...told, tls }, certificate)).toBe(expected);
});

it('servers come back by no name where the certificate is our own make', () => {
  const names = ['sip.radio.example'];
  const none = { certificate: undefined, key: undefined, ca: [] };
  expect(provenName({ advertise: undefined, names, tls: none }, certificate)).toBeUndefined();
});
