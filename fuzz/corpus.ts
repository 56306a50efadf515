import { readdirSync, readFileSync } from 'node:fs';

const folders = [
  new URL('../conformance/rfc4475/messages/', import.meta.url),
  new URL('corpus/', import.meta.url),
];

/** What mutations begin with: the torture messages of RFC 4475, and what real phones send. In the same order everywhere. */
export const readCorpus = (): readonly Uint8Array[] =>
  folders.flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((file) => new Uint8Array(readFileSync(new URL(file, folder)))),
  );
