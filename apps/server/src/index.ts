/**
 * `ringdown serve`: configuration, home and stores around the provider.
 *
 * @example
 * const configuration = loadConfiguration({ home: '/tmp/home', ports: { sip: 0 } });
 * if (configuration instanceof ConfigurationError) throw configuration;
 */
export { type NatOptions, nat } from './commands/nat.ts';
export type { Terminal } from './commands/terminal.ts';
export {
  type Configuration,
  ConfigurationError,
  loadConfiguration,
  type Ports,
  type ServeOptions,
} from './config/configuration.ts';
export { serve } from './serve.ts';
