import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, loadConfiguration, type ServeOptions } from './configuration.ts';
import { configurationReference } from './reference.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringdown-configuration-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const load = (toml: string, options: ServeOptions = {}) => {
  writeFileSync(join(home, 'ringdown.toml'), toml);
  return loadConfiguration({ home, ...options });
};

/** The sentence about a file, without the file's name. */
const refusal = (toml: string, options: ServeOptions = {}): string => {
  const error = load(toml, options);
  if (!(error instanceof ConfigurationError)) throw new Error('it was taken');
  return error.message.replace(join(home, 'ringdown.toml'), 'FILE');
};

describe('the configuration', () => {
  it('needs no file', () => {
    expect(loadConfiguration({ home })).toEqual({
      home,
      file: undefined,
      domain: undefined,
      hosts: ['0.0.0.0', '::'],
      advertise: undefined,
      names: [],
      ports: { sip: 5060, sips: 5061, http: 8080, https: 8443, turn: 3478, turns: 5349 },
      tls: { certificate: undefined, key: undefined, ca: [] },
      dns: { servers: [], records: [] },
      stun: { ask: ['stun.cloudflare.com:3478', 'stun.l.google.com:19302'], otherAddress: undefined },
      turn: {
        allowPeers: [],
        minPort: 49_152,
        maxPort: 65_535,
        maxAllocations: 10_000,
        maxAllocationsPerUser: 50,
        maxAllocationsPerAddress: 1_000,
        maxKilobitsPerSecond: 50_000,
        maxPacketsPerSecond: 10_000,
        credentialSeconds: 43_200,
      },
      services: { echo: true, tone: true, maxCalls: 20, maxSeconds: 600 },
      bindings: {
        durable: true,
        maxPerAccount: 10,
        minExpiresSeconds: 60,
        maxExpiresSeconds: 7_200,
        defaultExpiresSeconds: 3_600,
      },
      log: { level: 'info', format: 'text' },
      metrics: { allow: ['127.0.0.0/8', '::1/128'] },
      limits: { connections: 100_000, connectionsPerAddress: 10_000, trusted: [] },
    });
  });

  it('opens networks of the file and of the command line to relays', () => {
    const read = load('turn.allow_peers = ["10.0.0.0/8"]', {
      turnAllowPeers: ['192.168.1.0/24', 'fd00::/8'],
    });
    expect(read).toMatchObject({ turn: { allowPeers: ['10.0.0.0/8', '192.168.1.0/24', 'fd00::/8'] } });
    expect(refusal('', { turnAllowPeers: '10.0.0.0/99' })).toBe(
      '--turn-allow-peers must be an IP address or network, such as "192.0.2.0/24", not "10.0.0.0/99"',
    );
  });

  it('reads the file, names of files as seen from it', () => {
    const read = load(`
      domain = "Radio.Example."
      host = ["127.0.0.1", "[::1]"]
      advertise = "203.0.113.4"
      [ports]
      sip = 0
      [tls]
      certificate = "fullchain.pem"
      key = "/etc/key.pem"
      ca = "authority.pem"
      [dns]
      records = ["studio.example. A 192.0.2.9"]
      [bindings]
      durable = false
    `);
    expect(read).toMatchObject({
      domain: 'radio.example',
      hosts: ['127.0.0.1', '::1'],
      advertise: '203.0.113.4',
      ports: { sip: 0, sips: 5061 },
      tls: {
        certificate: join(home, 'fullchain.pem'),
        key: '/etc/key.pem',
        ca: [join(home, 'authority.pem')],
      },
      dns: { records: [{ name: 'studio.example.', type: 'A', address: '192.0.2.9' }] },
      bindings: { durable: false, maxPerAccount: 10 },
    });
  });

  it('lets the command line win', () => {
    const read = load('domain = "radio.example"\nhost = "127.0.0.1"\n[ports]\nsip = 5070\nsips = 5071', {
      domain: 'studio.example',
      host: ['::1'],
      ports: { sip: 0, http: undefined },
    });
    expect(read).toMatchObject({
      domain: 'studio.example',
      hosts: ['::1'],
      ports: { sip: 0, sips: 5071, http: 8080 },
    });
  });

  it('listens at both loopback addresses for localhost', () => {
    expect(load('host = "localhost"')).toMatchObject({ hosts: ['127.0.0.1', '::1'] });
  });

  it.each([
    [
      'domian = "x"',
      'FILE: there is no setting domian (did you mean domain?): docs/configuration.md lists all',
    ],
    [
      '[ports]\nsp = 1',
      'FILE: there is no setting ports.sp (did you mean ports.sip?): docs/configuration.md lists all',
    ],
    [
      'turn.min_port = 50000\nturn.max_port = 49999',
      'FILE: turn.min_port (50000) is more than turn.max_port (49999): lower the one or raise the other',
    ],
    ['turn.min_port = 80', 'FILE: turn.min_port must be a port number from 1024 to 65535, not 80'],
    [
      'turn.allow_peers = ["10.0.0.0/33"]',
      'FILE: turn.allow_peers must be an IP address or network, such as "192.0.2.0/24", not "10.0.0.0/33"',
    ],
    [
      'stun.ask = ["stun.example:99999"]',
      'FILE: stun.ask must be a host name or address with or without a port, such as "stun.example:3478", not "stun.example:99999"',
    ],
    [
      'stun.other_address = "localhost"',
      'FILE: stun.other_address must be an IP address of this machine, not "localhost"',
    ],
    ['zzzzzzzzzz = 1', 'FILE: there is no setting zzzzzzzzzz: docs/configuration.md lists all'],
    ['[ports]\nsip = 65536', 'FILE: ports.sip must be a port number from 0 to 65535, not 65536'],
    ['ports = 5060', 'FILE: ports must be a table, not 5060'],
    ['host = "1.2.3"', 'FILE: host must be an IP address of this machine, not "1.2.3"'],
    [
      'domain = "a b"',
      'FILE: domain must be a host name or an IP address, such as "radio.example", not "a b"',
    ],
    [
      '[metrics]\nallow = ["10.0.0.0/40"]',
      'FILE: metrics.allow must be an IP address or network, such as "192.0.2.0/24", not "10.0.0.0/40"',
    ],
    ['[log]\nlevel = "loud"', 'FILE: log.level must be one of "debug", "info", "warn", "error", not "loud"'],
    ['a = ', 'FILE, line 1, is no TOML: invalid value'],
    [
      '[tls]\nkey = "key.pem"',
      'FILE: tls.certificate and tls.key belong together: name both, or neither to have a self-signed certificate',
    ],
    [
      '[bindings]\nmin_expires_seconds = 9000',
      'FILE: bindings.min_expires_seconds (9000) is more than bindings.max_expires_seconds (7200): lower the one or raise the other',
    ],
    [
      '[dns]\nrecords = ["b.example. FOO 192.0.2.9"]',
      'FILE: dns.records: DNS record "b.example. FOO 192.0.2.9": "FOO" is none of A, AAAA, CNAME, SRV, NAPTR',
    ],
    [
      '[dns]\nservers = ["x"]',
      'FILE: dns.servers: DNS server "x" is no address: write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53',
    ],
  ])('refuses %j with one sentence', (toml, sentence) => {
    expect(refusal(toml)).toBe(sentence);
  });

  it('names the option where the command line is wrong', () => {
    expect(refusal('', { host: 'nowhere' })).toBe(
      '--host must be an IP address of this machine, not "nowhere"',
    );
    expect(refusal('', { domain: '' })).toMatch(/^--domain must be a host name/);
  });

  it('refuses a file that is not there', () => {
    const error = loadConfiguration({ home, config: join(home, 'none.toml') });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).message).toBe(
      `the configuration ${join(home, 'none.toml')} cannot be read (ENOENT: no such file or directory): name a file that is there`,
    );
  });

  it('is documented as it is (vitest -u writes the page anew)', async () => {
    const page = `# Configuration

One TOML file, optional: no setting is required. It is \`ringdown.toml\` in the home, or the one that \`serve --config FILE\` names.
Options of the command line win over it. A setting that is unknown or wrong stops the start with one sentence that names it.
Names of files are taken from the folder that the configuration stands in.

\`\`\`toml
domain = "radio.example"
advertise = "203.0.113.4"

[tls]
certificate = "/etc/letsencrypt/live/radio.example/fullchain.pem"
key = "/etc/letsencrypt/live/radio.example/privkey.pem"
\`\`\`

${configurationReference()}
`;
    await expect(page).toMatchFileSnapshot('../../../../docs/configuration.md');
  });
});
