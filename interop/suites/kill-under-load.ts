import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, idle } from '../harness/deadline.ts';
import type { Provider } from '../harness/provider.ts';
import { queryRegistrations } from '../harness/registrar-query.ts';
import { startSipp } from '../harness/sipp.ts';
import type { Stage, Suite } from '../harness/suite.ts';

const registrationsPerSecond = 500;
const usersPerRound = 1_500;
/** What was answered less than this before the kill may be lost. */
const settledMs = 100;

const suite: Suite = {
  name: 'kill-under-load',
  peers: ['SIPp'],
  shows:
    '`kill -9` under 500 digest registrations a second, twice: every registration answered 200 more than 100 ms before, and every account, is there after the restart.',
  needs: ['durable'],
  alone: true,
  withinMs: 120_000,
  async run(stage) {
    const provider = await stage.provider();
    const rounds = [0, 1].map((round) =>
      Array.from({ length: usersPerRound }, (_, i) => `user${round * usersPerRound + i}`),
    );
    await provider.addAccounts(rounds.flat().map((name) => ({ name, password: `${name}-secret` })));
    const kept = new Set<string>();

    for (const [index, users] of rounds.entries()) {
      const late = `late${index}`;
      await stage.check(`round ${index + 1}: all settled registrations are there after kill -9`, async () => {
        const settled = await registerAndKill(stage, provider, users, late);
        assert.ok(
          settled.length > registrationsPerSecond,
          `only ${settled.length} were answered before the kill`,
        );
        for (const user of settled) kept.add(user);
        await provider.restart();
        const found = await queryRegistrations(stage, provider, stage.address(20), [...kept]);
        const lost = [...kept].filter(
          (user) => !found.get(user)?.contacts.some((contact) => contact.includes(`sip:${user}@`)),
        );
        assert.deepEqual(lost.slice(0, 5), [], `${lost.length} of ${kept.size} registrations lost`);
        assert.ok((await bindingsGauge(provider)) >= kept.size, 'the gauge counts them');
      });
      await stage.check(
        `round ${index + 1}: every account is there, also one made under the load`,
        async () => {
          const all = [...rounds.flat(), late];
          const found = await queryRegistrations(stage, provider, stage.address(21), all);
          const refused = all.filter((user) => found.get(user)?.status !== 200);
          assert.deepEqual(refused.slice(0, 5), [], `${refused.length} of ${all.length} accounts are gone`);
        },
      );
    }
  },
};
export default suite;

/** Registers, adds an account meanwhile, kills the server, and gives who was answered early enough. */
async function registerAndKill(
  stage: Stage,
  provider: Provider,
  users: readonly string[],
  late: string,
): Promise<readonly string[]> {
  const list = join(stage.folder, `${late}.csv`);
  const answered = join(stage.folder, `${late}.log`);
  const rows = users.map((user) => `${user};[authentication username=${user} password=${user}-secret]`);
  writeFileSync(list, `${['SEQUENTIAL', ...rows].join('\n')}\n`);
  const load = await startSipp(stage, {
    ...{ provider, scenario: 'register-many', user: 'load', address: stage.address(10) },
    ...{ calls: users.length, callsPerSecond: registrationsPerSecond, withinMs: 60_000 },
    extra: ['-inf', list, '-trace_logs', '-log_file', answered],
  });
  const lines = (): readonly string[] => tryRead(answered).split('\n').slice(0, -1); // the last may be cut
  const added = provider.addAccount(late, `${late}-secret`);
  await eventually(
    () => (lines().length > users.length / 3 ? true : undefined),
    20_000,
    'a third of the users is registered',
  );
  await added;
  await idle(settledMs + 50); // so that the account, too, is older than what may be lost
  const killedAt = Date.now();
  await provider.kill();
  await load.process.kill();
  return lines().flatMap((line) => {
    const [, user, seconds, microseconds] = /^(\S+) ([\d.]+) ([\d.]+)$/.exec(line) ?? [];
    const at = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    return user !== undefined && at < killedAt - settledMs ? [user] : [];
  });
}

async function bindingsGauge(provider: Provider): Promise<number> {
  const { host, port } = provider.endpoint('http');
  const response = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  const value = /^ringdown_bindings(?:\{[^}]*\})? ([\d.e+]+)$/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`/metrics (${response.status}) has no ringdown_bindings`);
  return Number(value);
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // not begun yet
  }
}
