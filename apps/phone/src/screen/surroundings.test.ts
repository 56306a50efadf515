import { describe, expect, it } from 'vitest';
import { canDraw, hasColours, isUnicode } from './surroundings.ts';

describe('what the terminal can do', () => {
  it('is more than ASCII where the locale that counts says UTF-8', () => {
    expect(isUnicode({ LANG: 'de_DE.UTF-8' }, 'linux')).toBe(true);
    expect(isUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux')).toBe(false);
    expect(isUnicode({ LANG: 'C', LC_CTYPE: 'en_GB.utf8', LC_ALL: '' }, 'linux')).toBe(true);
    expect(isUnicode({}, 'linux')).toBe(false);
    expect(isUnicode({}, 'win32')).toBe(true);
  });

  it('is colours unless NO_COLOR is set to something', () => {
    expect(hasColours({})).toBe(true);
    expect(hasColours({ NO_COLOR: '' })).toBe(true);
    expect(hasColours({ NO_COLOR: '1' })).toBe(false);
  });

  it('is nothing where it is dumb', () => {
    expect(canDraw({ TERM: 'dumb' })).toBe(false);
    expect(canDraw({ TERM: 'xterm' })).toBe(true);
  });
});
