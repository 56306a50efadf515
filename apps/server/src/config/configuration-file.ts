import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import type { Home } from '../home/home.ts';
import { Refusal, systemWords } from '../refusal.ts';
import { nearest } from './nearest.ts';
import { knownKeys } from './reference.ts';
import { type ConfigurationFile, configurationSchema } from './schema.ts';

export interface ReadConfiguration {
  /** Its absolute path; undefined where there is none. */
  readonly file: string | undefined;
  readonly content: Record<string, unknown>;
}

/**
 * Reads the TOML file that is named, else the home's own where there is one.
 *
 * @throws Refusal where it cannot be read or is no TOML
 */
export const readConfigurationFile = (named: string | undefined, home: Home): ReadConfiguration => {
  const file = named === undefined ? home.configurationFile : resolve(named);
  if (named === undefined && !existsSync(file)) return { file: undefined, content: {} };
  try {
    return { file, content: parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    if (error instanceof TomlError) {
      const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n', 1);
      throw new Refusal(`${file}, line ${error.line}, is no TOML: ${what}`);
    }
    throw new Refusal(
      `the configuration ${file} cannot be read (${systemWords(error)}): name a file that is there`,
    );
  }
};

/**
 * Checks settings against the schema and fills in the defaults.
 *
 * @param file where they stand; undefined for the command line
 * @throws Refusal that names the first setting that is wrong, and what it should be
 */
export const checkConfiguration = (
  content: Record<string, unknown>,
  file: string | undefined,
): ConfigurationFile => {
  const result = configurationSchema.safeParse(content);
  if (result.success) return result.data;
  throw new Refusal(sentence(result.error.issues[0]!, content, file));
};

const sentence = (issue: z.core.$ZodIssue, content: unknown, file: string | undefined): string => {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0]].join('.');
    const near = nearest(key, knownKeys);
    return `${file}: there is no setting ${key}${near === undefined ? '' : ` (did you mean ${near}?)`}: docs/configuration.md lists all`;
  }
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | undefined)?.[key],
    content,
  );
  const key = path.filter((part) => !/^\d+$/.test(part)).join('.');
  const where = file === undefined ? optionOf(key) : `${file}: ${key}`;
  const expected = issue.code === 'invalid_type' && issue.expected === 'object' ? 'a table' : issue.message;
  return `${where} must be ${expected}, not ${JSON.stringify(value)}`;
};

const optionOf = (key: string): string => {
  const [section, name] = key.split('.');
  if (key === 'turn.allow_peers') return '--turn-allow-peers';
  return section === 'ports' && name !== undefined ? `--${name}-port` : `--${key}`;
};
