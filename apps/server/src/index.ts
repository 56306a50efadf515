/**
 * `ringdown serve`: configuration, home and stores around the provider.
 *
 * @example
 * const configuration = loadConfiguration({ home: '/tmp/home', ports: { sip: 0 } });
 * if (configuration instanceof ConfigurationError) throw configuration;
 */
export {
  type Configuration,
  ConfigurationError,
  loadConfiguration,
  type Ports,
  type ServeOptions,
} from './config/configuration.ts';
export { serve } from './serve.ts';
