import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, certificateFault, makeSelfSignedCertificate } from '@ringdown/net';
import type { Configuration } from '../config/configuration.ts';
import type { Home } from '../home/home.ts';
import { Refusal, systemWords } from '../refusal.ts';

/** How often the files are looked at. */
const WATCH_MS = 5_000;

/** Our certificate: from the files that are configured, else a self-signed one of the home's, made the first time. */
export const loadCertificate = async (
  { tls }: Pick<Configuration, 'tls'>,
  home: Home,
  names: readonly string[],
): Promise<Certificate> => {
  if (tls.certificate !== undefined && tls.key !== undefined) {
    return readCertificate(tls.certificate, tls.key);
  }
  return selfSigned(home, names);
};

/** Certificate authorities that are trusted besides the system's. */
export const loadAuthorities = ({ tls }: Pick<Configuration, 'tls'>): readonly string[] =>
  tls.ca.map((file) => readPem(file, 'tls.ca'));

/**
 * Watches the configured files and hands on what they hold after a change; a certificate that cannot be read is told
 * once and the old one stays.
 */
export const watchCertificate = (
  { tls }: Pick<Configuration, 'tls'>,
  present: Certificate,
  changed: (certificate: Certificate) => void,
  trouble: (why: string) => void,
): (() => void) => {
  const { certificate, key } = tls;
  if (certificate === undefined || key === undefined) return () => undefined;
  let known = present.certificatePem + present.keyPem;
  let told: string | undefined;
  const timer = setInterval(() => {
    try {
      const renewed = readCertificate(certificate, key);
      told = undefined;
      if (renewed.certificatePem + renewed.keyPem === known) return;
      known = renewed.certificatePem + renewed.keyPem;
      changed(renewed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== told) trouble(why);
      told = why;
    }
  }, WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
};

const selfSigned = async (home: Home, names: readonly string[]): Promise<Certificate> => {
  const certificateFile = join(home.tlsDirectory, 'certificate.pem');
  const keyFile = join(home.tlsDirectory, 'key.pem');
  try {
    return { certificatePem: readFileSync(certificateFile, 'utf8'), keyPem: readFileSync(keyFile, 'utf8') };
  } catch (error) {
    if (!isMissing(error))
      throw new Refusal(
        `${certificateFile} cannot be read (${systemWords(error)}): mend its rights, or remove it to have a new one made`,
      );
  }
  const made = await makeSelfSignedCertificate(names);
  writeFileSync(keyFile, made.keyPem, { mode: 0o600 });
  writeFileSync(certificateFile, made.certificatePem, { mode: 0o600 });
  return made;
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** @throws Refusal where they cannot be read or do not belong together */
const readCertificate = (certificateFile: string, keyFile: string): Certificate => {
  const certificatePem = readPem(certificateFile, 'tls.certificate');
  const keyPem = readPem(keyFile, 'tls.key');
  const made = { certificatePem, keyPem };
  const fault = certificateFault(made);
  if (fault === undefined) return made;
  const what = {
    certificate: `${certificateFile}, which tls.certificate names, holds no PEM certificate`,
    key: `${keyFile}, which tls.key names, holds no PEM key without a passphrase`,
    pair: `${keyFile}, which tls.key names, is not the key of the certificate ${certificateFile}`,
  }[fault.part];
  throw new Refusal(
    `${what} (${fault.why}): name the two files that belong together, or neither to have a self-signed certificate`,
  );
};

const readPem = (file: string, setting: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal(
      `${file}, which ${setting} names, cannot be read (${systemWords(error)}): name a PEM file that can`,
    );
  }
};
