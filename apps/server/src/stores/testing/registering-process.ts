/**
 * A process that registers without end until it is killed: run by the test of the binding store. It prints the number of
 * each binding that it handed to the store, when it did.
 */
import { writeSync } from 'node:fs';
import { wallTime } from '@ringdown/sans-io';
import { SqliteBindingStore } from '../sqlite-binding-store.ts';

const store = new SqliteBindingStore({
  file: process.argv[2]!,
  onTrouble: (why) => writeSync(2, `${why}\n`),
});
const now = wallTime(Date.now());
let registered = 0;

const register = (): void => {
  for (let index = 0; index < 25; index++) {
    const user = `user${++registered}`;
    store.write([
      {
        kind: 'put',
        binding: {
          aor: `${user}@radio.example`,
          key: `sip:${user}@192.0.2.7`,
          contact: `sip:${user}@192.0.2.7`,
          contactParameters: '',
          q: 1000,
          expiresAt: wallTime(now + 3_600_000),
          callId: 'call',
          cseq: 1,
          path: '',
          flow: 'udp 198.51.100.1 5060 203.0.113.9 40001',
          received: '203.0.113.9:40001',
          userAgent: 'test',
          accountId: registered,
          registeredAt: now,
        },
      },
    ]);
  }
  writeSync(1, `${registered}\n`);
};
setInterval(register, 5);
