/**
 * What limits count an address as: an IPv4 address as itself, also where it comes mapped into IPv6, and an IPv6 address as
 * its /64, for whoever has one address of a /64 has them all.
 */
export const sourceOf = (address: string): string => {
  const colon = address.indexOf(':');
  if (colon < 0) return address;
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const gap = address.indexOf('::');
  const head = gap < 0 ? address : address.slice(0, gap);
  const groups = head === '' ? [] : head.split(':');
  const tail = gap < 0 ? 0 : countGroups(address, gap + 2);
  // The gap stands for as many zero groups as are missing from eight.
  while (groups.length < 4 && groups.length + tail < 8) groups.push('0');
  if (groups.length < 4) groups.push(...address.slice(gap + 2).split(':'));
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};

const countGroups = (address: string, start: number): number => {
  if (start >= address.length) return 0;
  let count = 1;
  for (let index = start; index < address.length; index++) if (address.charCodeAt(index) === 0x3a) count++;
  return count;
};
