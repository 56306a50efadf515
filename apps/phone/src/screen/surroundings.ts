/** The variables of the process that say something about the terminal. */
export type Surroundings = Readonly<Record<string, string | undefined>>;

/** Whether the terminal shows more than ASCII, as far as the locale tells (POSIX: the first that is set counts). */
export const isUnicode = (variables: Surroundings, platform: string): boolean => {
  const locale = [variables.LC_ALL, variables.LC_CTYPE, variables.LANG].find(
    (value) => value !== undefined && value !== '',
  );
  return locale === undefined ? platform === 'win32' || platform === 'darwin' : /utf-?8/i.test(locale);
};

/** Whether colours are wanted: https://no-color.org. */
export const hasColours = ({ NO_COLOR }: Surroundings): boolean => NO_COLOR === undefined || NO_COLOR === '';

/** Whether a cursor can be moved there. */
export const canDraw = ({ TERM }: Surroundings): boolean => TERM !== 'dumb';
