import { CsvError, parse } from 'csv-parse/sync';
import { Refusal } from '../refusal.ts';

/** One account of a CSV file. */
export interface AccountRow {
  /** Where its row ends in the file, counted from 1. */
  readonly line: number;
  readonly username: string;
  readonly password: string;
  /** The user name where the file says nothing. */
  readonly authUsername: string;
  readonly displayName: string | undefined;
}

const REQUIRED = ['username', 'password'] as const;
const COLUMNS: readonly string[] = [...REQUIRED, 'auth_username', 'display_name'];

/**
 * Reads a file with a header row that names its columns, in any order: username, password, and where wanted auth_username and
 * display_name.
 *
 * @param file its name, for sentences
 * @throws Refusal that names the line of what is wrong
 */
export const readAccountRows = (file: string, text: string): readonly AccountRow[] => {
  const rows = parseRows(file, text);
  const header = rows.shift();
  if (header === undefined) {
    throw new Refusal(
      `${file} is empty: it needs a first row with the names of its columns (${COLUMNS.join(',')})`,
    );
  }
  const columns = readHeader(file, header);
  return rows.map(({ fields, line }) => {
    if (fields.length !== header.fields.length) {
      throw new Refusal(
        `${file}, line ${line}: it has ${fields.length} fields and the first row ${header.fields.length} (a comma in a field needs quotes around it); nothing was imported`,
      );
    }
    const value = (column: string): string => fields[columns.get(column) ?? -1] ?? '';
    const username = value('username').trim();
    return {
      line,
      username,
      password: value('password'),
      authUsername: value('auth_username').trim() || username,
      displayName: value('display_name').trim() || undefined,
    };
  });
};

interface CsvRow {
  readonly fields: readonly string[];
  readonly line: number;
}

const parseRows = (file: string, text: string): CsvRow[] => {
  const rows: CsvRow[] = [];
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (fields: string[], { lines }) => {
        rows.push({ fields, line: lines });
        return null;
      },
    });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Refusal(`${file} is no CSV: ${error.message}; nothing was imported`);
  }
};

const readHeader = (file: string, { fields }: CsvRow): ReadonlyMap<string, number> => {
  const columns = new Map<string, number>();
  for (const [index, field] of fields.entries()) {
    const name = field.trim().toLowerCase();
    if (!COLUMNS.includes(name)) {
      const hint = /[;\t]/.test(field) ? ' (fields are separated by commas)' : '';
      throw new Refusal(
        `${file}, line 1: "${field}" is no column${hint}; the first row names columns out of ${COLUMNS.join(', ')}`,
      );
    }
    if (columns.has(name))
      throw new Refusal(`${file}, line 1: the column ${name} is there twice; leave one out`);
    columns.set(name, index);
  }
  for (const name of REQUIRED) {
    if (!columns.has(name)) throw new Refusal(`${file}, line 1: the column ${name} is missing; add it`);
  }
  return columns;
};
