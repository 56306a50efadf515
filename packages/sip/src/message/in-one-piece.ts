/**
 * Pieces of text as one string of its own. Engines make of `+` a rope, whose pieces keep every message alive that they were
 * cut out of, and which is walked piece by piece whenever it is hashed or sent; what `join` gives has nothing behind it.
 */
export const inOnePiece = (pieces: readonly string[]): string => pieces.join('');
