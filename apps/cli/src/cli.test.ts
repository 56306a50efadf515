import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from './index.ts';

const program = fileURLToPath(new URL('../bin/ringdown.js', import.meta.url));

let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-cli-'));
  home = join(folder, 'home');
  vi.stubEnv('RINGDOWN_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `ringdown` in this process; --home comes from the environment. */
const ringdown = async (args: readonly string[], input = ''): Promise<Outcome> => {
  let output = '';
  let errors = '';
  const status = await run(args, {
    print: (text) => {
      output += `${text}\n`;
    },
    note: (text) => {
      errors += `${text}\n`;
    },
    readInput: async () => input,
  });
  return { status, output, errors };
};

/** Runs `ringdown` as a person does, in a process of its own. */
const spawned = async (args: readonly string[], input = ''): Promise<Outcome> => {
  const child = spawn(process.execPath, [program, ...args]);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number];
  return { status, output, errors };
};

/** The JSON document of a command that went well. */
const json = async (args: readonly string[], input = '', how = ringdown) => {
  const { status, output, errors } = await how([...args, '--json'], input);
  expect(errors).toBe('');
  expect(status).toBe(0);
  return JSON.parse(output);
};

/** The sentence of a command that was refused. */
const refusal = async (...args: string[]): Promise<string> => {
  const { status, output, errors } = await ringdown(args);
  expect(status).toBe(1);
  expect(output).toBe('');
  expect(errors).toMatch(/^ringdown: [^\n]+\n$/);
  expect(errors).not.toContain('this should not happen');
  return errors.slice('ringdown: '.length, -1);
};

describe('ringdown account', () => {
  it('delivers the six data of an account, the password once', async () => {
    const added = await json([
      'account',
      'add',
      'alice',
      '--domain',
      'radio.example',
      '--display-name',
      'Alice Å',
    ]);
    expect(added).toEqual({
      address: 'sip:alice@radio.example',
      domain: 'radio.example',
      realm: 'radio.example',
      username: 'alice',
      authUsername: 'alice',
      displayName: 'Alice Å',
      password: expect.stringMatching(/^[a-km-zA-HJ-NP-Z2-9]{20}$/),
    });
    const { password, ...rest } = added;
    expect(await json(['account', 'show', 'alice'])).toEqual(rest);
    expect(readFileSync(join(home, 'accounts.db')).includes(password)).toBe(false);
  });

  it('prints them for people', async () => {
    const { output } = await ringdown([
      'account',
      'add',
      'alice@radio.example',
      '--password',
      's3cret',
      '--auth-username',
      'a-1',
    ]);
    for (const line of [
      'SIP address +sip:alice@radio\\.example',
      'Domain +radio\\.example',
      'Realm +radio\\.example',
      'User name +alice',
      'Authentication user name +a-1',
      'Password +s3cret',
    ]) {
      expect(output).toMatch(new RegExp(`^ *${line}$`, 'm'));
    }
  });

  it('makes the default domain where nobody names one, and its realm never again', async () => {
    const alice = await json(['account', 'add', 'alice']);
    expect(alice).toMatchObject({ domain: 'ringdown.internal' });
    expect(alice.realm).toMatch(/^[a-z0-9]{10}\.ringdown\.internal$/);
    expect(await json(['account', 'add', 'bob'])).toMatchObject({ realm: alice.realm });
  });

  it('takes the domain that the configuration of the home names', async () => {
    await ringdown(['account', 'list']);
    writeFileSync(join(home, 'ringdown.toml'), 'domain = "studio.example"');
    expect(await json(['account', 'add', 'alice'])).toMatchObject({ domain: 'studio.example' });
  });

  it('says that another domain is another', async () => {
    await json(['account', 'add', 'alice@radio.example']);
    const { status, errors, output } = await ringdown(['account', 'add', 'alice@studio.example', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ realm: 'studio.example' });
    expect(errors).toBe(
      'ringdown: studio.example is now a domain of this home too; accounts of radio.example, its first domain, stay where they are\n',
    );
    expect(await json(['account', 'add', 'bob'])).toMatchObject({ domain: 'radio.example' });
    expect((await json(['account', 'list'])).map(({ address }: { address: string }) => address)).toEqual([
      'sip:alice@radio.example',
      'sip:bob@radio.example',
      'sip:alice@studio.example',
    ]);
    expect((await json(['account', 'list', '--domain', 'studio.example'])).length).toBe(1);
  });

  it('reads a password from standard input, changes it, and removes the account', async () => {
    const added = await json(['account', 'add', 'alice', '--password', '-'], 'from stdin \r\nnot this\n');
    expect(added.password).toBe('from stdin ');
    expect((await json(['account', 'password', 'alice', '--password', '-'], 'ünïcode')).password).toBe(
      'ünïcode',
    );
    expect((await json(['account', 'password', 'alice'])).password).toMatch(/^.{20}$/);
    expect(await json(['account', 'remove', 'alice'])).toMatchObject({ username: 'alice' });
    expect(await json(['account', 'list'])).toEqual([]);
  });

  it('makes TURN credentials that end, name the account, and tell nothing of its password', async () => {
    await json(['account', 'add', 'alice@radio.example']);
    await ringdown(['account', 'add', 'bob@studio.example']);
    const before = Math.floor(Date.now() / 1000);
    const made = await json(['account', 'turn', 'bob@studio.example', '--seconds', '60']);
    expect(made).toEqual({
      username: expect.stringMatching(/^\d+:bob@studio\.example$/),
      password: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
      ttl: 60,
      uris: [
        'turn:radio.example?transport=udp',
        'turn:radio.example?transport=tcp',
        'turns:radio.example?transport=tcp',
        'turns:radio.example:8443?transport=tcp',
      ],
    });
    const ends = Number.parseInt(made.username, 10);
    expect(ends - before).toBeGreaterThanOrEqual(59);
    expect(ends - before).toBeLessThanOrEqual(65);
    expect(await json(['account', 'turn', 'alice'])).toMatchObject({ ttl: 43_200 });
    expect(await refusal('account', 'turn', 'alice', '--seconds', '0')).toBe(
      '--seconds must be a whole number from 1 to 31536000 (a year), not "0"',
    );
    expect(await refusal('account', 'turn', 'carol')).toContain('there is no account carol');
  });

  it('lets eight processes add to a new home at once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `user${index}`);
    const added = await Promise.all(names.map((name) => json(['account', 'add', name], '', spawned)));
    expect(new Set(added.map(({ realm }) => realm)).size).toBe(1);
    expect((await json(['account', 'list'])).length).toBe(8);
  }, 60_000);
});

describe('ringdown account import', () => {
  const file = (text: string): string => {
    const path = join(folder, 'staff.csv');
    writeFileSync(path, text);
    return path;
  };

  it('takes columns in any order, quotes, a byte order mark and Windows lines', async () => {
    const path = file('\ufeffpassword,display_name,username\r\n"a,""b",Zoë,zoe\r\n p ,,bob\r\n\r\n');
    expect(await json(['account', 'import', path, '--domain', 'radio.example'])).toEqual({
      imported: 2,
      domain: 'radio.example',
      realm: 'radio.example',
    });
    expect(await json(['account', 'list'])).toMatchObject([
      { username: 'bob', authUsername: 'bob', displayName: null },
      { username: 'zoe', displayName: 'Zoë' },
    ]);
  });

  it.each([
    ['username,password\nalice,a\nb b,b\n', 'line 3: "b b" can be no username: a space may not stand in it'],
    ['username,password\nalice,a,x\n', 'line 2: it has 3 fields and the first row 2'],
    ['username,password\nalice,\n', 'line 2: its password cannot be used: it is empty; nothing was imported'],
    ['username,password\nalice,a\nalice,b\n', 'line 3: the account alice@ringdown.internal exists'],
    ['username\nalice\n', 'line 1: the column password is missing; add it'],
    ['username,password,phone\nalice,a,1\n', 'line 1: "phone" is no column'],
    [
      'username;password\nalice;x\n',
      '"username;password" is no column (fields are separated by commas); the first',
    ],
    ['', 'staff.csv is empty: it needs a first row'],
  ])('imports nothing of %j', async (text, sentence) => {
    expect(await refusal('account', 'import', file(text))).toContain(sentence);
    expect(await json(['account', 'list'])).toEqual([]);
  });

  it('takes 20,000 rows within seconds', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `u${index},p${index},a${index},User ${index}`);
    const path = file(['username,password,auth_username,display_name', ...rows].join('\n'));
    const start = performance.now();
    expect(await json(['account', 'import', path])).toMatchObject({ imported: 20_000 });
    expect(performance.now() - start).toBeLessThan(10_000);
    expect((await json(['account', 'list'])).length).toBe(20_000);
  });
});

describe('what is refused', () => {
  it.each([
    [['account', 'add', 'a b'], '"a b" can be no user name: a space may not stand in it'],
    [['account', 'add', 'alice@radio.example', '--domain', 'b.example'], 'name different domains'],
    [['account', 'add', 'alice', '--domain', 'a b'], '"a b" can be no domain'],
    [['account', 'add', 'alice', '--password', ''], '--password is empty'],
    [['account', 'add', 'alice', '--password', '-'], 'standard input has no password on its first line'],
    [
      ['account', 'add', 'alice', '--password', 'a\u0007'],
      'this can be no password: it has a control character',
    ],
    [
      ['account', 'add', 'alice', '--auth-username', 'a:b'],
      '"a:b" can be no authentication user name: ":" may not',
    ],
    [['account', 'add', 'alice', '--home', 'a', '--home', 'b'], '--home is given twice'],
    [
      ['account', 'add'],
      `missing required argument 'name': "ringdown account add --help" shows how it is used`,
    ],
    [['account', 'add', 'a', 'b'], 'too many arguments'],
    [['account', 'ad', 'alice'], "unknown command 'ad' (Did you mean add?)"],
    [['account'], 'a command is missing: "ringdown account --help" lists them'],
    [['account', 'show', 'alice'], 'there is no account alice: the home'],
    [
      ['account', 'import', 'none.csv'],
      'the file none.csv cannot be read (ENOENT: no such file or directory)',
    ],
    [['serve', '--sip-port', '65536'], 'a port is a number from 0 to 65535'],
    [['serve', '--frobnicate'], "unknown option '--frobnicate'"],
    [['serve', '--host', 'nowhere'], '--host must be an IP address of this machine, not "nowhere"'],
    [['serve', '--config', '/none.toml'], 'the configuration /none.toml cannot be read'],
    [['nat', '--server', 'a b'], '"a b" is no STUN server: write HOST, HOST:PORT or [IPV6]:PORT'],
    [['nat', '--config', '/none.toml'], 'the configuration /none.toml cannot be read'],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('%j', async (args, sentence) => {
    expect(await refusal(...args)).toContain(sentence);
  });

  it('is a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const free = ['sip', 'sips', 'http', 'https', 'turn', 'turns'].flatMap((of) => [`--${of}-port`, '0']);
    for (const [option, transport] of [
      ['--sip-port', 'TCP'],
      ['--sips-port', 'TLS'],
      ['--http-port', 'WS'],
      ['--https-port', 'WSS'],
    ] as const) {
      const ports = free.with(free.indexOf(option) + 1, String(port));
      const sentence = await refusal('serve', '--host', '127.0.0.1', ...ports);
      expect(sentence).toContain(`127.0.0.1:${port} for ${transport}: another program has that port`);
      expect(sentence).toContain(option);
      expect(sentence).not.toContain('please report');
    }
    other.close();
  });

  it('is an account that is there', async () => {
    await json(['account', 'add', 'alice', '--auth-username', 'a-1']);
    expect(await refusal('account', 'add', 'alice')).toBe(
      'the account alice@ringdown.internal exists: "ringdown account password alice@ringdown.internal" gives it a new password',
    );
    expect(await refusal('account', 'add', 'bob', '--auth-username', 'a-1')).toContain(
      'choose another with --auth-username',
    );
    expect(await refusal('account', 'show', 'bob')).toContain('there is no account bob@ringdown.internal');
    expect(await refusal('account', 'remove', 'alice@b.example')).toContain(
      'this home has no domain b.example (it has ringdown.internal)',
    );
  });
});

describe('the process', () => {
  it('prints help and version', async () => {
    const { status, output } = await spawned(['--help']);
    expect(status).toBe(0);
    expect(output).toContain('ringdown account add alice');
    expect((await ringdown([])).output).toBe(output);
    expect((await ringdown(['serve', '--help'])).output).toContain('--turns-port');
    expect((await ringdown(['help', 'serve'])).output).toContain('--turns-port');
    expect((await ringdown(['account', 'add', '--help'])).output).toContain('--auth-username');
    const [call, message] = [await ringdown(['call', '--help']), await ringdown(['message', '--help'])];
    expect(call.output).toMatch(/^Example: ringdown call studio/);
    expect(call.output).toContain('--profile');
    expect(message.output).toMatch(/^Example: ringdown message studio/);
    expect(message.output).not.toMatch(/--profile|--ice|What calls are like/);
    expect((await ringdown(['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends with status 1 and one sentence on standard error', async () => {
    expect(await spawned(['account', 'show', 'alice', '--json'])).toEqual({
      status: 1,
      output: '',
      errors: `ringdown: there is no account alice: the home ${home} has none yet ("ringdown account add" makes one)\n`,
    });
  });

  it('reads standard input, and keeps what it writes to its owner', async () => {
    const added = await spawned(['account', 'add', 'alice', '--password', '-', '--json'], 's3cret\nmore\n');
    expect(JSON.parse(added.output)).toMatchObject({ password: 's3cret' });
    expect((statSync(join(home, 'accounts.db')).mode & 0o777).toString(8)).toBe('600');
  });
});
