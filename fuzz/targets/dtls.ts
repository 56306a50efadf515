import { createDtls, type Dtls, makeDtlsIdentity, type PacketGuard } from '@ringdown/media';
import { instant, seededRandom, TimingWheel } from '@ringdown/sans-io';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

const [alice, bob] = [await makeDtlsIdentity(), await makeDtlsIdentity()];
/** What one datagram may lead to: a flight of ours, with a certificate in it. */
const MOST_ANSWERS = 6;

interface End {
  readonly dtls: Dtls;
  readonly sent: Uint8Array[];
  guard: PacketGuard | undefined;
  why: string | undefined;
}

/** Both ends, in time that is moved by hand; what they send waits to be carried. */
const stage = (): { readonly client: End; readonly server: End; readonly wheel: TimingWheel } => {
  const wheel = new TimingWheel(instant(0));
  const end = (role: 'client' | 'server'): End => {
    const made: Omit<End, 'dtls'> = { sent: [], guard: undefined, why: undefined };
    const [identity, peer] = role === 'client' ? [alice, bob] : [bob, alice];
    const user = {
      transmit: (bytes: Uint8Array) => void made.sent.push(bytes),
      secured: (guard: PacketGuard) => {
        made.guard = guard;
      },
      failed: (why: string) => {
        made.why = why;
      },
    };
    const ports = { timers: wheel, random: seededRandom(role === 'client' ? 1 : 2) };
    return Object.assign(made, {
      dtls: createDtls({ role, identity, fingerprints: [peer.fingerprint] }, user, ports),
    });
  };
  return { client: end('client'), server: end('server'), wheel };
};

const carry = (from: End, to: End): void => {
  for (const bytes of from.sent.splice(0)) to.dtls.received(bytes);
};

const example = ((): readonly Uint8Array[] => {
  const { client, server } = stage();
  const all: Uint8Array[] = [];
  for (let turn = 0; turn < 4; turn++) {
    all.push(...client.sent);
    carry(client, server);
    all.push(...server.sent);
    carry(server, client);
  }
  return all;
})();

/** A handshake with strangers in its midst: no throw, no flood, and nobody is secured with anybody else. */
export const dtlsTarget: Target = {
  name: 'dtls',
  generate: (random) =>
    Array.from({ length: 1 + below(random, 12) }, () =>
      Uint8Array.of(below(random, 256), ...mutate(pick(random, example), random, example).subarray(0, 3_000)),
    ),
  check: (moves) => {
    const { client, server, wheel } = stage();
    let now = 0;
    for (const move of moves) {
      const [choice = 0, ...rest] = move;
      const to = choice % 2 === 0 ? client : server;
      const before = to.sent.length;
      to.dtls.received(Uint8Array.from(rest));
      must(to.sent.length - before <= MOST_ANSWERS, `one datagram led to ${to.sent.length - before}`);
      if (choice % 3 === 0) carry(client, server);
      if (choice % 5 === 0) carry(server, client);
      now += choice % 7 === 0 ? 400 : 0;
      wheel.expire(instant(now));
    }
    for (let turn = 0; turn < 400; turn++) {
      carry(client, server);
      carry(server, client);
      now += 100;
      wheel.expire(instant(now));
    }
    if (client.guard !== undefined && server.guard !== undefined) {
      const packet = new Uint8Array(20);
      packet[0] = 0x80;
      const heard = server.guard.unprotectRtp(client.guard.protectRtp(packet));
      must(heard !== undefined, 'two that are secured do not hear each other');
    }
    for (const { guard, why } of [client, server])
      must(guard !== undefined || why !== undefined, 'it neither ends nor begins');
    client.dtls.close();
    server.dtls.close();
    must(wheel.size === 0, `${wheel.size} timers run though all is closed`);
  },
};
