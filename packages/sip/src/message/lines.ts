/** Numbers that a message's `lines` holds for each header line. */
export const LINE = 4;
/** What stands at each of a line's numbers: the header's number (-1 where it is not defined), start, start of the value, end. */
export const HEADER = 0;
export const START = 1;
export const VALUE = 2;
export const END = 3;
