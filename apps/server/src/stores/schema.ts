import type { DatabaseSync } from 'node:sqlite';
import { nodeHashes } from '@ringdown/net/ports';
import { Refusal } from '../refusal.ts';

/** What leads from one version of a schema to the next: statements, or what they cannot do. Once released it never changes. */
export type Migration = string | ((database: DatabaseSync) => void);

/** The hash by which TURN clients may name a user without showing the name: SHA-256 of user name, colon, realm (RFC 8489 §14.4). */
export const userhashOf = (authUsername: string, realm: string): string =>
  nodeHashes.hex('sha256', `${authUsername}:${realm}`);

const addUserhashes = (database: DatabaseSync): void => {
  database.exec('ALTER TABLE accounts ADD COLUMN userhash TEXT');
  const rows = database
    .prepare('SELECT accounts.id, auth_username, realm FROM accounts JOIN domains ON domains.id = domain_id')
    .all();
  const update = database.prepare('UPDATE accounts SET userhash = ? WHERE id = ?');
  for (const { id = null, auth_username, realm } of rows)
    update.run(userhashOf(String(auth_username), String(realm)), id);
  database.exec('CREATE UNIQUE INDEX accounts_by_userhash ON accounts (userhash)');
};

/** `user_version` counts the migrations that a database has gone through. */
export const accountMigrations: readonly Migration[] = [
  `
  CREATE TABLE domains (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    realm TEXT NOT NULL UNIQUE,
    algorithms TEXT NOT NULL
  ) STRICT;

  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domains (id),
    username TEXT NOT NULL,
    auth_username TEXT NOT NULL,
    display_name TEXT,
    ha1_md5 TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL,
    ha1_sha512_256 TEXT NOT NULL,
    password_version INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE UNIQUE INDEX accounts_by_address ON accounts (domain_id, username);
  -- A domain has one realm, so this is (realm, auth_username).
  CREATE UNIQUE INDEX accounts_by_credentials ON accounts (domain_id, auth_username);

  -- What a running server may have in its memory and must let go. Rows go once a server has applied them.
  CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('domain', 'password', 'removed')),
    account_id INTEGER,
    username TEXT,
    domain TEXT NOT NULL,
    auth_username TEXT
  ) STRICT;
  CREATE TABLE applied (seq INTEGER NOT NULL) STRICT;
  INSERT INTO applied (seq) VALUES (0);

  CREATE TRIGGER domain_added AFTER INSERT ON domains BEGIN
    INSERT INTO changes (kind, domain) VALUES ('domain', new.name);
  END;
  CREATE TRIGGER password_changed AFTER UPDATE OF password_version ON accounts BEGIN
    INSERT INTO changes (kind, account_id, username, domain, auth_username)
    SELECT 'password', old.id, old.username, name, old.auth_username FROM domains WHERE id = old.domain_id;
  END;
  CREATE TRIGGER account_removed AFTER DELETE ON accounts BEGIN
    INSERT INTO changes (kind, account_id, username, domain, auth_username)
    SELECT 'removed', old.id, old.username, name, old.auth_username FROM domains WHERE id = old.domain_id;
  END;
  `,
  addUserhashes,
];

export const bindingMigrations: readonly Migration[] = [
  `
  CREATE TABLE bindings (
    aor TEXT NOT NULL,
    key TEXT NOT NULL,
    contact TEXT NOT NULL,
    contact_parameters TEXT NOT NULL,
    q INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    path TEXT NOT NULL,
    flow TEXT NOT NULL,
    received TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (aor, key)
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Brings a database to the newest version, each step in a transaction. Two processes may try at once.
 *
 * @throws Refusal where the database is of a newer program
 */
export const migrate = (database: DatabaseSync, migrations: readonly Migration[], file: string): void => {
  while (true) {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new Refusal(
        `${file} has schema version ${version} and this program knows ${migrations.length} at most: run the newer ringdown that made it, or restore a backup`,
      );
    }
    if (version === migrations.length) return;
    database.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have been faster while this one waited.
      if (versionOf(database) === version) {
        const migration = migrations[version]!;
        if (typeof migration === 'string') database.exec(migration);
        else migration(database);
        database.exec(`PRAGMA user_version = ${version + 1}`);
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
};

const versionOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.user_version);
