import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Baresip } from '../harness/baresip.ts';
import { startCapture } from '../harness/capture.ts';
import { runCommand } from '../harness/process.ts';
import type { Provider } from '../harness/provider.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { bestShareOfTone } from '../harness/tone.ts';

const suite: Suite = {
  name: 'federation',
  peers: ['baresip', 'a second Ringdown'],
  shows:
    'Two servers of two domains call each other over TLS by RFC 3263 (NAPTR, SRV, fixed records) with certificates of a private authority, each way, BYE from each side; a certificate for another name is refused; nothing between them is in the clear.',
  needs: ['federation'],
  withinMs: 90_000,
  async run(stage) {
    const [northAddress, southAddress] = [stage.address(2), stage.address(3)];
    const authority = await makeAuthority(stage);
    const records = [
      ...secureRecords('north.test', northAddress),
      ...secureRecords('south.test', southAddress),
      // South does not have this name in its certificate.
      ...secureRecords('impostor.test', southAddress),
    ];
    const serve = async (domain: string, host: string): Promise<Provider> => {
      const certificate = await authority.issue(domain);
      return stage.provider({
        ...{ name: domain, domain, host, sipPort: 5_060, sipsPort: 5_061 },
        config: `[tls]
certificate = "${certificate.certificate}"
key = "${certificate.key}"
ca = "${authority.certificate}"
[dns]
records = [
${records.map((record) => `  '${record}',`).join('\n')}
]
`,
      });
    };
    const between = await startCapture(stage, {
      ...{ name: 'between the servers', address: `${southAddress}/32`, shown: false },
    });
    const [north, south] = await Promise.all([
      serve('north.test', northAddress),
      serve('south.test', southAddress),
    ]);
    await north.addAccount('alice', 'alice-secret');
    await south.addAccount('bob', 'bob-secret');
    const [alice, bob] = await Promise.all([
      Baresip.start(stage, { provider: north, user: 'alice', address: stage.address(10), toneHz: 440 }),
      Baresip.start(stage, { provider: south, user: 'bob', address: stage.address(11), toneHz: 1_000 }),
    ]);
    const talk = async (caller: Baresip, called: Baresip, hertz: number, ends: Baresip): Promise<void> => {
      const marks = [caller.mark(), called.mark()] as const;
      called.forgetSound();
      await caller.dial(called.aor);
      await caller.event('CALL_ESTABLISHED', 10_000, marks[0]);
      await called.event('CALL_ESTABLISHED', 8_000, marks[1]);
      const share = bestShareOfTone(await called.heard(600), hertz);
      await ends.hangUp();
      await caller.event('CALL_CLOSED', 8_000, marks[0]);
      await called.event('CALL_CLOSED', 8_000, marks[1]);
      assert.ok(share > 0.8, `share of ${hertz} Hz at ${called.user}: ${share}`);
    };
    await stage.listen('north calls south; the caller hangs up', () => talk(alice, bob, 440, alice));
    await stage.listen('north calls south; the called side hangs up', () => talk(alice, bob, 440, bob));
    await stage.listen('south calls north; the called side hangs up', () => talk(bob, alice, 1_000, alice));
    await stage.check('a user whom the other domain does not have', async () => {
      const mark = alice.mark();
      await alice.dial('sip:nobody@south.test');
      const closed = await alice.event('CALL_CLOSED', 8_000, mark);
      assert.match(String(closed.param), /404|480|410/);
    });
    await stage.check('a server whose certificate names another domain is not trusted', async () => {
      const marks = [alice.mark(), bob.mark()] as const;
      await alice.dial('sip:bob@impostor.test');
      const closed = await alice.event('CALL_CLOSED', 15_000, marks[0]);
      assert.match(String(closed.param), /5\d\d|40[38]|480/);
      assert.equal(bob.has('CALL_INCOMING', marks[1]), false, 'the call went there all the same');
    });
    if (between === undefined) return; // no capture without root
    await stage.check('what the servers said to each other was TLS only', async () => {
      const host = (end: string): string => end.slice(0, end.lastIndexOf(':'));
      const ours = (await between.finish()).filter(
        ({ from, to }) => host(from) === northAddress || host(to) === northAddress,
      );
      assert.ok(ours.length > 0, 'the capture saw them');
      for (const { protocol, from, to, payload } of ours) {
        assert.equal(protocol, 'tcp', `${from} > ${to}`);
        assert.doesNotMatch(payload.toString('latin1'), /^(?:SIP\/2\.0|[A-Z]+ sips?:)/, 'SIP in the clear');
      }
    });
  },
};
export default suite;

/** How a domain says that it is reached over TLS alone (RFC 3263 §4). */
function secureRecords(domain: string, address: string): readonly string[] {
  return [
    `${domain}. NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.${domain}.`,
    `_sips._tcp.${domain}. SRV 0 0 5061 sip.${domain}.`,
    `sip.${domain}. A ${address}`,
  ];
}

interface Authority {
  readonly certificate: string;
  issue(domain: string): Promise<{ readonly certificate: string; readonly key: string }>;
}

/** A certificate authority of this run's own. */
async function makeAuthority(stage: Stage): Promise<Authority> {
  const file = (name: string): string => join(stage.folder, name);
  const request = (name: string, args: readonly string[]): Promise<string> =>
    runCommand({
      name: `openssl req for ${name}`,
      command: 'openssl',
      args: [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), ...args],
      ],
    });
  await request('authority', []);
  return {
    certificate: file('authority.pem'),
    async issue(domain) {
      await request(domain, [
        ...['-CA', file('authority.pem'), '-CAkey', file('authority.key')],
        ...['-addext', `subjectAltName=DNS:${domain}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
      ]);
      return { certificate: file(`${domain}.pem`), key: file(`${domain}.key`) };
    },
  };
}
