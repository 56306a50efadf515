const MAX_NAME = 253;
const MAX_LABEL = 63;

/** A name as it is compared and asked for: lower case, without the dot of the root (RFC 4343). */
export const canonicalName = (name: string): string => {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
};

/**
 * Whether a canonical name is one that a host or a service of SIP can have: labels of 1 to 63 letters, digits, hyphens and
 * underscores, at most 253 characters. The DNS may carry any byte in a label; none but these are ever sent on.
 */
export const isDnsName = (name: string): boolean => {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  let label = 0;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code === 0x2e) {
      if (label === 0) return false;
      label = 0;
    } else if (!isLabelCode(code) || ++label > MAX_LABEL) return false;
  }
  return label > 0;
};

const isLabelCode = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
