import { z } from 'zod';
import { configurationSchema } from './schema.ts';

interface Setting {
  /** Its table, empty at the top. */
  readonly table: string;
  readonly key: string;
  readonly description: string;
  /** As TOML. */
  readonly standard: string | undefined;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly default?: unknown;
}

const settings = (): readonly Setting[] => {
  const { properties = {} } = z.toJSONSchema(configurationSchema, { io: 'input' }) as JsonSchema;
  return Object.entries(properties).flatMap(([key, schema]) =>
    schema.properties === undefined
      ? [settingOf('', key, schema)]
      : Object.entries(schema.properties).map(([inner, leaf]) => settingOf(key, inner, leaf)),
  );
};

const settingOf = (table: string, key: string, schema: JsonSchema): Setting => ({
  table,
  key,
  description: schema.description ?? '',
  standard: schema.default === undefined ? undefined : JSON.stringify(schema.default),
});

/** Every key with its table, such as `ports.sip`. */
export const knownKeys: readonly string[] = settings().flatMap(({ table, key }) =>
  table === '' ? [key] : [table, `${table}.${key}`],
);

/** The tables of docs/configuration.md, made from the schema so that they say what the program does. */
export const configurationReference = (): string => {
  const lines: string[] = [];
  let table: string | undefined;
  for (const setting of settings()) {
    if (setting.table !== table) {
      table = setting.table;
      const heading = table === '' ? 'At the top' : `\`[${table}]\``;
      lines.push('', `## ${heading}`, '', '| key | default | meaning |', '|---|---|---|');
    }
    const standard = setting.standard === undefined ? '' : `\`${setting.standard}\``;
    lines.push(`| \`${setting.key}\` | ${standard} | ${setting.description} |`);
  }
  return lines.join('\n').trim();
};
