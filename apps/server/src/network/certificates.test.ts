import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSelfSignedCertificate } from '@ringdown/net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { homeAt } from '../home/home.ts';
import { Refusal } from '../refusal.ts';
import { loadCertificate, watchCertificate } from './certificates.ts';

let folder: string;
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-certificates-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const load = (certificate: string, key: string) =>
  loadCertificate({ tls: { certificate, key, ca: [] } }, homeAt(folder), ['localhost']);

describe('the certificate that the configuration names', () => {
  it('is read with its key', async () => {
    const made = await makeSelfSignedCertificate(['localhost']);
    expect(await load(file('a.pem', made.certificatePem), file('a.key', made.keyPem))).toEqual(made);
  });

  it('is refused where it is none, its key is none, or they are not of one another', async () => {
    const [a, b] = [await makeSelfSignedCertificate(['a']), await makeSelfSignedCertificate(['b'])];
    const [certificate, key] = [file('a.pem', a.certificatePem), file('a.key', a.keyPem)];
    const words = file('words', 'no PEM at all');
    const refused = async (sentence: string, ...files: [string, string]) => {
      const refusal = await load(...files).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refusal);
      expect((refusal as Refusal).message).toContain(sentence);
    };
    await refused(`${words}, which tls.certificate names, holds no PEM certificate`, words, key);
    await refused(`${words}, which tls.key names, holds no PEM key`, certificate, words);
    await refused('is not the key of the certificate', certificate, file('b.key', b.keyPem));
  });

  it('is handed on once it has been renewed whole', async () => {
    vi.useFakeTimers();
    const [a, b] = [await makeSelfSignedCertificate(['a']), await makeSelfSignedCertificate(['b'])];
    const [certificate, key] = [file('a.pem', a.certificatePem), file('a.key', a.keyPem)];
    const changed = vi.fn();
    const trouble = vi.fn();
    const stop = watchCertificate({ tls: { certificate, key, ca: [] } }, a, changed, trouble);
    file('a.pem', b.certificatePem);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changed).not.toHaveBeenCalled();
    expect(trouble).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('is not the key of the certificate'),
    );
    file('a.key', b.keyPem);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(changed).toHaveBeenCalledExactlyOnceWith(b);
    stop();
  });
});
