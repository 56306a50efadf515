export const isRoot = process.getuid?.() === 0;

/**
 * Whether network namespaces can be made. Who runs the suites says what is to become of those that need them.
 *
 * @throws where they cannot, and nobody has said that they are to be left out
 */
export const mayBuildNetworks = (): boolean => {
  if (isRoot) return true;
  if (process.env.RINGDOWN_INTEROP_NO_ROOT === '1') return false;
  throw new Error(
    'network namespaces and NATs need root: run as root, or set RINGDOWN_INTEROP_NO_ROOT=1 to leave this out',
  );
};
