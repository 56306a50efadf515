/**
 * The parameters of a format, by name in lower case: `a=1; b=2`. What is no pair, such as `0-15` or `111/111`, becomes a name
 * with an empty value.
 */
export const formatParameters = (text: string): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    // RFC 8866 says nothing of a name that comes twice; the first counts, as in the rest of this house.
    if (name !== '' && !parameters.has(name))
      parameters.set(name, equals < 0 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
};

/** The text with one parameter set to another value, or added. */
export const withParameter = (text: string, name: string, value: string): string => {
  const parameters = new Map(formatParameters(text)).set(name, value);
  return [...parameters].map(([key, one]) => (one === '' ? key : `${key}=${one}`)).join(';');
};
