/** OpenSSL's names for a chain that leads nowhere. */
const UNVERIFIED =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)|PATH_LENGTH|CRL_|HOSTNAME_)/;

/** Why a socket failed, as one clause: OpenSSL's words about a certificate do not say that they are about one. */
export const socketFailure = (error: Error): string => {
  const code = 'code' in error ? String(error.code) : '';
  if (!UNVERIFIED.test(code)) return error.message;
  const [why = code] = error.message.split(';');
  return `the peer's certificate cannot be verified: ${why} (${code})`;
};
