import assert from 'node:assert/strict';
import { type DtlsIdentity, makeDtlsIdentity, type PacketGuard } from '@ringdown/media';
import { seededRandom } from '@ringdown/sans-io';
import type { FingerprintValue } from '@ringdown/sdp';
import {
  type DatagramLoss,
  DtlsEnd,
  guardOfMaterial,
  makeOpensslIdentity,
  OpensslDtls,
  type OpensslIdentity,
  type OpensslOptions,
} from '../harness/openssl-dtls.ts';
import type { Stage, Suite } from '../harness/suite.ts';

/** Of ours. */
type Role = 'client' | 'server';
const roles: readonly Role[] = ['client', 'server'];

const suite: Suite = {
  name: 'dtls-openssl',
  peers: ['OpenSSL'],
  shows:
    'Our DTLS 1.2 for SRTP with openssl s_client and s_server, as server and as client: ECDSA and RSA certificates, X25519 and P-256, both protection profiles, a cookie, small fragments, lost flights. Each side finds the certificate that the other announced, and the keys of SRTP are those that OpenSSL exports. What is older, unprotected, unannounced or not shown is refused with a reason.',
  withinMs: 240_000,
  async run(stage) {
    const lab = await Lab.build(stage);
    await agreed(lab);
    await losses(lab);
    await refused(lab);
    await ends(lab);
  },
};
export default suite;

interface Meeting {
  readonly ours: DtlsEnd;
  readonly theirs: OpensslDtls;
  readonly role: Role;
}

interface MeetingOptions extends OpensslOptions {
  /** What we were told of OpenSSL's certificate; the truth without it. */
  readonly fingerprints?: readonly FingerprintValue[];
  readonly loses?: DatagramLoss;
}

class Lab {
  readonly stage: Stage;
  readonly own: DtlsIdentity;
  readonly ecdsa: OpensslIdentity;
  #port = 20_000;

  private constructor(stage: Stage, own: DtlsIdentity, ecdsa: OpensslIdentity) {
    this.stage = stage;
    this.own = own;
    this.ecdsa = ecdsa;
  }

  static async build(stage: Stage): Promise<Lab> {
    const ecdsa = await makeOpensslIdentity(stage, 'ecdsa', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    return new Lab(stage, await makeDtlsIdentity(), ecdsa);
  }

  /** Both, over loopback; whoever is the server is there first. */
  async meet(role: Role, options: MeetingOptions = {}): Promise<Meeting> {
    const { identity = this.ecdsa, loses } = options;
    const peerOptions = { ...options, identity };
    const here = this.stage.address(10);
    const own = {
      identity: this.own,
      fingerprints: options.fingerprints ?? [identity.fingerprint],
      ...(loses === undefined ? {} : { loses }),
    };
    if (role === 'server') {
      const ours = await DtlsEnd.open(this.stage, here, own);
      return { role, ours, theirs: OpensslDtls.connect(this.stage, ours.at, peerOptions) };
    }
    this.#port += 1;
    const peer = { host: this.stage.address(11), port: this.#port };
    const more = ['-Verify', '1', ...(options.more ?? [])];
    const theirs = await OpensslDtls.listen(this.stage, peer, { ...peerOptions, more });
    if (theirs === undefined) return this.meet(role, options);
    return { role, theirs, ours: await DtlsEnd.open(this.stage, here, { ...own, peer }) };
  }
}

const rtp = Uint8Array.from([0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);

type Cipher = Parameters<typeof guardOfMaterial>[0];

/** Both are secured, know each other's certificate, and have the same keys, each for its direction. */
const expectAgreement = async (
  lab: Lab,
  { ours, theirs, role }: Meeting,
  cipher: Cipher = 'AES_CM_128_HMAC_SHA1_80',
): Promise<void> => {
  const guard: PacketGuard = await ours.secured();
  assert.equal(guard.cipher, cipher);
  const material = await theirs.keyingMaterial();
  const peer = guardOfMaterial(cipher, material, role === 'client' ? 'server' : 'client');
  assert.deepEqual(peer.unprotectRtp(guard.protectRtp(rtp)), rtp, 'OpenSSL’s keys open what we send');
  assert.deepEqual(guard.unprotectRtp(peer.protectRtp(rtp)), rtp, 'our keys open what OpenSSL would send');
  assert.equal(await theirs.shownFingerprint(), lab.own.fingerprint.value);
  ours.close();
  await theirs.process.stop();
};

const agreed = async (lab: Lab): Promise<void> => {
  const { stage } = lab;
  const keys: readonly (readonly [name: string, key: readonly string[]])[] = [
    ['ECDSA with P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['RSA with 2048 bits', ['rsa:2048']],
    ['RSA with 4096 bits', ['rsa:4096']],
  ];
  for (const [name, key] of keys) {
    const identity = await makeOpensslIdentity(stage, name.replaceAll(' ', '-'), key);
    for (const role of roles)
      await stage.check(`we are the ${role}, OpenSSL shows ${name}`, async () =>
        expectAgreement(lab, await lab.meet(role, { identity })),
      );
    if (key[0] !== 'rsa:4096') continue;
    for (const role of roles)
      await stage.check(`we are the ${role}, and OpenSSL speaks in fragments of 256 bytes`, async () => {
        const meeting = await lab.meet(role, { identity, more: ['-mtu', '256'] });
        await expectAgreement(lab, meeting);
        assert.ok(
          meeting.ours.lengths.every((length) => length <= 256),
          'OpenSSL keeps to it',
        );
      });
  }
  for (const role of roles) {
    for (const groups of ['X25519:P-256', 'P-256'])
      await stage.check(`we are the ${role}, OpenSSL has the groups ${groups}`, async () =>
        expectAgreement(lab, await lab.meet(role, { more: ['-groups', groups] })),
      );
    await stage.check(`we are the ${role}, OpenSSL protects by AES-GCM alone`, async () => {
      const srtp = { srtp: 'SRTP_AEAD_AES_128_GCM', keyBytes: 56 };
      await expectAgreement(lab, await lab.meet(role, srtp), 'AEAD_AES_128_GCM');
    });
  }
  await stage.check('we are the client, and OpenSSL wants its cookie back', async () => {
    const meeting = await lab.meet('client', { more: ['-listen'] });
    await expectAgreement(lab, meeting);
  });
};

const losses = async (lab: Lab): Promise<void> => {
  const waiting: Promise<unknown>[] = [];
  for (const role of roles) {
    const check = (name: string, options: MeetingOptions): void =>
      void waiting.push(
        lab.stage.check(`we are the ${role}, ${name}`, async () =>
          expectAgreement(lab, await lab.meet(role, options)),
        ),
      );
    for (const first of [1, 2, 3])
      check(`the first datagrams of each side are lost, ${first} of them`, {
        loses: (_from, number) => number <= first,
      });
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      // OpenSSL waits 1, 2, 4 … seconds: with more than that its patience would be tried, not us.
      const loses: DatagramLoss = (_from, number) => number <= 12 && random.fraction() < 1 / 3;
      check(`a third of all is lost (seed ${seed})`, { loses, more: ['-mtu', '512'] });
    }
  }
  await Promise.all(waiting);
};

const refused = async (lab: Lab): Promise<void> => {
  const { stage } = lab;
  const other = await makeDtlsIdentity();
  const p384 = await makeOpensslIdentity(stage, 'p384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']);
  const ed25519 = await makeOpensslIdentity(stage, 'ed25519', ['ed25519']);
  for (const role of roles) {
    // A server says that nothing fits, a client has nothing to choose from.
    const isClient = role === 'client';
    const nothingFits = /the peer refused DTLS: it could not agree on how to encrypt/;
    const cases: readonly (readonly [name: string, options: MeetingOptions, why: RegExp])[] = [
      [
        'a certificate that was not announced',
        { fingerprints: [other.fingerprint] },
        /certificate is not the one that its description announced/,
      ],
      ['no protection profile', { srtp: '' }, /the peer does not protect packets/],
      [
        'DTLS 1.0 alone',
        { version: '-dtls1', more: ['-cipher', 'ALL:@SECLEVEL=0'] },
        isClient ? nothingFits : /the peer speaks DTLS 1.0 alone/,
      ],
      [
        'AES-256 alone',
        { more: ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'] },
        isClient ? nothingFits : /no cipher suite that we have/,
      ],
      [
        'P-384 alone',
        { more: ['-groups', 'P-384'] },
        isClient ? nothingFits : /no cipher suite that we have/,
      ],
      ['an Ed25519 certificate', { identity: ed25519 }, isClient ? nothingFits : /showed no certificate/],
      ...(isClient ? [['a P-384 certificate', { identity: p384 }, nothingFits] as const] : []),
    ];
    for (const [name, options, why] of cases)
      await stage.check(`we are the ${role}, OpenSSL has ${name}: refused, and why`, async () => {
        const { ours, theirs } = await lab.meet(role, options);
        const said = await ours.failed(35_000);
        assert.match(said, why);
        assert.equal(ours.guard, undefined);
        // Whoever of both refused has told the other.
        await theirs.process.waitFor(/alert|error/i, 10_000);
        await theirs.process.stop();
      });
  }
  await stage.check('we are the server, OpenSSL shows no certificate: refused, and why', async () => {
    const ours = await DtlsEnd.open(stage, stage.address(10), {
      identity: lab.own,
      fingerprints: [lab.ecdsa.fingerprint],
    });
    const theirs = OpensslDtls.connect(stage, ours.at, {});
    assert.match(await ours.failed(), /showed no certificate/);
    await theirs.process.stop();
  });
};

const ends = async (lab: Lab): Promise<void> => {
  const { stage } = lab;
  await stage.check('a certificate with P-384 is taken of a client', async () => {
    const p384 = await makeOpensslIdentity(stage, 'p384-client', [
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
    ]);
    await expectAgreement(lab, await lab.meet('server', { identity: p384 }));
  });
  // A server of OpenSSL's closes its socket before it could say so.
  await stage.check('OpenSSL closes, as the client: it is told', async () => {
    const { ours, theirs } = await lab.meet('server');
    await ours.secured();
    await theirs.keyingMaterial();
    await theirs.quit();
    assert.equal(await ours.failed(), 'the peer closed DTLS');
  });
  for (const role of roles)
    await stage.check(`we are the ${role}, and close: OpenSSL is told`, async () => {
      const { ours, theirs } = await lab.meet(role);
      await ours.secured();
      await theirs.keyingMaterial();
      const mark = theirs.process.mark();
      ours.close();
      await theirs.process.waitFor(/closed|shutting down|DONE/i, 10_000, mark);
    });
};
