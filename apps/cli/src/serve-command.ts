import type { ServeOptions } from '@ringdown/server';
import { type Command, InvalidArgumentError } from 'commander';

const PORTS = [
  ['sip', 'SIP over UDP and TCP', 5060],
  ['sips', 'SIP over TLS', 5061],
  ['http', 'SIP over WebSocket, /healthz and /metrics', 8080],
  ['https', 'the same over TLS', 8443],
  ['turn', 'STUN and TURN over UDP and TCP', 3478],
  ['turns', 'TURN over TLS', 5349],
] as const;

type PortOptions = { readonly [Name in (typeof PORTS)[number][0] as `${Name}Port`]?: number };

/** `ringdown serve`, whose whole machinery is loaded only when it is asked for. */
export const addServe = (program: Command): void => {
  const serve = program
    .command('serve')
    .description('run a provider until SIGTERM or SIGINT')
    .option(
      '--home <dir>',
      'the folder with everything that is kept (default: RINGDOWN_HOME, else the usual place)',
    )
    .option('--domain <name>', 'the domain of the SIP addresses; made if the home has none of this name')
    .option('--host <address>', 'where to listen; may be repeated (default: every address)', collect)
    .option('--advertise <address>', 'what the world reaches this machine at, behind a router or in a cloud')
    .option(
      '--turn-allow-peers <network>',
      'a private network that may be relayed to, such as 10.0.0.0/8; may be repeated',
      collect,
    )
    .option('--config <file>', "the configuration (default: the home's ringdown.toml, if there is one)");
  for (const [name, what, standard] of PORTS) {
    serve.option(`--${name}-port <number>`, `${what} (default: ${standard}; 0: any free one)`, portOf);
  }
  serve.action(async (options: ServeOptions & PortOptions) => {
    const { loadConfiguration, ConfigurationError, serve } = await import('@ringdown/server');
    const configuration = loadConfiguration({
      ...options,
      ports: {
        sip: options.sipPort,
        sips: options.sipsPort,
        http: options.httpPort,
        https: options.httpsPort,
        turn: options.turnPort,
        turns: options.turnsPort,
      },
    });
    if (configuration instanceof ConfigurationError) throw configuration;
    await serve(configuration);
  });
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const portOf = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 65_536;
  if (port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
};
