/** OpenSSL's names for a chain that leads nowhere. */
const UNVERIFIED =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)|PATH_LENGTH|CRL_|HOSTNAME_)/;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the peer broke the connection off',
  EHOSTUNREACH: 'no route leads to that host',
  ENETUNREACH: 'no route leads to that network',
  ETIMEDOUT: 'no answer came',
  EADDRINUSE: 'another program has that port',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  EACCES: 'this user may not have that port',
};

/** Why a socket failed, as one clause: OpenSSL's words about a certificate do not say that they are about one. */
export const socketFailure = (error: Error): string => {
  const code = 'code' in error ? String(error.code) : '';
  if (WORDS[code] !== undefined) return `${WORDS[code]} (${code})`;
  if (!UNVERIFIED.test(code)) return error.message;
  const [why = code] = error.message.split(';');
  return `the peer's certificate cannot be verified: ${why} (${code})`;
};
