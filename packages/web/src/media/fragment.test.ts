import { expect, test } from 'vitest';
import { readFragment, writeFragment } from './fragment.ts';

const DESCRIPTION =
  'v=0\r\nm=audio 9 RTP/AVP 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\na=mid:audio\r\n';
const CANDIDATE = 'candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host';

test('candidates go out with their ufrag and medium (RFC 8840 §4.4), and are read again', () => {
  const fragment = writeFragment(DESCRIPTION, [CANDIDATE, '']);
  expect(fragment).toBe(
    `a=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\nm=audio 9 RTP/AVP 0\r\na=mid:audio\r\na=${CANDIDATE}\r\na=end-of-candidates\r\n`,
  );
  expect(readFragment(fragment)).toEqual({ ufrag: 'abcd', mid: 'audio', candidates: [CANDIDATE, ''] });
});

test('what is no candidate is passed over', () => {
  expect(readFragment('nonsense\r\na=candidate:x\n')).toEqual({
    ufrag: undefined,
    mid: '0',
    candidates: ['candidate:x'],
  });
});
