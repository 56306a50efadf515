/** The loopback has one IPv6 address for all, so the ports there must be this run's own: four from this one on. */
export const fourPorts = 10_000 + (process.pid % 2_000) * 4;
