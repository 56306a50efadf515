import { canonicalDomain } from '@ringdown/provider';
import type { Home } from '../home/home.ts';
import { checkConfiguration, readConfigurationFile } from './configuration-file.ts';

/**
 * The domain that the home's own configuration file names, for commands that come before the first `serve`.
 *
 * @throws Refusal where the file cannot be used
 */
export const configuredDomain = (home: Home): string | undefined => {
  const { file, content } = readConfigurationFile(undefined, home);
  const { domain } = checkConfiguration(content, file);
  return domain === undefined ? undefined : canonicalDomain(domain);
};
